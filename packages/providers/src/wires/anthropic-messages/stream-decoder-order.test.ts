import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import type { JsonObject } from "@headrace/core/json-object";
import fc from "fast-check";
import { AnthropicStreamDecoder } from "./stream-decoder.ts";
import { decodeStream, sse } from "./testing.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

const text = (text: string): ChatStreamEvent => ({ type: "text-delta", choice: 0, text });
const call = (index: number, id: string, name: string): ChatStreamEvent => ({
  type: "tool-call-start",
  choice: 0,
  index,
  id,
  name,
});
const input = (index: number, argumentsJson: string): ChatStreamEvent => ({
  type: "tool-call-delta",
  choice: 0,
  index,
  argumentsJson,
});
const finish = (reason: "stop" | "length" | "tool-calls" | "content-filter"): ChatStreamEvent => ({
  type: "finish",
  choice: 0,
  reason,
});

const START = {
  type: "message_start",
  message: { id: "msg_1", model: "claude", usage: { input_tokens: 1 } },
};
const OPEN_TEXT = { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } };
const SAY = { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "a" } };
const CLOSE = { type: "content_block_stop", index: 0 };
const FINISH = { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 2 } };
const STOP = { type: "message_stop" };

const OUT_OF_ORDER: Readonly<Record<string, readonly JsonObject[]>> = {
  "a delta before the start": [SAY],
  "a block before the start": [OPEN_TEXT],
  "an end before the start": [STOP],
  "a finish before the start": [FINISH],
  "a delta of a block that never began": [START, SAY],
  "a delta of a block that has ended": [START, OPEN_TEXT, CLOSE, SAY],
  "the end of a block that never began": [START, CLOSE],
  "a block that begins twice": [START, OPEN_TEXT, OPEN_TEXT],
  "a block behind the finish": [START, FINISH, OPEN_TEXT],
  "a block that is none": [START, { type: "content_block_start", index: 0, content_block: "text" }],
  "a delta that is none": [START, OPEN_TEXT, { type: "content_block_delta", index: 0, delta: null }],
  "a text that is none": [
    START,
    OPEN_TEXT,
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: 1 } },
  ],
  "a tool without its name": [
    START,
    { type: "content_block_start", index: 0, content_block: { type: "tool_use", id: "toolu_1" } },
  ],
  "an event without a type": [START, { index: 0 }],
  "an error without a type": [START, { error: { message: "no" } }],
};

for (const [name, events] of Object.entries(OUT_OF_ORDER)) {
  test(`Anthropic stream: ${name} ends it with one error`, () => {
    const decoded = decodeStream([sse(...events, START, OPEN_TEXT, SAY, FINISH, STOP)]);
    assert.equal(decoded.whole, false);
    assert.equal(decoded.events.at(-1)?.type, "error");
    assert.equal(decoded.events.filter(({ type }) => type === "error").length, 1);
  });
}

for (const data of ["{", "[]", "null", "7", "[DONE]", ""]) {
  test(`Anthropic stream: data ${JSON.stringify(data)} is an error`, () => {
    const events: ChatStreamEvent[] = [];
    new AnthropicStreamDecoder((event) => events.push(event)).push({ event: "", data });
    assert.deepEqual(
      events.map(({ type }) => type),
      ["error"],
    );
  });
}

test("Anthropic stream: unknown events, blocks and deltas are passed over", () => {
  const { events, whole } = decodeStream([
    sse(
      START,
      { type: "vendor_event", anything: 1 },
      { type: "content_block_start", index: 7, content_block: { type: "compaction", content: null } },
      { type: "content_block_delta", index: 7, delta: { type: "compaction_delta", content: "x" } },
      { type: "content_block_stop", index: 7 },
      OPEN_TEXT,
      { type: "content_block_delta", index: 0, delta: { type: "future_delta", text: "x" } },
      SAY,
      CLOSE,
      FINISH,
      STOP,
    ),
  ]);
  assert.equal(whole, true);
  assert.deepEqual(
    events.filter(({ type }) => type !== "usage" && type !== "start"),
    [text("a"), finish("stop")],
  );
});

test("Anthropic stream: without message_stop it is whole once it has finished; nothing counts behind its end", () => {
  assert.equal(decodeStream([sse(START, OPEN_TEXT, SAY, CLOSE, FINISH)]).whole, true);
  const ended = decodeStream([sse(START, OPEN_TEXT, SAY, CLOSE, FINISH, STOP)]);
  assert.deepEqual(decodeStream([sse(START, OPEN_TEXT, SAY, CLOSE, FINISH, STOP, START, SAY)]), ended);
});

test("Anthropic stream: a block that a server forgets to end loses nothing", () => {
  const tool = { type: "tool_use", id: "toolu_1", name: "f", input: { a: 1 } };
  const { events, whole } = decodeStream([
    sse(START, { type: "content_block_start", index: 0, content_block: tool }, FINISH, STOP),
  ]);
  assert.equal(whole, true);
  assert.deepEqual(events.slice(2, 5), [call(0, "toolu_1", "f"), input(0, '{"a":1}'), finish("stop")]);
});

