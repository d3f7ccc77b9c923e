import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import { type TokenUsage, totalInputTokens, totalOutputTokens } from "@headrace/core/canonical/usage";
import fc from "fast-check";
import { byteByByte, cutAt } from "../../framing/testing.ts";
import { GeminiStreamDecoder } from "./stream-decoder.ts";
import { type Decoded, decodeStream, gemini, readStreamFixture, sse } from "./testing.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

const ID = "q7wLaMillRaceR3spGemini";
const SIGNED_TEXT = "EsQCCsECAb4+9vtTaWduYXR1cmVPZlRoZVRob3VnaHRJblRoZUZpeHR1cmU=";
const SIGNED_CALL = "EqUBCqIBAb4+9vtTaWduYXR1cmVPZlRoZUZpcnN0Q2FsbA==";
const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const text = (text: string, choice = 0): ChatStreamEvent => ({ type: "text-delta", choice, text });
const call = (index: number, name: string, signature = ""): ChatStreamEvent => ({
  type: "tool-call-start",
  choice: 0,
  index,
  id: `call_${ID}_${index}`,
  name,
  ...(signature === "" ? {} : { signature: gemini(signature) }),
});
const input = (index: number, argumentsJson: string): ChatStreamEvent => ({
  type: "tool-call-delta",
  choice: 0,
  index,
  argumentsJson,
});
const finish = (
  reason: Extract<ChatStreamEvent, { type: "finish" }>["reason"],
  choice = 0,
): ChatStreamEvent => ({
  type: "finish",
  choice,
  reason,
});
const cite = (url: string, more: object = {}): ChatStreamEvent => ({
  type: "citation",
  choice: 0,
  citation: { url, ...more },
});

interface Case {
  /** All between the start and the end, without the usage. */
  readonly content: readonly ChatStreamEvent[];
  readonly usage: Partial<TokenUsage>;
  /** Sums that the provider counts, of all input and all output. */
  readonly totals: readonly [number, number];
}

const STREAMS: Readonly<Record<string, Case>> = {
  text: {
    content: [
      text("The mill"),
      text(" stands by the river — “Mühle” on the map, "),
      text("水車 on the sign. 🌊"),
      { type: "text-delta", choice: 0, text: "", signature: gemini(SIGNED_TEXT) },
      finish("stop"),
    ],
    usage: { uncachedInput: 12, cacheReadInput: 2048, visibleOutput: 24, reasoningOutput: 96 },
    totals: [2060, 120],
  },
  tools: {
    content: [
      text("I look at the gauge."),
      call(0, "read_gauge", SIGNED_CALL),
      input(0, '{"station":"Oberau","unit":"cm"}'),
      finish("tool-calls"),
    ],
    usage: { uncachedInput: 412, visibleOutput: 31, reasoningOutput: 120 },
    totals: [412, 151],
  },
  "parallel-tools": {
    content: [
      call(0, "read_gauge", SIGNED_CALL),
      input(0, '{"station":"Oberau"}'),
      call(1, "list_stations"),
      call(2, "read_gauge"),
      input(2, '{"station":"Unterau"}'),
      finish("tool-calls"),
    ],
    usage: { uncachedInput: 530, visibleOutput: 58, reasoningOutput: 77 },
    totals: [530, 135],
  },
  thinking: {
    content: [
      { type: "thinking-delta", choice: 0, text: "**Flow**\n\nFlow is area" },
      { type: "thinking-delta", choice: 0, text: " times speed." },
      text("It is 6 m³/s."),
      { type: "text-delta", choice: 0, text: "", signature: gemini(SIGNED_TEXT) },
      finish("stop"),
    ],
    usage: { uncachedInput: 33, visibleOutput: 9, reasoningOutput: 71 },
    totals: [33, 80],
  },
  grounding: {
    content: [
      text("Die Mühle steht."),
      text(" Sie mahlt."),
      cite("https://mills.example/oberau", { title: "Mills of Oberau", startIndex: 0, endIndex: 16 }),
      cite("https://rivers.example/", { startIndex: 0, endIndex: 16 }),
      cite("https://rivers.example/", { startIndex: 17, endIndex: 27 }),
      cite("https://maps.example/1", { title: "Mill" }),
      finish("stop"),
    ],
    // What a search put into the prompt is paid for too.
    usage: { uncachedInput: 320, visibleOutput: 8 },
    totals: [320, 8],
  },
  image: {
    content: [
      text("Here it is: "),
      { type: "image", choice: 0, source: { kind: "base64", mediaType: "image/png", data: PNG } },
      finish("stop"),
    ],
    usage: { uncachedInput: 11, visibleOutput: 1290 },
    totals: [11, 1290],
  },
  length: {
    content: [text("This sentence is cut"), finish("length")],
    usage: { uncachedInput: 30, visibleOutput: 5 },
    totals: [30, 5],
  },
  safety: {
    content: [text("First one"), finish("content-filter")],
    usage: { uncachedInput: 40, visibleOutput: 2 },
    totals: [40, 2],
  },
  blocked: {
    content: [finish("content-filter")],
    usage: { uncachedInput: 55 },
    totals: [55, 0],
  },
  "malformed-call": {
    content: [finish("error")],
    usage: { uncachedInput: 412 },
    totals: [412, 0],
  },
  candidates: {
    content: [
      text("Red"),
      text("Blue", 1),
      text(" wheel"),
      finish("stop"),
      text(" boat", 1),
      finish("length", 1),
    ],
    usage: { uncachedInput: 9, visibleOutput: 4 },
    totals: [9, 4],
  },
};

