import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ChatCallFacts } from "@headrace/core/wire/chat-codec";
import { openAiCompletionsClient } from "./client.ts";

const PATH = { model: null, stream: false };
const CALL: ChatCallFacts = {
  requestId: "req_1",
  model: "house",
  createdAtSeconds: 1_700_000_000,
  includeUsage: true,
  echo: undefined,
};
const USAGE = {
  uncachedInput: 1,
  cacheReadInput: 2,
  cacheWrite5mInput: 0,
  cacheWrite1hInput: 0,
  visibleOutput: 4,
  reasoningOutput: 0,
};

test("completion: the prompt is what a user says", () => {
  const decoded = openAiCompletionsClient.decodeRequest(
    { model: "m", prompt: ["hi"], max_tokens: 3, stop: "\n", n: 2, echo: false, user: "u" },
    PATH,
  );
  assert.deepEqual(decoded, {
    wire: "openai-completions",
    model: "m",
    messages: [{ role: "user", parts: [{ type: "text", text: "hi", extra: NO_EXTRA }], extra: NO_EXTRA }],
    tools: [],
    sampling: { maxOutputTokens: 3, stop: ["\n"], choices: 2 },
    stream: false,
    includeUsage: false,
    extra: { user: "u" },
  });
});

for (const [fields, param] of [
  [{ prompt: ["a", "b"] }, "prompt"],
  [{ prompt: [1, 2] }, "prompt"],
  [{ prompt: "a", suffix: "b" }, "suffix"],
  [{ prompt: "a", echo: true }, "echo"],
  [{ prompt: "a", best_of: 3 }, "best_of"],
  [{ prompt: "a", logprobs: 1 }, "logprobs"],
] as const) {
  test(`completion: refuses what only a model of bare text can do: ${JSON.stringify(fields)}`, () => {
    assert.throws(
      () => openAiCompletionsClient.decodeRequest({ model: "m", ...fields }, PATH),
      (error) => error instanceof GatewayError && error.param === param && error.status === 400,
    );
  });
}

test("completion: a whole answer", () => {
  const parts = [
    { type: "thinking", text: "hm", extra: NO_EXTRA },
    { type: "text", text: "a", extra: NO_EXTRA },
    { type: "text", text: "b", extra: NO_EXTRA },
  ] as const;
  const answer = {
    wire: "anthropic-messages",
    id: "",
    model: "",
    createdAtSeconds: null,
    choices: [{ index: 0, parts, finish: "length", extra: NO_EXTRA }],
    usage: USAGE,
    extra: NO_EXTRA,
  } as const;
  assert.deepEqual(openAiCompletionsClient.encodeAnswer(answer, CALL), {
    id: "cmpl-req_1",
    object: "text_completion",
    created: 1_700_000_000,
    model: "house",
    choices: [{ index: 0, text: "ab", logprobs: null, finish_reason: "length" }],
    usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
  });
});

test("completion: a stream", () => {
  const encoder = openAiCompletionsClient.createStreamEncoder(CALL);
  const events: Exclude<ChatStreamEvent, { type: "error" }>[] = [
    { type: "start", id: "x", model: "claude", createdAtSeconds: 5 },
    { type: "thinking-delta", choice: 0, text: "hm" },
    { type: "text-delta", choice: 0, text: "a\n" },
    { type: "finish", choice: 0, reason: "stop" },
    { type: "usage", usage: USAGE },
  ];
  const text = events.map((event) => encoder.encode(event)).join("") + encoder.end();
  const head = { id: "x", object: "text_completion", created: 5, model: "claude" };
  const choice = { index: 0, text: "", logprobs: null, finish_reason: null };
  assert.deepEqual(
    text
      .split("\n\n")
      .slice(0, -2)
      .map((line) => JSON.parse(line.slice(6))),
    [
      { ...head, choices: [{ ...choice, text: "a\n" }] },
      { ...head, choices: [{ ...choice, finish_reason: "stop" }] },
      { ...head, choices: [], usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 } },
    ],
  );
  assert.ok(text.endsWith("data: [DONE]\n\n"));
  assert.throws(() => encoder.encode({ type: "text-delta", choice: 0, text: "a" }), /after the end/);
});
