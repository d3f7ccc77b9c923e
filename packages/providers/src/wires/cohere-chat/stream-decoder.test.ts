import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import { type TokenUsage, totalInputTokens, totalOutputTokens } from "@headrace/core/canonical/usage";
import type { JsonObject } from "@headrace/core/json-object";
import fc from "fast-check";
import {
  assertOrderly,
  assertSameHoweverCut,
  decodeData,
  decodeStream,
  fixtureBytes,
  seed,
} from "../../testing/chat-streams.ts";
import { cohereProvider } from "./provider.ts";

const read = (...events: readonly unknown[]) => decodeData(cohereProvider, ...events);

const text = (text: string): ChatStreamEvent => ({ type: "text-delta", choice: 0, text });
const thinking = (text: string): ChatStreamEvent => ({ type: "thinking-delta", choice: 0, text });
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
const finish = (reason: "stop" | "length" | "tool-calls" | "error"): ChatStreamEvent => ({
  type: "finish",
  choice: 0,
  reason,
});

interface Case {
  /** Everything between the start and the usage. */
  readonly content: readonly ChatStreamEvent[];
  readonly usage: Partial<TokenUsage>;
  /** What Cohere bills, input and output. */
  readonly billed: readonly [number, number];
}

const STREAMS: Readonly<Record<string, Case>> = {
  text: {
    content: [
      text("The weir at"),
      text(" Oberau is open: 3 m³"),
      text("/s "),
      text("🌊"),
      text("."),
      finish("stop"),
    ],
    usage: { uncachedInput: 9, visibleOutput: 17 },
    billed: [9, 17],
  },
  tools: {
    content: [
      thinking("I will look"),
      thinking(" at the gauge"),
      thinking(", “Pegel Oberau”."),
      call(0, "read_gauge_e8p4pn45zt0t", "read_gauge"),
      input(0, '{"'),
      input(0, "station"),
      input(0, '":'),
      input(0, ' "Ober'),
      input(0, 'au", "unit": "m³/s'),
      input(0, '"}'),
      finish("tool-calls"),
    ],
    usage: { uncachedInput: 45, cacheReadInput: 74, visibleOutput: 41 },
    billed: [119, 41],
  },
  "parallel-tools": {
    content: [
      thinking("Both gauges"),
      thinking(" and the list."),
      call(0, "read_gauge_aa11", "read_gauge"),
      input(0, '{"station":'),
      input(0, '"Oberau"}'),
      call(1, "list_stations_bb22", "list_stations"),
      call(2, "read_gauge_cc33", "read_gauge"),
      input(2, '{"station"'),
      input(2, ':"Unterau"}'),
      finish("tool-calls"),
    ],
    usage: { uncachedInput: 152, visibleOutput: 66 },
    billed: [152, 66],
  },
  thinking: {
    content: [
      thinking("Flow is area"),
      thinking(" times speed.\n"),
      thinking("1.5 m² × 2 m/s = 3."),
      text("About 3"),
      text(" m³/s."),
      finish("stop"),
    ],
    usage: { uncachedInput: 12, visibleOutput: 64 },
    billed: [12, 64],
  },
  length: {
    content: [text("This sentence is cut"), finish("length")],
    usage: { uncachedInput: 5, visibleOutput: 4 },
    billed: [5, 4],
  },
  "json-answer": {
    content: [thinking("I will answer in JSON."), text('{"levels": [1'), text("2, 15]}"), finish("stop")],
    usage: { uncachedInput: 640, visibleOutput: 33 },
    billed: [640, 33],
  },
  citations: {
    content: [
      thinking("Look it up."),
      text("🌊 Open gates let the river"),
      text(" pass; the mill race stays full."),
      cite({ url: "doc:0", title: "gates.txt", startIndex: 3, endIndex: 13 }),
      cite({ url: "https://example.org/gates", title: "Gates", startIndex: 3, endIndex: 13 }),
      cite({ url: "read_race_11:0", startIndex: 34, endIndex: 47 }),
      finish("stop"),
    ],
    usage: { uncachedInput: 39, visibleOutput: 27 },
    billed: [39, 27],
  },
};

function cite(citation: Extract<ChatStreamEvent, { type: "citation" }>["citation"]): ChatStreamEvent {
  return { type: "citation", choice: 0, citation };
}