const NOTHING: TokenUsage = {
  uncachedInput: 0,
  cacheReadInput: 0,
  cacheWrite5mInput: 0,
  cacheWrite1hInput: 0,
  visibleOutput: 0,
  reasoningOutput: 0,
};

function lastUsage({ events }: Decoded): TokenUsage {
  const last = events.findLast((event) => event.type === "usage");
  return last?.type === "usage" ? last.usage : NOTHING;
}

for (const [name, { content, usage, totals }] of Object.entries(STREAMS)) {
  test(`Gemini stream: ${name}`, () => {
    const decoded = decodeStream([readStreamFixture(name)]);
    assert.equal(decoded.whole, true);
    const [start, ...others] = decoded.events;
    assert.deepEqual(start, {
      type: "start",
      id: ID,
      model: "gemini-3-pro-preview",
      createdAtSeconds: null,
    });
    assert.deepEqual(
      others.filter((event) => event.type !== "usage"),
      content,
    );
    const last = lastUsage(decoded);
    assert.deepEqual(last, { ...NOTHING, ...usage });
    assert.deepEqual([totalInputTokens(last), totalOutputTokens(last)], totals);
  });
}

for (const name of [...Object.keys(STREAMS), "error", "cut"]) {
  test(`Gemini stream: ${name} is the same byte by byte and cut anywhere`, (context) => {
    context.diagnostic(`fast-check seed ${seed}`);
    const bytes = readStreamFixture(name);
    const expected = decodeStream([bytes]);
    assert.deepEqual(decodeStream(byteByByte(bytes)), expected);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: bytes.length })), (places) => {
        assert.deepEqual(decodeStream(cutAt(bytes, places)), expected);
      }),
      { seed, numRuns: 50 },
    );
  });
}

test("Gemini stream: one that stops before its finish reason is cut, wherever that is", () => {
  assert.equal(decodeStream([readStreamFixture("cut")]).whole, false);
  assert.equal(decodeStream([]).whole, false);
  const bytes = readStreamFixture("tools");
  const lastEvent = bytes.lastIndexOf("data: ");
  for (let end = 0; end < lastEvent; end += 5)
    assert.equal(decodeStream([bytes.subarray(0, end)]).whole, false, String(end));
  // One candidate of two has ended.
  const two = readStreamFixture("candidates");
  assert.equal(decodeStream([two.subarray(0, two.lastIndexOf("data: "))]).whole, false);
});

const ENDED = { candidates: [{ content: { parts: [{ text: "a" }] }, finishReason: "STOP" }] };
const piece = (part: unknown) => ({ candidates: [{ content: { parts: [part] } }] });
const manyCalls = piece({ functionCall: { name: "f" } });

const FAILURES: readonly { name: string; bytes: Buffer; error: RegExp; status?: number }[] = [
  {
    name: "an error object in a stream of status 200",
    bytes: readStreamFixture("error"),
    error: /^The model is overloaded/,
    status: 503,
  },
  {
    name: "an error by its name alone",
    bytes: sse({ error: { status: "RESOURCE_EXHAUSTED", message: "Quota exceeded." } }),
    error: /^Quota/,
    status: 429,
  },
  { name: "an error without words", bytes: sse({ error: {} }), error: /no words/ },
  { name: "no JSON", bytes: Buffer.from("data: {\n\n"), error: /no JSON object/ },
  { name: "a list", bytes: sse([]), error: /no JSON object/ },
  { name: "something else", bytes: sse({ choices: [] }), error: /none of a generated content/ },
  { name: "a candidate that is no object", bytes: sse({ candidates: [1] }), error: /candidate that is no/ },
  { name: "a part that is no object", bytes: sse(piece(1)), error: /part that is no/ },
  { name: "text behind the end", bytes: sse(ENDED, piece({ text: "b" })), error: /had ended/ },
  { name: "a call without a name", bytes: sse(piece({ functionCall: {} })), error: /without its name/ },
  {
    name: "too many calls",
    bytes: sse(...Array.from({ length: 1025 }, () => manyCalls)),
    error: /more functions/,
  },
  {
    name: "an index out of all reason",
    bytes: sse({ candidates: [{ index: 2_000_000_000 }] }),
    error: /candidates/,
  },
];