test("Anthropic stream: an input that comes whole with its block, and one that comes with the message", () => {
  const tool = (id: string, value: number) => ({ type: "tool_use", id, name: "f", input: { a: value } });
  const start = { type: "message_start", message: { id: "msg_1", model: "claude", content: [tool("x", 1)] } };
  const { events } = decodeStream([
    sse(start, { type: "content_block_start", index: 0, content_block: tool("y", 2) }, CLOSE, FINISH, STOP),
  ]);
  assert.deepEqual(events.slice(1, 5), [
    call(0, "x", "f"),
    input(0, '{"a":1}'),
    call(1, "y", "f"),
    input(1, '{"a":2}'),
  ]);
});

test("Anthropic stream: a call without an id gets one that is its own", () => {
  const tool = { type: "tool_use", name: "f", input: {} };
  const { events } = decodeStream([
    sse(START, { type: "content_block_start", index: 0, content_block: tool }, CLOSE, FINISH, STOP),
  ]);
  assert.deepEqual(events[2], call(0, "call_msg_1_0", "f"));
});

test("Anthropic stream: no more tool calls or open blocks than it takes", () => {
  const many = (type: string, close: boolean) =>
    Array.from({ length: 2000 }, (_, index) => [
      {
        type: "content_block_start",
        index,
        content_block: { type, text: "", id: `toolu_${index}`, name: "f", input: {} },
      },
      ...(close ? [{ type: "content_block_stop", index }] : []),
    ]).flat();
  for (const blocks of [many("tool_use", true), many("text", false)]) {
    const { events, whole } = decodeStream([sse(START, ...blocks)]);
    assert.equal(whole, false);
    assert.equal(events.at(-1)?.type, "error");
    assert.ok(events.length <= 1027);
  }
});

const hostileText = fc.oneof(
  fc.string(),
  fc.constantFrom("", "end_turn", "tool_use", "respond_with_json__x"),
);
const hostileValue = fc.oneof(hostileText, fc.integer(), fc.constant(null), fc.constant({}), fc.constant([]));
const hostileBlock = fc.record(
  {
    type: fc.oneof(hostileText, fc.constantFrom("text", "thinking", "redacted_thinking", "tool_use", "x")),
    text: hostileValue,
    thinking: hostileValue,
    signature: hostileValue,
    data: hostileValue,
    id: hostileValue,
    name: hostileValue,
    input: hostileValue,
  },
  { requiredKeys: [] },
);
const hostileDelta = fc.record(
  {
    type: fc.constantFrom(
      "text_delta",
      "input_json_delta",
      "thinking_delta",
      "signature_delta",
      "citations_delta",
    ),
    text: hostileValue,
    thinking: hostileValue,
    partial_json: hostileValue,
    signature: hostileValue,
    citation: hostileValue,
    stop_reason: hostileValue,
  },
  { requiredKeys: [] },
);
const hostileEvent = fc.record(
  {
    type: fc.oneof(
      fc.constantFrom(
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
        "ping",
        "error",
      ),
      hostileText,
    ),
    index: fc.oneof(fc.constantFrom(0, 1), hostileValue, fc.constant("__proto__")),
    message: fc.oneof(fc.constant({ id: "msg_1" }), hostileValue),
    content_block: fc.oneof(hostileBlock, hostileValue),
    delta: fc.oneof(hostileDelta, hostileValue),
    error: hostileValue,
    usage: fc.oneof(fc.constant({ output_tokens: 1 }), hostileValue),
  },
  { requiredKeys: [] },
);

test(`Anthropic stream: whatever comes, it ends in exactly one of finish, error and cut (seed ${seed})`, () => {
  fc.assert(
    fc.property(fc.boolean(), fc.array(hostileEvent, { maxLength: 20 }), (starts, hostile) => {
      const events: ChatStreamEvent[] = [];
      const decoder = new AnthropicStreamDecoder((event) => events.push(event));
      if (starts) decoder.push({ event: "", data: JSON.stringify(START) });
      for (const event of hostile) decoder.push({ event: "", data: JSON.stringify(event) });
      const whole = decoder.end();
      const types = events.map(({ type }) => type);
      const errors = types.filter((type) => type === "error").length;
      const finishes = types.filter((type) => type === "finish").length;
      assert.ok(errors <= 1 && finishes <= 1);
      if (errors === 1) assert.equal(types.at(-1), "error");
      assert.equal(whole, finishes === 1 && errors === 0);
      if (events.length > 0 && errors === 0) assert.equal(types[0], "start");
      if (finishes === 1)
        for (const type of types.slice(types.indexOf("finish") + 1))
          assert.ok(type === "usage" || type === "error");
    }),
    { seed, numRuns: 1000 },
  );
});
