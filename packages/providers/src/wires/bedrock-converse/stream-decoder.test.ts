import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import { totalInputTokens, totalOutputTokens } from "@headrace/core/canonical/usage";
import fc from "fast-check";
import { awsEvent, byteByByte, cutAt } from "../../framing/testing.ts";
import { type Decoded, decodeMessages, decodeStream, readStreamFixture } from "./testing.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

const START: ChatStreamEvent = { type: "start", id: "", model: "", createdAtSeconds: null };
const NO_CACHE = { cacheReadInput: 0, cacheWrite5mInput: 0, cacheWrite1hInput: 0, reasoningOutput: 0 };
const said = (words: string): ChatStreamEvent => ({ type: "text-delta", choice: 0, text: words });
const thought = (words: string): ChatStreamEvent => ({ type: "thinking-delta", choice: 0, text: words });
const called = (index: number, id: string, name: string): ChatStreamEvent => ({
  type: "tool-call-start",
  choice: 0,
  index,
  id,
  name,
});
const passed = (index: number, argumentsJson: string): ChatStreamEvent => ({
  type: "tool-call-delta",
  choice: 0,
  index,
  argumentsJson,
});
const failed = (message: string, status: number | null = null): ChatStreamEvent => ({
  type: "error",
  message,
  status,
});

const FIXTURES: readonly (Decoded & { readonly name: string; readonly totalTokens?: number })[] = [
  {
    name: "text",
    whole: true,
    totalTokens: 961,
    events: [
      START,
      said("Weirs"),
      said(" hold the"),
      said(" wätér back. 🌊"),
      { type: "finish", choice: 0, reason: "stop" },
      {
        type: "usage",
        usage: {
          ...NO_CACHE,
          uncachedInput: 12,
          cacheReadInput: 800,
          cacheWrite5mInput: 140,
          visibleOutput: 9,
        },
      },
    ],
  },
  {
    name: "parallel-tools",
    whole: true,
    totalTokens: 398,
    events: [
      START,
      said("I look at both gauges."),
      called(0, "tooluse_north", "read_gauge"),
      called(1, "tooluse_all", "list_gauges"),
      passed(0, '{"gau'),
      passed(0, 'ge":"north"}'),
      { type: "usage", usage: { ...NO_CACHE, uncachedInput: 310, visibleOutput: 88 } },
      { type: "finish", choice: 0, reason: "tool-calls" },
    ],
  },
  {
    name: "thinking",
    whole: true,
    totalTokens: 106,
    events: [
      START,
      thought("The wheel turns"),
      thought(" when the gate is up."),
      {
        type: "thinking-delta",
        choice: 0,
        text: "",
        signature: { signer: "anthropic", value: "c2lnbmVkLWJ5LXRoZS1taWxs" },
      },
      {
        type: "thinking-delta",
        choice: 0,
        text: "",
        redacted: { signer: "anthropic", value: "aGlkZGVuLWJ5LXRoZS1taWxs" },
      },
      said("Open the gate. END"),
      { type: "finish", choice: 0, reason: "stop", stopSequence: "END" },
      { type: "usage", usage: { ...NO_CACHE, uncachedInput: 40, visibleOutput: 66 } },
    ],
  },
  {
    name: "exception",
    whole: false,
    events: [START, said("Weirs"), failed("Too many tokens, please wait before trying again.", 429)],
  },
  {
    name: "cut",
    whole: false,
    events: [START, called(0, "tooluse_north", "read_gauge"), passed(0, '{"gau')],
  },
];

for (const { name, events, whole, totalTokens } of FIXTURES) {
  test(`converse stream: ${name}, whole, byte by byte and at random cuts`, () => {
    const bytes = readStreamFixture(name);
    assert.deepEqual(decodeStream([bytes]), { events, whole });
    assert.deepEqual(decodeStream(byteByByte(bytes)), { events, whole });
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length)), (cuts) => {
        assert.deepEqual(decodeStream(cutAt(bytes, cuts)), { events, whole });
      }),
      { seed, numRuns: 50 },
    );
    for (const event of events) {
      if (event.type !== "usage") continue;
      assert.equal(totalInputTokens(event.usage) + totalOutputTokens(event.usage), totalTokens);
    }
  });
}

const stop = (stopReason: string): readonly [string, unknown] => ["messageStop", { stopReason }];
const toolStart = (contentBlockIndex: number, toolUse: object): readonly [string, unknown] => [
  "contentBlockStart",
  { contentBlockIndex, start: { toolUse } },
];
const delta = (contentBlockIndex: number, piece: object): readonly [string, unknown] => [
  "contentBlockDelta",
  { contentBlockIndex, delta: piece },
];

