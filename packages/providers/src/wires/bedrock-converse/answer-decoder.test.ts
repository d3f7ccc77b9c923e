import assert from "node:assert/strict";
import { test } from "node:test";
import type { AssistantPart } from "@headrace/core/canonical/chat";
import { totalInputTokens, totalOutputTokens } from "@headrace/core/canonical/usage";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import fc from "fast-check";
import { countOf, objectOf } from "../../json/read.ts";
import { decodeConverseAnswer } from "./answer-decoder.ts";
import { readJsonFixture, text } from "./testing.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

const FIXTURES: readonly {
  readonly name: string;
  readonly parts: readonly AssistantPart[];
  readonly finish: string;
}[] = [
  { name: "text", parts: [text("Weirs hold the water back.")], finish: "stop" },
  {
    name: "tools",
    parts: [
      text("I look at both gauges."),
      {
        type: "tool-call",
        id: "tooluse_north",
        name: "read_gauge",
        argumentsJson: '{"gauge":"north"}',
        extra: {},
      },
      { type: "tool-call", id: "tooluse_all", name: "list_gauges", argumentsJson: "{}", extra: {} },
    ],
    finish: "tool-calls",
  },
  {
    name: "thinking",
    parts: [
      {
        type: "thinking",
        text: "The wheel turns when the gate is up.",
        signature: { signer: "anthropic", value: "c2lnbmVkLWJ5LXRoZS1taWxs" },
        extra: {},
      },
      {
        type: "thinking",
        text: "",
        redacted: { signer: "anthropic", value: "aGlkZGVuLWJ5LXRoZS1taWxs" },
        extra: {},
      },
      text("Open the gate."),
    ],
    finish: "stop",
  },
];

for (const { name, parts, finish } of FIXTURES) {
  test(`converse answer: ${name}`, () => {
    const body = readJsonFixture(name);
    const answer = decodeConverseAnswer(body);
    assert.deepEqual(answer.choices, [{ index: 0, parts, finish, extra: {} }]);
    const usage = answer.usage;
    assert.ok(usage !== null);
    const total = countOf(objectOf(body, "usage") ?? {}, "totalTokens");
    assert.equal(totalInputTokens(usage) + totalOutputTokens(usage), total);
  });
}

test("converse answer: the parts of the usage", () => {
  assert.deepEqual(decodeConverseAnswer(readJsonFixture("text")).usage, {
    uncachedInput: 12,
    cacheReadInput: 800,
    cacheWrite5mInput: 40,
    cacheWrite1hInput: 100,
    visibleOutput: 9,
    reasoningOutput: 0,
  });
});

function answer(content: readonly unknown[], more: JsonObject = {}): JsonObject {
  return { output: { message: { role: "assistant", content } }, stopReason: "end_turn", ...more };
}

function decode(content: readonly unknown[], more: JsonObject = {}): object {
  const [choice] = decodeConverseAnswer(answer(content, more)).choices;
  return { parts: choice?.parts, finish: choice?.finish, stopSequence: choice?.stopSequence };
}

const call = (id: string, argumentsJson: string): AssistantPart => ({
  type: "tool-call",
  id,
  name: "f",
  argumentsJson,
  extra: {},
});

