import assert from "node:assert/strict";
import { test } from "node:test";
import { adapterFor } from "../registry.ts";
import { demandAnswer } from "./provider-answer.ts";
import { translationFor } from "./translation-for.ts";

test("an answer is an object, or a list where that is expected", () => {
  assert.deepEqual(demandAnswer({ a: 1 }), { a: 1 });
  assert.deepEqual(demandAnswer({ a: 1 }, { answersList: true }), { a: 1 });
  assert.deepEqual(demandAnswer([1], { answersList: true }), { results: [1] });
  for (const answer of [[1], null, "a", 7, true])
    assert.throws(() => demandAnswer(answer), { code: "upstream_invalid_response" });
  assert.throws(() => demandAnswer(null, { answersList: true }), { code: "upstream_invalid_response" });
});

for (const [endpoint, adapter] of [
  ["rerank", "voyage"],
  ["embeddings", "gemini"],
  ["messages", "openai"],
] as const) {
  test(`a list is no answer of ${adapter} to ${endpoint}`, () => {
    const facts = { requestId: "r", model: "m", createdAtSeconds: 0, includeUsage: false, echo: {} };
    assert.throws(() => translationFor(endpoint, adapterFor(adapter, "m"))?.translateAnswer([], facts), {
      code: "upstream_invalid_response",
      message: /^The model provider.s answer is not a JSON object\./,
    });
  });
}
