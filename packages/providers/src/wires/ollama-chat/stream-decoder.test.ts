import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import { type TokenUsage, totalInputTokens, totalOutputTokens } from "@headrace/core/canonical/usage";
import fc from "fast-check";
import {
  assertOrderly,
  assertSameHoweverCut,
  decodeData,
  decodeStream,
  fixtureBytes,
  seed,
} from "../../testing/chat-streams.ts";
import { ollamaProvider } from "./provider.ts";

const read = (...lines: readonly unknown[]) => decodeData(ollamaProvider, ...lines);

const text = (text: string): ChatStreamEvent => ({ type: "text-delta", choice: 0, text });
const thinking = (text: string): ChatStreamEvent => ({ type: "thinking-delta", choice: 0, text });
const finish = (reason: "stop" | "length" | "tool-calls" | "other"): ChatStreamEvent => ({
  type: "finish",
  choice: 0,
  reason,
});
const call = (
  index: number,
  id: string,
  [name, argumentsJson]: readonly [string, string],
): ChatStreamEvent[] => [
  { type: "tool-call-start", choice: 0, index, id, name },
  { type: "tool-call-delta", choice: 0, index, argumentsJson },
];

interface Case {
  /** Everything between the start and the usage. */
  readonly content: readonly ChatStreamEvent[];
  readonly usage: Partial<TokenUsage>;
  /** Ollama's own counts, of the prompt and of what was written. */
  readonly counts: readonly [number, number];
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
    usage: { uncachedInput: 21, visibleOutput: 17 },
    counts: [21, 17],
  },
  tools: {
    content: [
      text("Let me look."),
      ...call(0, "call_20260302081524208616_0", ["read_gauge", '{"station":"Oberau","unit":"m³/s"}']),
      finish("tool-calls"),
    ],
    usage: { uncachedInput: 19, cacheReadInput: 320, visibleOutput: 41 },
    counts: [339, 41],
  },
  "parallel-tools": {
    content: [
      ...call(0, "call_20260302081524262924_0", ["read_gauge", '{"station":"Oberau"}']),
      ...call(1, "call_20260302081524262924_1", ["list_stations", "{}"]),
      ...call(2, "call_x1y2z3", ["read_gauge", '{"station":"Unterau"}']),
      finish("tool-calls"),
    ],
    usage: { uncachedInput: 402, visibleOutput: 66 },
    counts: [402, 66],
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
    usage: { uncachedInput: 32, cacheReadInput: 16, visibleOutput: 64 },
    counts: [48, 64],
  },
  length: {
    content: [text("This sentence is"), text(" cut"), finish("length")],
    usage: { uncachedInput: 30, visibleOutput: 5 },
    counts: [30, 5],
  },
};

for (const [name, { content, usage, counts }] of Object.entries(STREAMS)) {
  test(`Ollama stream: ${name}`, () => {
    const { events, whole } = decodeStream(ollamaProvider, [fixtureBytes(`ollama/${name}.ndjson`)]);
    assert.equal(whole, true);
    const createdAtSeconds = Date.UTC(2026, 2, 2, 8, 15, 24) / 1000;
    assert.deepEqual(events[0], { type: "start", id: "", model: "qwen3:8b", createdAtSeconds });
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
    assert.deepEqual([totalInputTokens(last.usage), totalOutputTokens(last.usage)], counts);
  });
}

for (const name of [...Object.keys(STREAMS), "error", "cut", "load"]) {
  test(`Ollama stream: ${name} says the same however its bytes are cut`, () => {
    assertSameHoweverCut(ollamaProvider, fixtureBytes(`ollama/${name}.ndjson`));
  });
}

test("Ollama stream: an error inside of a 200 is the last word", () => {
  const { events, whole } = decodeStream(ollamaProvider, [
    fixtureBytes("ollama/error.ndjson"),
    fixtureBytes("ollama/text.ndjson"),
  ]);
  assert.equal(whole, false);
  assert.deepEqual(events.slice(1), [
    text("The weir"),
    {
      type: "error",
      message: "an error was encountered while running the model: unexpected EOF",
      status: null,
    },
  ]);
});

test("Ollama stream: one that stops in the middle is not whole, and says nothing more", () => {
  const { events, whole } = decodeStream(ollamaProvider, [fixtureBytes("ollama/cut.ndjson")]);
  assert.equal(whole, false);
  assert.deepEqual(events.at(-1), text(" at Ob"));
});

