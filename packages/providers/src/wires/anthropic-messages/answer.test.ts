import assert from "node:assert/strict";
import { test } from "node:test";
import { unpackToolCallId } from "@headrace/core/canonical/carried-state";
import type { AssistantPart, ChatAnswer, FinishReason } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import { totalInputTokens, totalOutputTokens } from "@headrace/core/canonical/usage";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import fc from "fast-check";
import { decodeAnthropicAnswer } from "./answer-decoder.ts";
import { encodeAnthropicAnswer } from "./answer-encoder.ts";
import { CALL, readJsonFixture } from "./testing.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

const text = (text: string): AssistantPart => ({ type: "text", text, extra: NO_EXTRA });

interface Case {
  readonly parts: readonly AssistantPart[];
  readonly finish: FinishReason;
  readonly totals: readonly [number, number];
}

const SIGNED = "RXJVQkNrWUlCUmdDSWtEbWFkZVVwU2lnbmF0dXJlT2ZUaGVGaXh0dXJl";

const ANSWERS: Readonly<Record<string, Case>> = {
  text: {
    parts: [text("The mill stands by the river — “Mühle” on the map, 水車 on the sign. 🌊")],
    finish: "stop",
    totals: [2581, 27],
  },
  tools: {
    parts: [
      text("I look at the gauge."),
      {
        type: "tool-call",
        id: "toolu_01Gauge",
        name: "read_gauge",
        argumentsJson: '{"station":"Oberau","unit":"cm"}',
        extra: NO_EXTRA,
      },
    ],
    finish: "tool-calls",
    totals: [412, 61],
  },
  thinking: {
    parts: [
      {
        type: "thinking",
        text: "Flow is area times speed.\n\n3 × 2 = 6",
        signature: { signer: "anthropic", value: SIGNED },
        extra: NO_EXTRA,
      },
      {
        type: "thinking",
        text: "",
        redacted: { signer: "anthropic", value: "UmVkYWN0ZWRUaG91Z2h0cw==" },
        extra: NO_EXTRA,
      },
      text("6 m³/s"),
    ],
    finish: "stop",
    totals: [88, 64],
  },
  "json-answer": { parts: [text('{"levels":[12,15]}')], finish: "stop", totals: [640, 33] },
};

for (const [name, { parts, finish, totals }] of Object.entries(ANSWERS)) {
  test(`Anthropic answer: ${name}`, () => {
    const answer = decodeAnthropicAnswer(readJsonFixture(name));
    assert.deepEqual(answer.choices, [{ index: 0, parts, finish, extra: NO_EXTRA }]);
    assert.ok(answer.usage !== null);
    assert.deepEqual([totalInputTokens(answer.usage), totalOutputTokens(answer.usage)], totals);
  });
}

test("Anthropic answer: what only this wire knows goes back as it came", () => {
  const body = readJsonFixture("search");
  const answer = decodeAnthropicAnswer(body);
  assert.deepEqual(
    answer.choices[0]?.parts.map(({ type }) => type),
    ["opaque", "opaque", "text", "text"],
  );
  const again = encodeAnthropicAnswer(answer, CALL);
  const [search, result] = body.content as JsonObject[];
  assert.deepEqual((again.content as JsonObject[]).slice(0, 2), [search, result]);
  const foreign = encodeAnthropicAnswer(
    {
      ...answer,
      choices: [
        {
          index: 0,
          parts: [{ type: "opaque", wire: "gemini-generate", raw: {} }],
          finish: "stop",
          extra: {},
        },
      ],
    },
    CALL,
  );
  assert.deepEqual(foreign.content, []);
});

test("Anthropic answer: fields of the body that are not known", () => {
  const answer = decodeAnthropicAnswer(readJsonFixture("text"));
  assert.deepEqual(answer.extra, { context_management: { applied_edits: [] } });
  assert.deepEqual(encodeAnthropicAnswer(answer, CALL).context_management, { applied_edits: [] });
  const foreign = encodeAnthropicAnswer({ ...answer, wire: "openai-chat" }, CALL);
  assert.equal("context_management" in foreign, false);
});

