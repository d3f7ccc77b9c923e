import assert from "node:assert/strict";
import { test } from "node:test";
import { unpackToolCallId } from "@headrace/core/canonical/carried-state";
import type { AssistantPart, ChatAnswer } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import type { TokenUsage } from "@headrace/core/canonical/usage";
import type { ChatCallFacts } from "@headrace/core/wire/chat-codec";
import { encodeAnswer } from "./answer-encoder.ts";
import { OpenAiChatStreamEncoder } from "./stream-encoder.ts";

const CALL: ChatCallFacts = {
  requestId: "req_1",
  model: "house",
  createdAtSeconds: 1_700_000_000,
  includeUsage: false,
  echo: { freeformTools: ["patch"] },
};
const USAGE: TokenUsage = {
  uncachedInput: 1,
  cacheReadInput: 2,
  cacheWrite5mInput: 4,
  cacheWrite1hInput: 8,
  visibleOutput: 16,
  reasoningOutput: 32,
};
const OPENAI_USAGE = {
  prompt_tokens: 15,
  completion_tokens: 48,
  total_tokens: 63,
  prompt_tokens_details: { cached_tokens: 2, cache_creation_tokens: 12 },
  completion_tokens_details: { reasoning_tokens: 32 },
};
const SIGNATURE = { signer: "anthropic", value: "sig" } as const;
const START: ChatStreamEvent = { type: "start", id: "msg_1", model: "claude", createdAtSeconds: null };

type Encodable = Exclude<ChatStreamEvent, { type: "error" }>;

function answerOf(parts: readonly AssistantPart[], more: Partial<ChatAnswer> = {}): ChatAnswer {
  return {
    wire: "anthropic-messages",
    id: "msg_1",
    model: "claude",
    createdAtSeconds: null,
    choices: [{ index: 0, parts, finish: "stop", extra: NO_EXTRA }],
    usage: USAGE,
    extra: NO_EXTRA,
    ...more,
  };
}

// biome-ignore lint/suspicious/noExplicitAny: a test looks into JSON of many shapes
type Loose = any;

function messageOf(...parts: AssistantPart[]): Loose {
  const body: Loose = encodeAnswer(answerOf(parts), CALL);
  return body.choices[0].message;
}

test("OpenAI chat answer: text and usage, whose sums include their parts", () => {
  assert.deepEqual(encodeAnswer(answerOf([{ type: "text", text: "hi", extra: NO_EXTRA }]), CALL), {
    id: "msg_1",
    object: "chat.completion",
    created: 1_700_000_000,
    model: "claude",
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: "hi", refusal: null },
        logprobs: null,
        finish_reason: "stop",
      },
    ],
    usage: OPENAI_USAGE,
  });
});

test("OpenAI chat answer: signed thinking is shown, and travels in the first call's id", () => {
  const message = messageOf(
    { type: "thinking", text: "hm", signature: SIGNATURE, extra: NO_EXTRA },
    { type: "tool-call", id: "call_1", name: "go", argumentsJson: "{}", extra: NO_EXTRA },
    { type: "tool-call", id: "call_2", name: "go", argumentsJson: '{"a":1}', extra: NO_EXTRA },
  );
  assert.equal(message.content, null);
  assert.equal(message.reasoning_content, "hm");
  assert.deepEqual(message.reasoning_details, [
    { type: "reasoning.text", text: "hm", signature: "sig", format: "anthropic-claude-v1", index: 0 },
  ]);
  const [first, second] = message.tool_calls;
  assert.deepEqual(unpackToolCallId(first.id), {
    id: "call_1",
    state: { thinking: [{ text: "hm", signature: SIGNATURE }] },
  });
  assert.deepEqual(second, {
    id: "call_2",
    type: "function",
    function: { name: "go", arguments: '{"a":1}' },
  });
});

test("OpenAI chat answer: a tool of plain text gets it plain again", () => {
  const message = messageOf({
    type: "tool-call",
    id: "call_1",
    name: "patch",
    argumentsJson: '{"input":"*** Begin"}',
    extra: NO_EXTRA,
  });
  assert.deepEqual(message.tool_calls, [
    { id: "call_1", type: "custom", custom: { name: "patch", input: "*** Begin" } },
  ]);
});

test("OpenAI chat answer: refusals, citations behind earlier text, images", () => {
  const message = messageOf(
    { type: "text", text: "One. ", extra: NO_EXTRA },
    {
      type: "text",
      text: "Two.",
      citations: [{ url: "https://a.example", startIndex: 0, endIndex: 4 }],
      extra: NO_EXTRA,
    },
    { type: "refusal", text: "No." },
    { type: "image", source: { kind: "base64", mediaType: "image/png", data: "AA" }, extra: NO_EXTRA },
  );
  assert.equal(message.content, "One. Two.");
  assert.equal(message.refusal, "No.");
  assert.deepEqual(message.annotations, [
    {
      type: "url_citation",
      url_citation: { url: "https://a.example", title: "https://a.example", start_index: 5, end_index: 9 },
    },
  ]);
  assert.deepEqual(message.images, [{ type: "image_url", image_url: { url: "data:image/png;base64,AA" } }]);
});

