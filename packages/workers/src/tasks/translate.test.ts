import assert from "node:assert/strict";
import { test } from "node:test";
import { translateAnswer, translateRequest } from "./translate.ts";

const ref = { endpoint: "rerank", adapterId: "tei", model: "bge-reranker" } as const;

function rerank(answer: string): unknown {
  const { echo } = translateRequest({
    ref,
    body: Buffer.from('{"model":"m","query":"Is it open?","documents":["Bread.","The weir."],"top_n":1}'),
    path: { model: null, stream: false },
    stream: false,
  });
  const call = { requestId: "r", model: "m", createdAtSeconds: 0, includeUsage: false, echo };
  return JSON.parse(Buffer.from(translateAnswer({ ref, body: Buffer.from(answer), call }).body).toString());
}

test("an answer that is a list is read where the provider answers so", () => {
  const answered = rerank('[{"index":0,"score":0.1},{"index":1,"score":0.9}]');
  assert.deepEqual(answered, {
    ...(answered as object),
    results: [{ index: 1, relevance_score: 0.9, document: { text: "The weir." } }],
  });
});

for (const [answer, words] of [
  ["7", /^The model provider.s answer is not a JSON object\./],
  ["[", /^The model provider.s answer is not JSON\./],
  ["", /^The model provider.s answer is not JSON\./],
] as const) {
  test(`the answer ${JSON.stringify(answer)} is refused without its words`, () => {
    assert.throws(() => rerank(answer), { code: "upstream_invalid_response", message: words });
  });
}