for (const body of [{}, { content: "text" }, { content: [1] }, { type: "message", content: null }])
  test(`Anthropic answer: ${JSON.stringify(body)} is none`, () =>
    assert.throws(
      () => decodeAnthropicAnswer(body),
      (error) => error instanceof GatewayError && error.code === "upstream_invalid_response",
    ));

test("Anthropic answer: an error inside of a 200 is an error, with the provider's words", () => {
  assert.throws(
    () =>
      decodeAnthropicAnswer({ type: "error", error: { type: "rate_limit_error", message: "Slow down." } }),
    (error) =>
      error instanceof GatewayError &&
      error.code === "upstream_error" &&
      error.status === 429 &&
      error.message.startsWith("Slow down."),
  );
});

function answerOf(parts: readonly AssistantPart[], rest: Partial<ChatAnswer> = {}): ChatAnswer {
  return {
    wire: "openai-chat",
    id: "chatcmpl-1",
    model: "gpt",
    createdAtSeconds: 5,
    choices: [{ index: 0, parts, finish: "stop", extra: NO_EXTRA }],
    usage: null,
    extra: NO_EXTRA,
    ...rest,
  };
}

test("Anthropic answer writer: an answer of another wire", () => {
  const gemini = { signer: "gemini", value: "R2Vt" } as const;
  const body = encodeAnthropicAnswer(
    answerOf(
      [
        { type: "thinking", text: "hm", extra: { x: 1 } },
        { type: "refusal", text: "No." },
        { type: "text", text: "a", citations: [{ url: "https://example.org", title: "t" }], extra: {} },
        { type: "image", source: { kind: "url", url: "https://example.org/a.png" }, extra: {} },
        { type: "audio", source: { kind: "base64", mediaType: "audio/wav", data: "UklGRg==" }, extra: {} },
        { type: "tool-call", id: "call_1", name: "f", argumentsJson: "", signature: gemini, extra: {} },
        { type: "tool-call", id: "call_2", name: "f", argumentsJson: "not json", extra: {} },
      ],
      { usage: null },
    ),
    CALL,
  );
  const content = body.content as JsonObject[];
  assert.deepEqual(content.slice(0, 4), [
    { type: "thinking", thinking: "hm", signature: "" },
    { type: "text", text: "No." },
    {
      type: "text",
      text: "a",
      citations: [
        {
          type: "web_search_result_location",
          url: "https://example.org",
          title: "t",
          cited_text: "",
          encrypted_index: "",
        },
      ],
    },
    { type: "image", source: { type: "url", url: "https://example.org/a.png" } },
  ]);
  assert.deepEqual(unpackToolCallId(String(content[4]?.id)), { id: "call_1", state: { signature: gemini } });
  assert.deepEqual(content[4]?.input, {});
  assert.deepEqual(content[5], {
    type: "tool_use",
    id: "call_2",
    name: "f",
    input: { arguments: "not json" },
  });
  assert.equal(body.stop_reason, "refusal");
  assert.deepEqual(
    [body.id, body.type, body.role, body.model],
    ["chatcmpl-1", "message", "assistant", "gpt"],
  );
});

const REASONS: readonly [FinishReason, string | undefined, string][] = [
  ["stop", undefined, "end_turn"],
  ["stop", "END", "stop_sequence"],
  ["length", undefined, "max_tokens"],
  ["tool-calls", undefined, "tool_use"],
  ["content-filter", undefined, "refusal"],
  ["error", undefined, "max_tokens"],
  ["other", undefined, "end_turn"],
];

