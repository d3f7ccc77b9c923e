import assert from "node:assert/strict";
import { test } from "node:test";
import { openAiStream, openAiWireAdapter } from "./openai-wire.ts";

const adapter = openAiWireAdapter({ id: "x", defaultBaseUrl: null });

const readings = [
  ["the end", "[DONE]", { kind: "done" }],
  ["malformed data", '{"choices":[', { kind: "other" }],
  ["no object", "[]", { kind: "other" }],
  [
    "a content chunk with usage null",
    '{"choices":[{"delta":{"content":"a"},"finish_reason":null}],"usage":null}',
    { kind: "chunk", usage: null, usageOnly: false, finished: false },
  ],
  [
    "the extra usage chunk",
    '{"choices":[],"usage":{"prompt_tokens":1}}',
    { kind: "chunk", usage: { prompt_tokens: 1 }, usageOnly: true, finished: false },
  ],
  [
    "usage beside the finish reason",
    '{"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}',
    { kind: "chunk", usage: { prompt_tokens: 1 }, usageOnly: false, finished: true },
  ],
  [
    "Azure's first chunk: no choices and no usage",
    '{"choices":[],"prompt_filter_results":[]}',
    { kind: "chunk", usage: null, usageOnly: false, finished: false },
  ],
  [
    "an error object with a numeric code",
    '{"error":{"message":"busy","code":503}}',
    { kind: "error", message: "busy", status: 503 },
  ],
  ["an error that is a string", '{"error":"busy"}', { kind: "error", message: "busy", status: null }],
  [
    "a code that is no HTTP status",
    '{"error":{"message":"m","code":"x"}}',
    { kind: "error", message: "m", status: null },
  ],
  [
    "an error key that is null",
    '{"error":null,"choices":[]}',
    { kind: "chunk", usage: null, usageOnly: false, finished: false },
  ],
] as const;

for (const [name, data, expected] of readings) {
  test(`reads ${name}`, () => assert.deepEqual(openAiStream.readEvent(data), expected));
}

test("a model that writes about usage does not look like usage", () => {
  const event = JSON.stringify({ choices: [{ delta: { content: '"prompt_tokens" "error"' } }] });
  assert.equal(event.includes(Buffer.from(openAiStream.usageMark).toString()), false);
  assert.equal(event.includes(Buffer.from(openAiStream.errorMark).toString()), false);
});

test("usage of a whole answer is read from its end", () => {
  const usage = { prompt_tokens: 3, prompt_tokens_details: { cached_tokens: 1 } };
  const content = 'a "usage" { of words';
  const body = Buffer.from(JSON.stringify({ choices: [{ message: { content } }], usage, x: 1 }));
  assert.deepEqual(adapter.readUsage(body), usage);
  assert.equal(adapter.readUsage(Buffer.from('{"choices":[],"usage":null}')), null);
  assert.equal(adapter.readUsage(Buffer.from('{"usage":{"a":1')), null);
  assert.equal(adapter.readUsage(Buffer.from("<html>")), null);
});

test("credentials are a bearer token, and none without a key", () => {
  assert.deepEqual(adapter.authHeaders("k"), ["authorization", "Bearer k"]);
  assert.deepEqual(adapter.authHeaders(null), []);
});
