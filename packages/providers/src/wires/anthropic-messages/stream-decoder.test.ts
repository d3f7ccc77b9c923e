import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import { type TokenUsage, totalInputTokens, totalOutputTokens } from "@headrace/core/canonical/usage";
import fc from "fast-check";
import { byteByByte, cutAt } from "../../framing/testing.ts";
import { decodeStream, readStreamFixture } from "./testing.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

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
const finish = (reason: "stop" | "length" | "tool-calls" | "content-filter"): ChatStreamEvent => ({
  type: "finish",
  choice: 0,
  reason,
});

interface Case {
  readonly id: string;
  /** Everything between the start and the usage of the end; usage in between is left out. */
  readonly content: readonly ChatStreamEvent[];
  readonly usage: Partial<TokenUsage>;
  /** Sums that the provider counts, of all input and all output. */
  readonly totals: readonly [number, number];
}

const STREAMS: Readonly<Record<string, Case>> = {
  text: {
    id: "msg_01TextStream",
    content: [
      text("The mill"),
      text(" stands by the river — “Mühle” on the map, "),
      text("水車 on the sign."),
      text(" 🌊"),
      finish("stop"),
    ],
    usage: { uncachedInput: 21, cacheReadInput: 2048, cacheWrite1hInput: 512, visibleOutput: 27 },
    totals: [2581, 27],
  },
  "stop-sequence": {
    id: "msg_01StopSeq",
    content: [text("one, two, "), { type: "finish", choice: 0, reason: "stop", stopSequence: "three" }],
    usage: { uncachedInput: 14, visibleOutput: 6 },
    totals: [14, 6],
  },
  length: {
    id: "msg_01Length",
    content: [text("This sentence is cut"), finish("length")],
    usage: { uncachedInput: 30, visibleOutput: 5 },
    totals: [30, 5],
  },
  refusal: {
    id: "msg_01Refusal",
    content: [text("I cannot"), finish("content-filter")],
    usage: { uncachedInput: 55, visibleOutput: 9 },
    totals: [55, 9],
  },
  tools: {
    id: "msg_01Tools",
    content: [
      text("I look at the "),
      text("gauge."),
      call(0, "toolu_01Gauge", "read_gauge"),
      input(0, '{"station": "Ober'),
      input(0, 'au", "unit": "cm'),
      input(0, '"}'),
      finish("tool-calls"),
    ],
    usage: { uncachedInput: 412, visibleOutput: 61 },
    totals: [412, 61],
  },
  "parallel-tools": {
    id: "msg_01Parallel",
    content: [
      call(0, "toolu_01A", "read_gauge"),
      input(0, '{"station":"Oberau"}'),
      call(1, "toolu_01B", "list_stations"),
      call(2, "toolu_01C", "read_gauge"),
      input(2, '{"station"'),
      input(2, ':"Unterau"}'),
      finish("tool-calls"),
    ],
    usage: { uncachedInput: 530, visibleOutput: 98 },
    totals: [530, 98],
  },
  thinking: {
    id: "msg_01Thinking",
    content: [
      thinking("Flow is area"),
      thinking(" times speed.\n\n"),
      thinking("3 × 2 = 6"),
      {
        type: "thinking-delta",
        choice: 0,
        text: "",
        signature: {
          signer: "anthropic",
          value: "RXJVQkNrWUlCUmdDSWtEbWFkZVVwU2lnbmF0dXJlT2ZUaGVGaXh0dXJl",
        },
      },
      {
        type: "thinking-delta",
        choice: 0,
        text: "",
        redacted: { signer: "anthropic", value: "UmVkYWN0ZWRUaG91Z2h0cw==" },
      },
      text("6 m³/s"),
      finish("stop"),
    ],
    usage: { uncachedInput: 88, visibleOutput: 23, reasoningOutput: 41 },
    totals: [88, 64],
  },
  search: {
    id: "msg_01Search",
    content: [
      text("It says: "),
      {
        type: "citation",
        choice: 0,
        citation: {
          url: "https://example.org/wheel",
          title: "The wheel",
          quote: "The wheel was rebuilt in oak.",
        },
      },
      text("the wheel is of oak."),
      finish("stop"),
    ],
    usage: { uncachedInput: 10_682, visibleOutput: 212 },
    totals: [10_682, 212],
  },
  "corrected-usage": {
    id: "msg_01Corrected",
    content: [text("p"), text("ong"), finish("stop")],
    usage: { uncachedInput: 61, visibleOutput: 2 },
    totals: [61, 2],
  },
  "started-twice": {
    id: "msg_01Twice",
    content: [text("once"), finish("stop")],
    usage: { uncachedInput: 19, visibleOutput: 3 },
    totals: [19, 3],
  },
  "json-answer": {
    id: "msg_01Json",
    content: [text('{"levels": [1'), text("2, 15]}"), finish("stop")],
    usage: { uncachedInput: 640, visibleOutput: 33 },
    totals: [640, 33],
  },
};

function usageOf(event: ChatStreamEvent | undefined): TokenUsage {
  assert.equal(event?.type, "usage");
  return event.usage;
}

for (const [name, { id, content, usage, totals }] of Object.entries(STREAMS)) {
  test(`Anthropic stream: ${name}`, () => {
    const { events, whole } = decodeStream([readStreamFixture(name)]);
    assert.equal(whole, true);
    const model = "claude-sonnet-4-5-20250929";
    assert.deepEqual(events[0], { type: "start", id, model, createdAtSeconds: null });
    const last = usageOf(events.at(-1));
    assert.deepEqual(
      events.slice(1, -1).filter(({ type }) => type !== "usage"),
      content,
    );
    assert.deepEqual(last, {
      uncachedInput: 0,
      cacheReadInput: 0,
      cacheWrite5mInput: 0,
      cacheWrite1hInput: 0,
      visibleOutput: 0,
      reasoningOutput: 0,
      ...usage,
    });
    assert.deepEqual([totalInputTokens(last), totalOutputTokens(last)], totals);
  });
}

const ALL_FIXTURES = [...Object.keys(STREAMS), "error", "cut", "spliced"];

for (const name of ALL_FIXTURES) {
  test(`Anthropic stream: ${name} says the same however its bytes are cut`, () => {
    const bytes = readStreamFixture(name);
    const expected = decodeStream([bytes]);
    assert.deepEqual(decodeStream(byteByByte(bytes)), expected);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (places) => {
        assert.deepEqual(decodeStream(cutAt(bytes, places)), expected);
      }),
      { seed, numRuns: 40 },
    );
  });
}

test("Anthropic stream: an error inside of a 200 is the last word", () => {
  const { events, whole } = decodeStream([readStreamFixture("error"), readStreamFixture("text")]);
  assert.equal(whole, false);
  assert.deepEqual(events.at(-1), { type: "error", message: "Overloaded", status: 529 });
});

test("Anthropic stream: one that stops in the middle is not whole, and says nothing more", () => {
  const { events, whole } = decodeStream([readStreamFixture("cut")]);
  assert.equal(whole, false);
  assert.deepEqual(events.at(-1), text("rises"));
});

test("Anthropic stream: another message inside of one is an error", () => {
  const { events, whole } = decodeStream([readStreamFixture("spliced")]);
  assert.equal(whole, false);
  assert.deepEqual(events.at(-2), text("first"));
  assert.equal(events.at(-1)?.type, "error");
});