for (const [finish, stopSequence, reason] of REASONS) {
  test(`Anthropic answer writer: ${finish}${stopSequence === undefined ? "" : " by a stop text"} is ${reason}`, () => {
    const choice = { index: 0, parts: [], finish, extra: NO_EXTRA };
    const choices = [stopSequence === undefined ? choice : { ...choice, stopSequence }];
    const body = encodeAnthropicAnswer(answerOf([], { choices }), CALL);
    assert.deepEqual([body.stop_reason, body.stop_sequence], [reason, stopSequence ?? null]);
  });
}

const STOP_REASONS: readonly [string | null, FinishReason][] = [
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  ["pause_turn", "stop"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["tool_use", "tool-calls"],
  ["refusal", "content-filter"],
  ["compaction", "other"],
  ["constructor", "other"],
  [null, "other"],
];

for (const [reason, finish] of STOP_REASONS)
  test(`Anthropic answer: ${reason} is ${finish}`, () => {
    const answer = decodeAnthropicAnswer({ content: [], stop_reason: reason });
    assert.equal(answer.choices[0]?.finish, finish);
    assert.equal(answer.usage, null);
  });

const signature = fc.record({
  signer: fc.constantFrom("anthropic" as const),
  value: fc.base64String({ minLength: 4 }),
});
const part: fc.Arbitrary<AssistantPart> = fc.oneof(
  fc.record({ type: fc.constant("text" as const), text: fc.string(), extra: fc.constant(NO_EXTRA) }),
  fc.record({
    type: fc.constant("thinking" as const),
    text: fc.string(),
    signature,
    extra: fc.constant(NO_EXTRA),
  }),
  fc.record({
    type: fc.constant("tool-call" as const),
    id: fc.string({ minLength: 1 }),
    name: fc.stringMatching(/^[a-z_]{1,20}$/),
    argumentsJson: fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.stringify(value)),
    extra: fc.constant(NO_EXTRA),
  }),
);
const count = fc.nat(100_000);
const answer: fc.Arbitrary<ChatAnswer> = fc.record({
  wire: fc.constant("anthropic-messages" as const),
  id: fc.string({ minLength: 1 }),
  model: fc.string({ minLength: 1 }),
  createdAtSeconds: fc.constant(null),
  choices: fc.tuple(
    fc.record({
      index: fc.constant(0),
      parts: fc.array(part, { maxLength: 6 }),
      finish: fc.constantFrom<FinishReason>("stop", "length", "tool-calls", "content-filter"),
      extra: fc.constant(NO_EXTRA),
    }),
  ),
  usage: fc.record({
    uncachedInput: count,
    cacheReadInput: count,
    cacheWrite5mInput: count,
    cacheWrite1hInput: count,
    visibleOutput: count,
    reasoningOutput: count,
  }),
  extra: fc.constant(NO_EXTRA),
});

test(`Anthropic answer: written and read it is the same (seed ${seed})`, () => {
  fc.assert(
    fc.property(answer, (answer) => {
      const body: JsonObject = JSON.parse(JSON.stringify(encodeAnthropicAnswer(answer, CALL)));
      // Generated objects have no prototype; a clone has the usual one.
      assert.deepEqual(decodeAnthropicAnswer(body), structuredClone(answer));
    }),
    { seed },
  );
});

test(`Anthropic answer: whatever comes is an answer or a GatewayError (seed ${seed})`, () => {
  const content = fc.array(
    fc.oneof(
      fc.jsonValue(),
      fc.record({
        type: fc.constantFrom("text", "tool_use", "thinking"),
        text: fc.jsonValue(),
        input: fc.jsonValue(),
      }),
    ),
  );
  fc.assert(
    fc.property(
      fc.record({ content: fc.oneof(content, fc.jsonValue()), usage: fc.jsonValue(), error: fc.jsonValue() }),
      (body) => {
        try {
          assert.equal(decodeAnthropicAnswer(body).choices.length, 1);
        } catch (error) {
          assert.ok(error instanceof GatewayError, String(error));
        }
      },
    ),
    { seed },
  );
});
