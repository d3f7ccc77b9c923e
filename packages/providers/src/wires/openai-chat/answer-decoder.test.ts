import assert from "node:assert/strict";
import { test } from "node:test";
import type { AssistantPart } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import fc from "fast-check";
import { seed } from "../../testing/chat-streams.ts";
import { openAiChatProvider } from "./provider.ts";

const codec = openAiChatProvider();
const answer = (message: JsonObject, more: JsonObject = {}): JsonObject => ({
  id: "c1",
  created: 7,
  model: "weir",
  choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason: "stop" }],
  ...more,
});
const text = (words: string): AssistantPart => ({ type: "text", text: words, extra: NO_EXTRA });

const PARTS: readonly (readonly [string, JsonObject, readonly AssistantPart[]])[] = [
  [
    "thinking by either name",
    answer({ reasoning: "Look.", content: "3 m" }),
    [{ type: "thinking", text: "Look.", extra: NO_EXTRA }, text("3 m")],
  ],
  [
    "calls, without ids, with the same, with parsed arguments or none",
    answer({
      content: null,
      tool_calls: [
        { id: "a", function: { name: "f", arguments: { x: 1 } } },
        { id: "a", function: { name: "f", arguments: "" } },
        { function: { name: "g", arguments: "null" } },
      ],
      function_call: { name: "h", arguments: "{}" },
    }),
    [
      { type: "tool-call", id: "a", name: "f", argumentsJson: '{"x":1}', extra: NO_EXTRA },
      { type: "tool-call", id: "call_c1_1", name: "f", argumentsJson: "{}", extra: NO_EXTRA },
      { type: "tool-call", id: "call_c1_2", name: "g", argumentsJson: "{}", extra: NO_EXTRA },
      { type: "tool-call", id: "call_c1_3", name: "h", argumentsJson: "{}", extra: NO_EXTRA },
    ],
  ],
  [
    "a refusal, an image and the words of sound",
    answer({
      content: null,
      refusal: "No.",
      images: [{ image_url: { url: "https://w.example/a.png" } }],
      audio: { transcript: "spoken" },
    }),
    [
      text("spoken"),
      { type: "refusal", text: "No." },
      { type: "image", source: { kind: "url", url: "https://w.example/a.png" }, extra: NO_EXTRA },
    ],
  ],
  [
    "sources of the whole and of a place",
    answer(
      {
        content: "3 m",
        annotations: [
          { type: "url_citation", url_citation: { url: "https://a.example", title: "A", end_index: 2 } },
        ],
      },
      { citations: ["https://b.example"] },
    ),
    [
      {
        type: "text",
        text: "3 m",
        citations: [{ url: "https://a.example", title: "A", endIndex: 2 }, { url: "https://b.example" }],
        extra: NO_EXTRA,
      },
    ],
  ],
];

for (const [name, body, parts] of PARTS) {
  test(`OpenAI answer: ${name}`, () => {
    const { choices, id, createdAtSeconds } = codec.decodeAnswer(body);
    assert.deepEqual([id, createdAtSeconds], ["c1", 7]);
    assert.deepEqual(choices[0]?.parts, parts);
    const calls = parts.some(({ type }) => type === "tool-call");
    assert.equal(choices[0]?.finish, calls ? "tool-calls" : "stop");
  });
}

test("OpenAI answer: several choices, and what only this wire knows", () => {
  const read = codec.decodeAnswer({
    choices: [
      { index: 1, message: { content: "b" }, finish_reason: "length", content_filter_results: {} },
      { message: { content: "a" }, finish_reason: "eos", stop_reason: "END" },
    ],
    system_fingerprint: "fp",
  });
  assert.deepEqual(
    read.choices.map(({ index, finish, stopSequence }) => [index, finish, stopSequence]),
    [
      [1, "length", undefined],
      [1, "stop", "END"],
    ],
  );
  assert.deepEqual(read.extra, { system_fingerprint: "fp" });
  assert.deepEqual(read.choices[0]?.extra, { content_filter_results: {} });
});

for (const [name, body, code] of [
  ["an error inside a 200", { error: { message: "Overloaded." } }, "upstream_error"],
  [
    "MiniMax's error inside a 200",
    { choices: null, base_resp: { status_code: 1008, status_msg: "Overloaded." } },
    "upstream_error",
  ],
  ["no choices", { choices: [] }, "upstream_invalid_response"],
  ["a choice without a message", { choices: [{ text: "a" }] }, "upstream_invalid_response"],
  ["a call without a name", answer({ tool_calls: [{ id: "a", function: {} }] }), "upstream_invalid_response"],
] as const) {
  test(`OpenAI answer: ${name} is ${code}`, () => {
    assert.throws(
      () => codec.decodeAnswer(body),
      (error) =>
        error instanceof GatewayError &&
        error.code === code &&
        (code !== "upstream_error" || error.message.startsWith("Overloaded.")),
    );
  });
}

test(`OpenAI answer: whatever comes, nothing but the gateway's errors is thrown (seed ${seed})`, () => {
  const message = fc.dictionary(
    fc.constantFrom("content", "reasoning", "reasoning_details", "tool_calls", "audio", "images", "refusal"),
    fc.jsonValue(),
  );
  const choice = fc.record({ message, finish_reason: fc.jsonValue(), logprobs: fc.jsonValue() });
  fc.assert(
    fc.property(fc.array(fc.oneof(choice, fc.jsonValue())), fc.jsonValue(), (choices, usage) => {
      try {
        assert.ok(codec.decodeAnswer({ choices, usage }).choices.length > 0);
      } catch (error) {
        assert.ok(error instanceof GatewayError);
      }
    }),
    { seed, numRuns: 500 },
  );
});