test("Ollama stream: a model that was only loaded has said nothing", () => {
  const { events, whole } = decodeStream(ollamaProvider, [fixtureBytes("ollama/load.ndjson")]);
  assert.equal(whole, true);
  assert.deepEqual(events.slice(1), [finish("other")]);
});

test("Ollama stream: nothing counts behind its end, and blank lines are none", () => {
  const bytes = fixtureBytes("ollama/text.ndjson");
  const twice = decodeStream(ollamaProvider, [Buffer.from("\n\r\n"), bytes, bytes]);
  assert.deepEqual(twice, decodeStream(ollamaProvider, [bytes]));
});

test("Ollama stream: all in one line, as a server that does not stream answers", () => {
  const { events, whole } = read({ message: { thinking: "Hm.", content: "Yes." }, done: true });
  assert.equal(whole, true);
  assert.deepEqual(events, [
    { type: "start", id: "", model: "", createdAtSeconds: null },
    thinking("Hm."),
    text("Yes."),
    finish("stop"),
  ]);
});

test("Ollama stream: calls without a time, with arguments as text, and without any", () => {
  const calls = [
    { function: { name: "f", arguments: '{"x":1}' } },
    { function: { name: "g", arguments: "" } },
    { function: { name: "h" } },
  ];
  const { events } = read({ message: { tool_calls: calls }, done: true, done_reason: "stop" });
  assert.deepEqual(events.slice(1), [
    ...call(0, "call_0_f", ["f", '{"x":1}']),
    ...call(1, "call_1_g", ["g", "{}"]),
    ...call(2, "call_2_h", ["h", "{}"]),
    finish("tool-calls"),
  ]);
});

test("Ollama stream: probabilities come with their text", () => {
  const logprobs = [
    { token: "a", logprob: -0.5, top_logprobs: [{ token: "b", logprob: -2 }, { token: 7 }] },
    {},
  ];
  const { events } = read({ message: { content: "a" }, logprobs });
  assert.deepEqual(events[1], {
    ...text("a"),
    logprobs: [{ token: "a", logprob: -0.5, top: [{ token: "b", logprob: -2 }] }],
  });
});

const BROKEN: Readonly<Record<string, readonly unknown[]>> = {
  "a list": [[]],
  "a line without a message": [{ model: "m", done: false }],
  "an answer of another call": [{ response: "a", done: false }],
  "a call that is none": [{ message: { tool_calls: [7] } }],
  "a call without a name": [{ message: { tool_calls: [{ function: { arguments: {} } }] } }],
  "an error of another shape": [{ error: { code: 1 } }],
};
for (const [name, lines] of Object.entries(BROKEN)) {
  test(`Ollama stream: ${name} ends it with one error`, () => {
    const decoded = read(...lines, { message: { content: "a" }, done: true });
    assert.equal(decoded.whole, false);
    assert.equal(decoded.events.at(-1)?.type, "error");
    assertOrderly(decoded);
  });
}

test("Ollama stream: no more tool calls than it takes", () => {
  const calls = Array.from({ length: 2000 }, () => ({ function: { name: "f", arguments: {} } }));
  const { events } = read({ message: { tool_calls: calls }, done: true });
  assert.equal(events.at(-1)?.type, "error");
  assert.equal(events.length, 1 + 2 * 1024 + 1);
});

const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constantFrom(null, {}, []));
const hostileLine = fc.record(
  {
    model: value,
    created_at: value,
    message: fc.oneof(
      value,
      fc.record(
        {
          content: value,
          thinking: value,
          tool_calls: fc.oneof(
            value,
            fc.array(
              fc.oneof(
                value,
                fc.record({ id: value, function: fc.record({ name: value, arguments: value }) }),
              ),
            ),
          ),
        },
        { requiredKeys: [] },
      ),
    ),
    done: fc.oneof(fc.constantFrom(true, false), value),
    done_reason: value,
    logprobs: value,
    prompt_eval_count: value,
    eval_count: value,
    error: fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value }),
  },
  { requiredKeys: [] },
);

test(`Ollama stream: whatever comes, it ends in exactly one of finish, error and cut (seed ${seed})`, () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(hostileLine, value), { maxLength: 12 }), (lines) => {
      assertOrderly(read(...lines));
    }),
    { seed, numRuns: 1000 },
  );
});