const ORDERS: readonly {
  readonly name: string;
  readonly messages: readonly (readonly [string, unknown])[];
  readonly events: readonly ChatStreamEvent[];
  readonly whole?: boolean;
}[] = [
  {
    name: "an index that comes again is another call",
    messages: [
      toolStart(0, { toolUseId: "a", name: "f" }),
      toolStart(0, { toolUseId: "b", name: "f" }),
      delta(0, { toolUse: { input: "{}" } }),
      stop("tool_use"),
    ],
    events: [
      called(0, "a", "f"),
      called(1, "b", "f"),
      passed(1, "{}"),
      { type: "finish", choice: 0, reason: "tool-calls" },
    ],
  },
  {
    name: "a call without an id gets one",
    messages: [toolStart(0, { name: "f" }), toolStart(1, { toolUseId: "", name: "f" }), stop("tool_use")],
    events: [
      called(0, "call_0", "f"),
      called(1, "call_1", "f"),
      { type: "finish", choice: 0, reason: "tool-calls" },
    ],
  },
  {
    name: "a call with end_turn is a call all the same",
    messages: [toolStart(0, { toolUseId: "a", name: "f" }), stop("end_turn")],
    events: [called(0, "a", "f"), { type: "finish", choice: 0, reason: "tool-calls" }],
  },
  {
    name: "the forced tool's input is the answer",
    messages: [
      toolStart(0, { toolUseId: "a", name: "respond_with_json__weir" }),
      delta(0, { toolUse: { input: '{"a"' } }),
      delta(0, { toolUse: { input: ":1}" } }),
      ["contentBlockStop", { contentBlockIndex: 0 }],
      toolStart(1, { toolUseId: "b", name: "respond_with_json__weir" }),
      delta(1, { toolUse: { input: '{"a":2}' } }),
      stop("tool_use"),
    ],
    events: [said('{"a"'), said(":1}"), { type: "finish", choice: 0, reason: "stop" }],
  },
  {
    name: "the forced tool without input is an empty object",
    messages: [toolStart(0, { toolUseId: "a", name: "respond_with_json__object" }), stop("tool_use")],
    events: [said("{}"), { type: "finish", choice: 0, reason: "stop" }],
  },
  {
    name: "what Bedrock itself calls is not the client's to run",
    messages: [
      toolStart(0, { toolUseId: "a", name: "nova_grounding", type: "server_tool_use" }),
      delta(0, { toolUse: { input: "{}" } }),
      ["contentBlockStart", { contentBlockIndex: 1, start: { toolResult: { toolUseId: "a" } } }],
      delta(1, { toolResult: [{ text: "found" }] }),
      delta(2, {
        citation: {
          title: "Mill",
          location: { web: { url: "https://mill.example", domain: "mill.example" } },
        },
      }),
      delta(2, { citation: { location: { documentPage: { documentIndex: 0 } } } }),
      stop("end_turn"),
    ],
    events: [
      { type: "citation", choice: 0, citation: { url: "https://mill.example", title: "Mill" } },
      { type: "finish", choice: 0, reason: "stop" },
    ],
  },
  {
    name: "an image in pieces",
    messages: [
      ["contentBlockStart", { contentBlockIndex: 0, start: { image: { format: "webp" } } }],
      delta(0, { image: { source: { bytes: Buffer.from("mi").toString("base64") } } }),
      delta(0, { image: { source: { bytes: Buffer.from("ll").toString("base64") } } }),
      stop("end_turn"),
    ],
    events: [
      {
        type: "image",
        choice: 0,
        source: { kind: "base64", mediaType: "image/webp", data: Buffer.from("mill").toString("base64") },
      },
      { type: "finish", choice: 0, reason: "stop" },
    ],
  },
  {
    name: "kinds of events that Bedrock may add are passed over",
    messages: [["somethingNew", {}], stop("end_turn")],
    events: [{ type: "finish", choice: 0, reason: "stop" }],
  },
  {
    name: "arguments without a call are an error",
    messages: [delta(0, { toolUse: { input: "{}" } }), stop("tool_use")],
    events: [failed("The provider sent arguments of a tool call that never began.")],
    whole: false,
  },
  {
    name: "a delta without anything is an error",
    messages: [["contentBlockDelta", { contentBlockIndex: 0 }]],
    events: [failed("The provider sent contentBlockDelta out of order.")],
    whole: false,
  },
  {
    name: "content behind the end is an error",
    messages: [stop("end_turn"), delta(0, { text: "more" })],
    events: [
      { type: "finish", choice: 0, reason: "stop" },
      failed("The provider sent contentBlockDelta out of order."),
    ],
    whole: false,
  },
  {
    name: "a second end is an error",
    messages: [stop("end_turn"), stop("end_turn")],
    events: [
      { type: "finish", choice: 0, reason: "stop" },
      failed("The provider sent messageStop out of order."),
    ],
    whole: false,
  },
  {
    name: "nothing follows an error",
    messages: [
      ["modelStreamErrorException", { originalMessage: "gone", originalStatusCode: 502 }],
      stop("end_turn"),
    ],
    events: [failed("gone", 502)],
    whole: false,
  },
  {
    name: "an exception without words has its name",
    messages: [["internalServerException", {}]],
    events: [failed("The provider ended its stream with an error: internalServerException.", 500)],
    whole: false,
  },
];