const BLOCKS: readonly (readonly [string, JsonObject, AssistantPart])[] = [
  ["arguments that are empty text", { toolUse: { toolUseId: "a", name: "f", input: "" } }, call("a", "{}")],
  ["no arguments", { toolUse: { toolUseId: "a", name: "f" } }, call("a", "{}")],
  [
    "arguments as JSON text",
    { toolUse: { toolUseId: "a", name: "f", input: '{"x":1}' } },
    call("a", '{"x":1}'),
  ],
  ["no id", { toolUse: { name: "f", input: {} } }, call("call_0", "{}")],
  [
    "an image",
    { image: { format: "png", source: { bytes: "AAAA" } } },
    { type: "image", source: { kind: "base64", mediaType: "image/png", data: "AAAA" }, extra: {} },
  ],
  [
    "cited text",
    {
      citationsContent: {
        content: [{ text: "Weirs " }, { text: "hold." }],
        citations: [
          {
            title: "Mill",
            source: "https://mill.example",
            sourceContent: [{ text: "a weir " }, { text: "holds" }],
          },
          { title: "page 2 of a document", location: { documentPage: { documentIndex: 0, start: 2 } } },
        ],
      },
    },
    {
      type: "text",
      text: "Weirs hold.",
      citations: [{ url: "https://mill.example", title: "Mill", quote: "a weir holds" }],
      extra: {},
    },
  ],
  [
    "a call that Bedrock itself runs",
    { toolUse: { toolUseId: "a", name: "nova_grounding", type: "server_tool_use" } },
    {
      type: "opaque",
      wire: "bedrock-converse",
      raw: { toolUse: { toolUseId: "a", name: "nova_grounding", type: "server_tool_use" } },
    },
  ],
  [
    "what is not known",
    { video: { format: "mp4" } },
    { type: "opaque", wire: "bedrock-converse", raw: { video: { format: "mp4" } } },
  ],
];

for (const [name, block, part] of BLOCKS) {
  test(`converse answer: ${name}`, () => {
    assert.deepEqual(decodeConverseAnswer(answer([block])).choices[0]?.parts, [part]);
  });
}

test("converse answer: the forced tool's first input is the answer", () => {
  const toolUse = (input: unknown) => ({ toolUse: { toolUseId: "a", name: "respond_with_json__x", input } });
  assert.deepEqual(decode([toolUse({ a: 1 }), toolUse({ a: 2 })], { stopReason: "tool_use" }), {
    parts: [text('{"a":1}')],
    finish: "stop",
    stopSequence: undefined,
  });
});

test("converse answer: the stop text that Claude tells", () => {
  const more = { stopReason: "stop_sequence", additionalModelResponseFields: { stop_sequence: "END" } };
  assert.deepEqual(decode([{ text: "a" }], more), {
    parts: [text("a")],
    finish: "stop",
    stopSequence: "END",
  });
});

const FINISHES: readonly (readonly [string, string])[] = [
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["tool_use", "tool-calls"],
  ["guardrail_intervened", "content-filter"],
  ["content_filtered", "content-filter"],
  ["malformed_model_output", "error"],
  ["malformed_tool_use", "error"],
  ["something_new", "other"],
];
for (const [stopReason, finish] of FINISHES) {
  test(`converse answer: ${stopReason} is ${finish}`, () => {
    assert.equal(decodeConverseAnswer(answer([], { stopReason })).choices[0]?.finish, finish);
  });
}

test("converse answer: unknown fields ride along", () => {
  const { extra } = decodeConverseAnswer(answer([], { trace: { guardrail: {} }, metrics: { latencyMs: 1 } }));
  assert.deepEqual(extra, { trace: { guardrail: {} } });
});

test("converse answer: hostile bodies are read or refused, nothing else", (context) => {
  context.diagnostic(`fast-check seed ${seed}`);
  const block = fc.oneof(
    fc.record({ text: fc.jsonValue() }),
    fc.record({
      toolUse: fc.oneof(fc.record({ name: fc.jsonValue(), input: fc.jsonValue() }), fc.jsonValue()),
    }),
    fc.record({ reasoningContent: fc.oneof(fc.record({ reasoningText: fc.jsonValue() }), fc.jsonValue()) }),
    fc.jsonValue(),
  );
  const body = fc.record({
    output: fc.oneof(
      { weight: 4, arbitrary: fc.record({ message: fc.record({ content: fc.array(block) }) }) },
      fc.jsonValue(),
    ),
    stopReason: fc.jsonValue(),
    usage: fc.jsonValue(),
  });
  fc.assert(
    fc.property(body, (raw) => {
      try {
        assert.equal(decodeConverseAnswer(raw).choices.length, 1);
      } catch (error) {
        assert.ok(error instanceof GatewayError && error.code === "upstream_invalid_response");
      }
    }),
    { seed, numRuns: 300 },
  );
});