for (const [name, { content, usage, billed }] of Object.entries(STREAMS)) {
  test(`Cohere stream: ${name}`, () => {
    const { events, whole } = decodeStream(cohereProvider, [fixtureBytes(`cohere/${name}.sse`)]);
    assert.equal(whole, true);
    const start = events[0];
    assert.equal(start?.type, "start");
    assert.match(start.id, /^3f0c9a52-/);
    assert.deepEqual(events.slice(1, -1), content);
    const last = events.at(-1);
    assert.equal(last?.type, "usage");
    assert.deepEqual(last.usage, {
      uncachedInput: 0,
      cacheReadInput: 0,
      cacheWrite5mInput: 0,
      cacheWrite1hInput: 0,
      visibleOutput: 0,
      reasoningOutput: 0,
      ...usage,
    });
    assert.deepEqual([totalInputTokens(last.usage), totalOutputTokens(last.usage)], billed);
  });
}

for (const name of [...Object.keys(STREAMS), "error", "cut"]) {
  test(`Cohere stream: ${name} says the same however its bytes are cut`, () => {
    assertSameHoweverCut(cohereProvider, fixtureBytes(`cohere/${name}.sse`));
  });
}

test("Cohere stream: an error at its end is the last word", () => {
  const { events, whole } = decodeStream(cohereProvider, [fixtureBytes("cohere/error.sse")]);
  assert.equal(whole, false);
  assert.deepEqual(events.slice(1), [
    text("The weir"),
    { type: "error", message: "the generation failed because of an internal error", status: null },
  ]);
});

test("Cohere stream: one that stops in the middle is not whole, and says nothing more", () => {
  const { events, whole } = decodeStream(cohereProvider, [fixtureBytes("cohere/cut.sse")]);
  assert.equal(whole, false);
  assert.deepEqual(events.at(-1), text(" at Ob"));
});

const START = { type: "message-start", id: "m", delta: { message: { role: "assistant" } } };
const SAY = { type: "content-delta", index: 0, delta: { message: { content: { text: "a" } } } };
const END = { type: "message-end", delta: { finish_reason: "COMPLETE" } };
const callStart = (index: unknown, tool: JsonObject) => ({
  type: "tool-call-start",
  index,
  delta: { message: { tool_calls: tool } },
});
const TOOL = callStart(0, { id: "t", function: { name: "f", arguments: "" } });
const piece = (index: unknown, json: unknown) => ({
  type: "tool-call-delta",
  index,
  delta: { message: { tool_calls: { function: { arguments: json } } } },
});

const OUT_OF_ORDER: Readonly<Record<string, readonly unknown[]>> = {
  "a delta before the start": [SAY],
  "an end before the start": [END],
  "a second start": [START, START],
  "a call that begins twice": [START, TOOL, TOOL],
  "a piece of a call that never began": [START, piece(0, "{}")],
  "a piece of a call that has ended": [START, TOOL, { type: "tool-call-end", index: 0 }, piece(0, "{}")],
  "the end of a call that never began": [START, { type: "tool-call-end", index: 0 }],
  "a call without a name": [START, callStart(0, { id: "t", function: {} })],
  "a delta without its content": [START, { type: "content-delta", index: 0, delta: {} }],
  "a text that is none": [START, { type: "content-delta", delta: { message: { content: { text: 7 } } } }],
  "a thought that is none": [
    START,
    { type: "content-delta", delta: { message: { content: { thinking: [] } } } },
  ],
  "an event without a type": [START, { index: 0 }],
  "an error in place of the start": [{ message: "invalid api token" }],
  "an error in between": [START, SAY, { type: "error", message: "too many requests" }],
};

for (const [name, events] of Object.entries(OUT_OF_ORDER)) {
  test(`Cohere stream: ${name} ends it with one error`, () => {
    const decoded = read(...events, START, SAY, END);
    assert.equal(decoded.whole, false);
    assert.equal(decoded.events.at(-1)?.type, "error");
    assertOrderly(decoded);
  });
}

test("Cohere stream: an error's own words are kept", () => {
  assert.deepEqual(read({ message: "invalid api token" }).events, [
    { type: "error", message: "invalid api token", status: null },
  ]);
});

for (const data of ["{", "[]", "null", "7", ""]) {
  test(`Cohere stream: data ${JSON.stringify(data)} is an error`, () => {
    const events: ChatStreamEvent[] = [];
    cohereProvider.createStreamDecoder((event) => events.push(event)).push({ event: "", data });
    assert.deepEqual(
      events.map(({ type }) => type),
      ["error"],
    );
  });
}

test("Cohere stream: the mark behind the last event is no event, and without a last event no end", () => {
  for (const [events, whole] of [
    [[START, SAY, END], true],
    [[START, SAY], false],
  ] as const) {
    const found: ChatStreamEvent[] = [];
    const decoder = cohereProvider.createStreamDecoder((event) => found.push(event));
    for (const event of events) decoder.push({ event: "", data: JSON.stringify(event) });
    decoder.push({ event: "", data: "[DONE]" });
    assert.equal(decoder.end(), whole);
    assert.ok(found.every(({ type }) => type !== "error"));
  }
});