for (const { name, bytes, error, status } of FAILURES) {
  test(`Gemini stream: ${name} ends it with one error`, () => {
    const { events, whole } = decodeStream([bytes, sse(ENDED)]);
    assert.equal(whole, false);
    const errors = events.filter((event) => event.type === "error");
    assert.equal(errors.length, 1);
    const last = events.at(-1);
    assert.ok(last?.type === "error");
    assert.match(last.message, error);
    assert.equal(last.status, status ?? null);
  });
}

test("Gemini stream: calls without a response id are told apart by their place", () => {
  const { events } = decodeStream([
    sse(piece({ functionCall: { name: "f" } }), piece({ functionCall: { id: "own", name: "f" } })),
  ]);
  const ids = events.flatMap((event) => (event.type === "tool-call-start" ? [event.id] : []));
  assert.deepEqual(ids, ["call_0_f", "own"]);
});

test("Gemini stream: a call of the tool that stands for JSON is the answer's text", () => {
  const { events, whole } = decodeStream([
    sse(piece({ functionCall: { name: "respond_with_json__object", args: { level: 212 } } }), {
      candidates: [{ finishReason: "STOP" }],
    }),
  ]);
  assert.equal(whole, true);
  assert.deepEqual(events.slice(1), [text('{"level":212}'), finish("stop")]);
});

test("Gemini stream: log probabilities come with a delta of their own", () => {
  const logprobsResult = {
    chosenCandidates: [{ token: "a", logProbability: -0.5 }],
    topCandidates: [{ candidates: [{ token: "b", logProbability: -1 }] }],
  };
  const { events } = decodeStream([sse({ candidates: [{ logprobsResult }] })]);
  assert.deepEqual(events[1], {
    type: "text-delta",
    choice: 0,
    text: "",
    logprobs: [{ token: "a", logprob: -0.5, top: [{ token: "b", logprob: -1 }] }],
  });
});

test("Gemini stream: whatever comes, it throws nothing and ends in one way", (context) => {
  context.diagnostic(`fast-check seed ${seed}`);
  const part = fc.oneof(
    fc.record({ text: fc.string(), thought: fc.boolean(), thoughtSignature: fc.string() }),
    fc.record({ functionCall: fc.anything(), inlineData: fc.anything() }),
    fc.anything(),
  );
  const candidate = fc.record(
    {
      content: fc.oneof(fc.record({ parts: fc.array(part) }), fc.anything()),
      finishReason: fc.oneof(fc.constantFrom("STOP", "MAX_TOKENS"), fc.anything()),
      index: fc.oneof(fc.nat({ max: 2 }), fc.anything()),
      groundingMetadata: fc.anything(),
      logprobsResult: fc.anything(),
    },
    { requiredKeys: [] },
  );
  const event = fc.oneof(
    { weight: 4, arbitrary: fc.record({ candidates: fc.array(candidate), usageMetadata: fc.anything() }) },
    { weight: 1, arbitrary: fc.record({ promptFeedback: fc.anything(), error: fc.anything() }) },
    { weight: 1, arbitrary: fc.anything() },
  );
  fc.assert(
    fc.property(fc.array(event), (events) => {
      const seen: ChatStreamEvent[] = [];
      const decoder = new GeminiStreamDecoder((one) => seen.push(one));
      for (const one of events) decoder.push({ event: "", data: JSON.stringify(one) ?? "" });
      const whole = decoder.end();
      const errors = seen.filter(({ type }) => type === "error").length;
      assert.ok(errors <= 1);
      if (errors === 1) assert.equal(seen.at(-1)?.type, "error");
      assert.equal(whole && errors === 1, false);
      const finishes = seen.flatMap((one) => (one.type === "finish" ? [one.choice] : []));
      assert.equal(new Set(finishes).size, finishes.length);
    }),
    { seed, numRuns: 300 },
  );
});
