import assert from "node:assert/strict";
import { test } from "node:test";
import { openAiChatStream } from "./stream-dialect.ts";

const readings = [
  ["the end", "[DONE]", { kind: "done" }],
  ["malformed data", '{"choices":[', { kind: "other" }],
  ["no object", "[]", { kind: "other" }],
  [
    "a content chunk with usage null",
    '{"choices":[{"delta":{"content":"a"},"finish_reason":null}],"usage":null}',
    { kind: "chunk", usage: null, usageOnly: false, finished: false, textBytes: 1 },
  ],
  [
    "the extra usage chunk",
    '{"choices":[],"usage":{"prompt_tokens":1}}',
    { kind: "chunk", usage: { prompt_tokens: 1 }, usageOnly: true, finished: false, textBytes: 0 },
  ],
  [
    "usage beside the finish reason",
    '{"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}',
    { kind: "chunk", usage: { prompt_tokens: 1 }, usageOnly: false, finished: true, textBytes: 0 },
  ],
  [
    "usage in the choice (Moonshot)",
    '{"choices":[{"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":1}}]}',
    { kind: "chunk", usage: { prompt_tokens: 1 }, usageOnly: false, finished: true, textBytes: 0 },
  ],
  [
    "Mistral's error",
    '{"object":"error","message":"busy","code":"3505"}',
    { kind: "error", message: "busy", status: null },
  ],
  [
    "Azure's first chunk: no choices and no usage",
    '{"choices":[],"prompt_filter_results":[]}',
    { kind: "chunk", usage: null, usageOnly: false, finished: false, textBytes: 0 },
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
    { kind: "chunk", usage: null, usageOnly: false, finished: false, textBytes: 0 },
  ],
] as const;

for (const [name, data, expected] of readings) {
  test(`reads ${name}`, () => assert.deepEqual(openAiChatStream.readEvent(data), expected));
}

const DELTAS = [
  ["text", { role: "assistant", content: "Zürich" }, 7],
  ["reasoning", { content: null, reasoning_content: "hm" }, 2],
  ["Mistral's thinking", { content: [{ type: "thinking", thinking: [{ type: "text", text: "so" }] }] }, 2],
  [
    "a call",
    { tool_calls: [{ index: 0, id: "call_1", type: "function", function: { name: "go", arguments: "{}" } }] },
    4,
  ],
  ["a picture", { content: "", images: [{ type: "image_url", image_url: { url: "data:," } }] }, 0],
  ["a role alone", { role: "assistant", content: "" }, 0],
] as const;

for (const [name, delta, textBytes] of DELTAS) {
  test(`counts what the model wrote: ${name}`, () => {
    const reading = openAiChatStream.readEvent(JSON.stringify({ choices: [{ index: 0, delta }] }));
    assert.equal(reading.kind === "chunk" && reading.textBytes, textBytes);
  });
}

test("counts what the model wrote: several choices of a completion", () => {
  const choices = [{ text: "one" }, { text: "four", logprobs: { tokens: ["four"] } }];
  const reading = openAiChatStream.readEvent(JSON.stringify({ choices }));
  assert.equal(reading.kind === "chunk" && reading.textBytes, 7);
});

test("does not follow a hostile nesting", () => {
  const content = `${"[".repeat(200_000)}"deep"${"]".repeat(200_000)}`;
  const reading = openAiChatStream.readEvent(`{"choices":[{"delta":{"content":${content}}}]}`);
  assert.equal(reading.kind === "chunk" && reading.textBytes, 0);
});

test("a model that writes about usage does not look like usage", () => {
  const event = JSON.stringify({ choices: [{ delta: { content: '"prompt_tokens" "error"' } }] });
  assert.equal(event.includes(Buffer.from(openAiChatStream.usageMark ?? "").toString()), false);
  assert.equal(event.includes(Buffer.from(openAiChatStream.errorMark).toString()), false);
});