for (const { name, messages, events, whole = true } of ORDERS) {
  test(`converse stream: ${name}`, () => {
    const decoded = decodeMessages(...messages);
    assert.deepEqual(
      decoded.events.filter(({ type }) => type !== "start"),
      events,
    );
    assert.equal(decoded.whole, whole);
  });
}

test("converse stream: data that is no JSON object is an error", () => {
  for (const payload of ["", "{", "[]", "null"]) {
    assert.deepEqual(decodeStream([awsEvent("messageStart", payload)]), {
      events: [failed("The provider sent an event that is no JSON object.")],
      whole: false,
    });
  }
});

test("converse stream: more tool calls than any answer has are an error", () => {
  const calls = Array.from({ length: 1025 }, (_, index) =>
    toolStart(0, { toolUseId: `t${index}`, name: "f" }),
  );
  const { events, whole } = decodeMessages(...calls);
  assert.equal(whole, false);
  assert.deepEqual(events.at(-1), failed("The provider called more tools than the gateway takes."));
  assert.equal(events.filter(({ type }) => type === "error").length, 1);
});

test("converse stream: more open blocks than any answer has are an error", () => {
  const blocks = Array.from({ length: 1025 }, (_, index) =>
    delta(index, { reasoningContent: { signature: "s" } }),
  );
  const { events } = decodeMessages(...blocks);
  assert.deepEqual(events.at(-1), failed("The provider left too many content blocks open."));
});

test("converse stream: hostile input ends in a finish, one error or a cut, and never throws", (context) => {
  context.diagnostic(`fast-check seed ${seed}`);
  const type = fc.constantFrom(
    "messageStart",
    "contentBlockStart",
    "contentBlockDelta",
    "contentBlockStop",
    "messageStop",
    "metadata",
    "throttlingException",
    "",
    "__proto__",
  );
  const index = fc.oneof(fc.nat(3), fc.constantFrom<unknown>("__proto__", null, -1, 1e300, {}));
  const piece = fc.oneof(
    fc.record({ text: fc.oneof(fc.string(), fc.jsonValue()) }),
    fc.record({ toolUse: fc.record({ input: fc.oneof(fc.string(), fc.jsonValue()) }) }),
    fc.record({ reasoningContent: fc.oneof(fc.record({ signature: fc.string() }), fc.jsonValue()) }),
    fc.record({ image: fc.record({ source: fc.record({ bytes: fc.string() }) }) }),
    fc.jsonValue(),
  );
  const start = fc.oneof(
    fc.record({ toolUse: fc.record({ name: fc.string(), toolUseId: fc.string() }) }),
    fc.record({ image: fc.jsonValue() }),
    fc.jsonValue(),
  );
  const payload = fc.record(
    {
      contentBlockIndex: index,
      delta: piece,
      start,
      stopReason: fc.oneof(fc.constantFrom("end_turn", "tool_use"), fc.jsonValue()),
      usage: fc.oneof(fc.record({ inputTokens: fc.integer(), outputTokens: fc.nat() }), fc.jsonValue()),
    },
    { requiredKeys: [] },
  );
  const message = fc.tuple(type, fc.oneof({ weight: 5, arbitrary: payload }, fc.jsonValue()));
  fc.assert(
    fc.property(fc.array(message, { maxLength: 30 }), (messages) => {
      const { events, whole } = decodeStream([
        Buffer.concat(messages.map(([name, body]) => awsEvent(name, JSON.stringify(body)))),
      ]);
      const errors = events.filter((event) => event.type === "error").length;
      const finishes = events.filter((event) => event.type === "finish").length;
      assert.ok(errors <= 1 && finishes <= 1);
      assert.ok(errors === 0 || events.at(-1)?.type === "error");
      assert.equal(whole, finishes === 1 && errors === 0);
      assert.ok(events.length === 0 || events[0]?.type === "start" || events[0]?.type === "error");
    }),
    { seed, numRuns: 500 },
  );
});