function stream(events: readonly Encodable[], call: Partial<ChatCallFacts> = {}): Loose[] {
  const encoder = new OpenAiChatStreamEncoder({ ...CALL, ...call });
  let text = "";
  for (const event of events) text += encoder.encode(event);
  text += encoder.end();
  const data = text.split("\n\n").slice(0, -1);
  assert.equal(data.pop(), "data: [DONE]");
  return data.map((line) => JSON.parse(line.slice("data: ".length)));
}

const deltasOf = (chunks: readonly Loose[]): Loose[] =>
  chunks.flatMap((chunk) => chunk.choices.map((choice: Loose) => choice.delta));

test("OpenAI chat stream: nothing goes out before there is something to say", () => {
  const encoder = new OpenAiChatStreamEncoder(CALL);
  assert.equal(encoder.encode(START), "");
  assert.notEqual(encoder.encode({ type: "text-delta", choice: 0, text: "a" }), "");
});

test("OpenAI chat stream: text, finish, and usage only for who asked", () => {
  const events: Encodable[] = [
    START,
    { type: "text-delta", choice: 0, text: 'say "hi"\n' },
    { type: "finish", choice: 0, reason: "length" },
    { type: "usage", usage: USAGE },
  ];
  const chunks = stream(events);
  assert.deepEqual(chunks[1], {
    id: "msg_1",
    object: "chat.completion.chunk",
    created: 1_700_000_000,
    model: "claude",
    choices: [{ index: 0, delta: { content: 'say "hi"\n' }, logprobs: null, finish_reason: null }],
  });
  assert.deepEqual(deltasOf(chunks), [{ role: "assistant", content: "" }, { content: 'say "hi"\n' }, {}]);
  assert.equal(chunks.at(-1).choices[0].finish_reason, "length");
  const asked = stream(events, { includeUsage: true });
  assert.deepEqual(asked.at(-1).choices, []);
  assert.deepEqual(asked.at(-1).usage, OPENAI_USAGE);
  assert.ok(asked.slice(0, -1).every((chunk) => chunk.usage === null));
});

test("OpenAI chat stream: thinking, its proof, and calls of which one has no arguments", () => {
  const chunks = stream([
    START,
    { type: "thinking-delta", choice: 0, text: "h" },
    { type: "thinking-delta", choice: 0, text: "m" },
    { type: "thinking-delta", choice: 0, text: "", signature: SIGNATURE },
    { type: "tool-call-start", choice: 0, index: 0, id: "call_1", name: "go" },
    { type: "tool-call-start", choice: 0, index: 1, id: "call_2", name: "go" },
    { type: "tool-call-delta", choice: 0, index: 1, argumentsJson: '{"a":' },
    { type: "tool-call-delta", choice: 0, index: 1, argumentsJson: "1}" },
    { type: "finish", choice: 0, reason: "tool-calls" },
  ]);
  const deltas = deltasOf(chunks);
  assert.equal(deltas.map((delta) => delta.reasoning_content ?? "").join(""), "hm");
  assert.deepEqual(deltas.find((delta) => "reasoning_details" in delta).reasoning_details, [
    { type: "reasoning.text", text: "hm", signature: "sig", format: "anthropic-claude-v1", index: 0 },
  ]);
  const gathered: Record<number, { id: string; arguments: string }> = {};
  for (const { index, id, function: called } of deltas.flatMap((delta) => delta.tool_calls ?? [])) {
    gathered[index] ??= { id, arguments: "" };
    gathered[index].arguments += called.arguments;
  }
  assert.deepEqual(unpackToolCallId(gathered[0]?.id ?? ""), {
    id: "call_1",
    state: { thinking: [{ text: "hm", signature: SIGNATURE }] },
  });
  assert.equal(gathered[0]?.arguments, "{}");
  assert.deepEqual(gathered[1], { id: "call_2", arguments: '{"a":1}' });
});

test("OpenAI chat stream: the input of a tool of plain text goes out whole", () => {
  const deltas = deltasOf(
    stream([
      START,
      { type: "tool-call-start", choice: 0, index: 0, id: "call_1", name: "patch" },
      { type: "tool-call-delta", choice: 0, index: 0, argumentsJson: '{"input":"a' },
      { type: "tool-call-delta", choice: 0, index: 0, argumentsJson: 'b"}' },
      { type: "finish", choice: 0, reason: "tool-calls" },
    ]),
  );
  assert.deepEqual(
    deltas.flatMap((delta) => delta.tool_calls ?? []),
    [
      { index: 0, id: "call_1", type: "custom", custom: { name: "patch", input: "" } },
      { index: 0, custom: { input: "ab" } },
    ],
  );
});

test("OpenAI chat stream: choices keep apart", () => {
  const chunks = stream([
    START,
    { type: "text-delta", choice: 1, text: "b" },
    { type: "text-delta", choice: 0, text: "a" },
    { type: "finish", choice: 0, reason: "stop" },
    { type: "finish", choice: 1, reason: "stop" },
  ]);
  const roles = chunks.filter((chunk) => chunk.choices[0].delta.role === "assistant");
  assert.deepEqual(
    roles.map((chunk) => chunk.choices[0].index),
    [1, 0],
  );
});

test("OpenAI chat stream: what comes out of order throws", () => {
  const text: Encodable = { type: "text-delta", choice: 0, text: "a" };
  assert.throws(() => new OpenAiChatStreamEncoder(CALL).encode(text), /before the start/);
  const ended = new OpenAiChatStreamEncoder(CALL);
  ended.encode(START);
  ended.end();
  assert.throws(() => ended.encode(text), /after the end/);
});