test("Cohere stream: types that do not exist yet are passed over", () => {
  const { events, whole } = read(
    START,
    { type: "debug", prompt: "x" },
    { type: "content-end", index: 9 },
    SAY,
    END,
  );
  assert.equal(whole, true);
  assert.deepEqual(events.slice(1), [text("a"), finish("stop")]);
});

test("Cohere stream: arguments of null, of nothing, and whole with the start", () => {
  const { events } = read(
    START,
    callStart(0, { id: "a", function: { name: "f", arguments: "null" } }),
    callStart(1, { id: "b", function: { name: "g" } }),
    callStart(2, { function: { name: "h", arguments: '{"x":null}' } }),
    END,
  );
  assert.deepEqual(events.slice(1), [
    call(0, "a", "f"),
    call(1, "b", "g"),
    call(2, "call_m_2", "h"),
    input(2, '{"x":null}'),
    finish("tool-calls"),
  ]);
});

test("Cohere stream: a JSON answer without any content is an empty object, and only the first one counts", () => {
  const answer = (index: number, json: string) =>
    callStart(index, { id: `${index}`, function: { name: "respond_with_json__x", arguments: json } });
  assert.deepEqual(read(START, answer(0, ""), answer(1, '{"b":1}'), END).events.slice(1), [
    text("{}"),
    finish("stop"),
  ]);
});

test("Cohere stream: probabilities come with their text", () => {
  const logprobs = { text: "a", token_ids: [1, 2], logprobs: [-0.25, -0.5] };
  const { events } = read(START, { ...SAY, logprobs }, END);
  assert.deepEqual(events[1], { ...text("a"), logprobs: [{ token: "a", logprob: -0.75, top: [] }] });
});

test("Cohere stream: no more tool calls or citations than it takes", () => {
  const calls = Array.from({ length: 2000 }, (_, index) =>
    callStart(index, { id: `${index}`, function: { name: "f" } }),
  );
  const citation = { start: 0, end: 1, text: "a", sources: [{ id: "d" }] };
  const citations = Array.from({ length: 5000 }, () => ({
    type: "citation-start",
    delta: { message: { citations: citation } },
  }));
  for (const [flood, most] of [
    [calls, 1024],
    [citations, 4096],
  ] as const) {
    const { events } = read(START, ...flood, END);
    assert.equal(events.at(-1)?.type, "error");
    assert.equal(events.length, most + 2);
  }
});

const value = fc.oneof(
  fc.string(),
  fc.constantFrom("", "COMPLETE", "TOOL_CALL", "respond_with_json__x", "null", "{}"),
  fc.integer(),
  fc.constantFrom(null, {}, []),
);
const hostileMessage = fc.record(
  {
    content: fc.oneof(value, fc.record({ text: value, thinking: value, type: value }, { requiredKeys: [] })),
    tool_plan: value,
    tool_calls: fc.oneof(
      value,
      fc.record({ id: value, function: fc.oneof(value, fc.record({ name: value, arguments: value })) }),
    ),
    citations: fc.oneof(
      value,
      fc.record({ start: value, end: value, text: value, sources: value, content_index: value }),
    ),
  },
  { requiredKeys: [] },
);
const hostileEvent = fc.record(
  {
    type: fc.oneof(
      fc.constantFrom(
        "message-start",
        "content-start",
        "content-delta",
        "content-end",
        "tool-plan-delta",
        "tool-call-start",
        "tool-call-delta",
        "tool-call-end",
        "citation-start",
        "message-end",
        "error",
      ),
      value,
    ),
    index: fc.oneof(fc.constantFrom(0, 1, "__proto__"), value),
    id: value,
    message: value,
    delta: fc.oneof(
      value,
      fc.record(
        { message: fc.oneof(hostileMessage, value), finish_reason: value, usage: value, error: value },
        { requiredKeys: [] },
      ),
    ),
  },
  { requiredKeys: ["type"] },
);

test(`Cohere stream: whatever comes, it ends in exactly one of finish, error and cut (seed ${seed})`, () => {
  fc.assert(
    fc.property(fc.boolean(), fc.array(hostileEvent, { maxLength: 20 }), (starts, hostile) => {
      assertOrderly(read(...(starts ? [START] : []), ...hostile));
    }),
    { seed, numRuns: 1000 },
  );
});
