/** Marks for the prompt cache: some models know them, on parts of what is said to them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatRequest } from "@headrace/core/canonical/chat";
import { NO_EXTRA, type TextPart } from "@headrace/core/canonical/chat-parts";
import { request } from "../../testing/chat-streams.ts";
import { functionTool } from "../../testing/request-goldens.ts";
import { encodeOpenAiResponsesRequest } from "./request-encoder.ts";

const text = (words: string, ttl?: "5m" | "1h"): TextPart => ({
  type: "text",
  text: words,
  ...(ttl === undefined ? {} : { cache: { ttl } }),
  extra: NO_EXTRA,
});
const result = {
  type: "tool-result",
  callId: "c",
  parts: [text("wet")],
  isError: false,
  cache: { ttl: "5m" },
  extra: NO_EXTRA,
} as const;
const call = { type: "tool-call", id: "c", name: "f", argumentsJson: "{}", extra: NO_EXTRA } as const;

function encode(model: string, ...messages: ChatRequest["messages"]) {
  return encodeOpenAiResponsesRequest(request({ messages }), { model, stream: false });
}

test("Responses request written: marks are given to models that know them", () => {
  const { body, lost } = encode(
    "gpt-5.6",
    { role: "user", parts: [text("Long.", "1h")], extra: NO_EXTRA },
    { role: "assistant", parts: [call], extra: NO_EXTRA },
    { role: "tool", parts: [result], extra: NO_EXTRA },
  );
  assert.deepEqual(body.input, [
    {
      role: "user",
      content: [
        { type: "input_text", text: "Long.", prompt_cache_breakpoint: { mode: "explicit", ttl: "12h" } },
      ],
    },
    { type: "function_call", call_id: "c", name: "f", arguments: "{}" },
    {
      type: "function_call_output",
      call_id: "c",
      output: [{ type: "input_text", text: "wet", prompt_cache_breakpoint: { mode: "explicit" } }],
    },
  ]);
  assert.deepEqual(lost, []);
});

test("Responses request written: to others they are named", () => {
  const { body, lost } = encode("gpt-4.1", { role: "user", parts: [text("Long.", "1h")], extra: NO_EXTRA });
  assert.deepEqual(body.input, [{ role: "user", content: [{ type: "input_text", text: "Long." }] }]);
  assert.deepEqual(lost, ["messages[].content[].cache_control"]);
});

for (const [what, marked] of [
  ["what the model said", { role: "assistant", parts: [text("I look.", "5m")], extra: NO_EXTRA }],
  ["a call", { role: "assistant", parts: [{ ...call, cache: { ttl: "5m" } }], extra: NO_EXTRA }],
  ["a result that is an error", { role: "tool", parts: [{ ...result, isError: true }], extra: NO_EXTRA }],
] as const) {
  test(`Responses request written: ${what} has no place for a mark, so that it is named`, () => {
    const { body, lost } = encode("gpt-5.6", marked);
    assert.deepEqual(lost, ["messages[].content[].cache_control"]);
    assert.ok(!JSON.stringify(body).includes("prompt_cache_breakpoint"));
  });
}

test("Responses request written: a tool has none either", () => {
  const tools = [functionTool("f", { cache: { ttl: "5m" } })];
  const asked = request({ tools });
  assert.deepEqual(encodeOpenAiResponsesRequest(asked, { model: "gpt-5.6", stream: false }).lost, [
    "tools[].cache_control",
  ]);
});
