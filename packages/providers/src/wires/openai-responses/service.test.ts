import assert from "node:assert/strict";
import { test } from "node:test";
import { readOpenAiResponsesError } from "./provider-errors.ts";
import { openAiResponsesService } from "./service.ts";
import { answerFixture } from "./testing.ts";

const service = openAiResponsesService();

test("Responses service: usage of a whole answer, whatever the tools and the metadata are called", () => {
  for (const spaces of [0, 2]) {
    for (const name of ["text", "tools", "thinking"]) {
      const answer = answerFixture(name);
      assert.deepEqual(service.readUsage(Buffer.from(JSON.stringify(answer, null, spaces))), answer.usage);
    }
    const answer = answerFixture("tools");
    const { usage, ...others } = answer;
    const usageFirst = JSON.stringify({ usage, ...others }, null, spaces);
    assert.deepEqual(service.readUsage(Buffer.from(usageFirst)), usage);
  }
});

test("Responses service: no usage, no answer", () => {
  const texts = [
    "",
    "[]",
    "{",
    '{"usage":null}',
    '{"a":1}',
    '"usage"',
    '{"metadata":{"usage":"x"},"usage":null}',
  ];
  for (const text of [...texts, '{"usage":"a",'.repeat(50)])
    assert.equal(service.readUsage(Buffer.from(text)), null, text);
});

test("Responses service: OpenAI's path, or another's", () => {
  const call = { model: "m", stream: false, settings: {} };
  assert.equal(service.path(call), "/responses");
  assert.equal(openAiResponsesService({ path: ({ model }) => `/v2/${model}` }).path(call), "/v2/m");
});

test("Responses errors: in every shape that compatible servers have", () => {
  const cases: readonly (readonly [unknown, string, string | null, string | null])[] = [
    [
      { error: { message: "Bad.", type: "invalid_request_error", param: "input[0]", code: "invalid_value" } },
      "Bad.",
      "invalid_value",
      "input[0]",
    ],
    [
      { error: { message: "Bad.", type: "server_error", param: null, code: null } },
      "Bad.",
      "server_error",
      null,
    ],
    [{ message: "Plain." }, "Plain.", null, null],
    [{ error: "Text." }, "Text.", null, null],
    [{ detail: "Detail." }, "Detail.", null, null],
    [undefined, "The provider answered with status 502 and no words.", null, null],
  ];
  for (const [body, message, code, param] of cases)
    assert.deepEqual(readOpenAiResponsesError(502, body), { message, code, param });
});
