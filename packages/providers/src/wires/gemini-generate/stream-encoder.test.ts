import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import type { TokenUsage } from "@headrace/core/canonical/usage";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import fc from "fast-check";
import { parseJsonObject } from "../../json/read.ts";
import { GeminiStreamEncoder } from "./stream-encoder.ts";
import { CALL, decodeStream, gemini } from "./testing.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

type Encodable = Exclude<ChatStreamEvent, { type: "error" }>;

const START: Encodable = { type: "start", id: "resp-1", model: "claude", createdAtSeconds: 1 };
const USAGE: TokenUsage = {
  uncachedInput: 10,
  cacheReadInput: 20,
  cacheWrite5mInput: 3,
  cacheWrite1hInput: 0,
  visibleOutput: 5,
  reasoningOutput: 2,
};
const LAST = { modelVersion: "claude", responseId: "resp-1" };

const text = (text: string): Encodable => ({ type: "text-delta", choice: 0, text });
const call = (index: number, name: string): Encodable => ({
  type: "tool-call-start",
  choice: 0,
  index,
  id: `toolu_${index}`,
  name,
});
const input = (index: number, argumentsJson: string): Encodable => ({
  type: "tool-call-delta",
  choice: 0,
  index,
  argumentsJson,
});
const finish = (reason: Extract<Encodable, { type: "finish" }>["reason"]): Encodable => ({
  type: "finish",
  choice: 0,
  reason,
});

/** What each event writes, and the end; each piece framed as Google does. */
function encode(events: readonly Encodable[]): JsonObject[][] {
  const encoder = new GeminiStreamEncoder(CALL);
  const written = [START, ...events].map((event) => encoder.encode(event));
  return [...written.slice(1), encoder.end()].map((bytes) => {
    assert.ok(bytes === "" || bytes.endsWith("\r\n\r\n"));
    const lines = bytes.split("\r\n\r\n").slice(0, -1);
    return lines.map((line) => {
      assert.ok(line.startsWith("data: ") && !/[\r\n]/.test(line));
      return parseJsonObject(line.slice("data: ".length)) ?? {};
    });
  });
}

function piece(...parts: readonly JsonObject[]): JsonObject {
  return { candidates: [{ content: { parts, role: "model" }, index: 0 }], ...LAST };
}

function last(finishReason: string, ...parts: readonly JsonObject[]): JsonObject {
  const content = { parts: parts.length === 0 ? [{ text: "" }] : parts, role: "model" };
  return { candidates: [{ content, finishReason, index: 0 }], ...LAST };
}

test("Gemini stream encoder: text as it comes, usage and reason at the end", () => {
  const written = encode([text("a\nb"), text(" ü"), finish("length"), { type: "usage", usage: USAGE }]);
  assert.deepEqual(written, [
    [piece({ text: "a\nb" })],
    [piece({ text: " ü" })],
    [],
    [],
    [
      {
        ...last("MAX_TOKENS"),
        usageMetadata: {
          promptTokenCount: 33,
          cachedContentTokenCount: 20,
          candidatesTokenCount: 5,
          thoughtsTokenCount: 2,
          totalTokenCount: 40,
        },
      },
    ],
  ]);
});

test("Gemini stream encoder: a call goes out when its arguments are whole", () => {
  const written = encode([
    text("Look: "),
    call(0, "read_gauge"),
    input(0, '{"station":\n'),
    input(0, ' "Oberau"}'),
    text("and then"),
    call(1, "list_stations"),
    finish("tool-calls"),
  ]);
  const first = { functionCall: { id: "toolu_0", name: "read_gauge", args: { station: "Oberau" } } };
  const second = { functionCall: { id: "toolu_1", name: "list_stations", args: {} } };
  assert.deepEqual(written, [
    [piece({ text: "Look: " })],
    [],
    [],
    [],
    [piece(first), piece({ text: "and then" })],
    [],
    [],
    [last("STOP", second)],
  ]);
});

test("Gemini stream encoder: interleaved calls keep their pieces and their order", () => {
  const written = encode([
    call(0, "a"),
    call(1, "b"),
    input(1, '{"y":'),
    input(0, '{"x":'),
    text("between"),
    input(1, "2}"),
    input(0, "1}"),
    finish("tool-calls"),
  ]);
  const calls = [
    { functionCall: { id: "toolu_0", name: "a", args: { x: 1 } } },
    { functionCall: { id: "toolu_1", name: "b", args: { y: 2 } } },
  ];
  assert.deepEqual(written.flat(), [piece({ text: "between" }), last("STOP", ...calls)]);
});

for (const broken of ['{"station":', "[1]", '"text"']) {
  test(`Gemini stream encoder: arguments that are no object (${broken}) are told as Google tells it`, () => {
    const written = encode([call(0, "f"), input(0, broken), finish("tool-calls")]);
    assert.deepEqual(written.flat(), [last("MALFORMED_FUNCTION_CALL")]);
  });
}

test("Gemini stream encoder: more arguments than it can hold end the stream", () => {
  const encoder = new GeminiStreamEncoder(CALL);
  encoder.encode(START);
  encoder.encode(call(0, "f"));
  const piece = "x".repeat(1024 * 1024);
  assert.throws(
    () => {
      for (let sent = 0; sent <= 16; sent++) encoder.encode(input(0, piece));
    },
    (error) => error instanceof GatewayError && error.code === "upstream_invalid_response",
  );
});

test("Gemini stream encoder: thoughts, and proofs of Google's own and of others", () => {
  const written = encode([
    { type: "thinking-delta", choice: 0, text: "Hm" },
    { type: "thinking-delta", choice: 0, text: "", signature: { signer: "anthropic", value: "ErUB+/8=" } },
    { type: "thinking-delta", choice: 0, text: "", redacted: { signer: "anthropic", value: "EmwK" } },
    { type: "text-delta", choice: 0, text: "", signature: gemini("EsQC") },
    finish("stop"),
  ]);
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  assert.deepEqual(written.slice(0, 4), [
    [piece({ text: "Hm", thought: true })],
    [piece({ text: "", thought: true, thoughtSignature: base64("__thought__anthropic__ErUB+/8=") })],
    [
      piece({
        text: "",
        thought: true,
        thoughtSignature: base64("__thought__redacted__thought__anthropic__EmwK"),
      }),
    ],
    [piece({ text: "", thoughtSignature: "EsQC" })],
  ]);
});

test("Gemini stream encoder: images, refusals, log probabilities, sources", () => {
  const written = encode([
    { type: "image", choice: 0, source: { kind: "base64", mediaType: "image/png", data: "aGk=" } },
    { type: "refusal-delta", choice: 0, text: "No." },
    {
      type: "text-delta",
      choice: 0,
      text: "Mühle",
      logprobs: [{ token: "Mühle", logprob: -0.1, top: [{ token: "Mill", logprob: -2 }] }],
    },
    {
      type: "citation",
      choice: 0,
      citation: { url: "https://a.example/", title: "A", startIndex: 0, endIndex: 5 },
    },
    { type: "citation", choice: 0, citation: { url: "https://b.example/" } },
    finish("content-filter"),
  ]);
  assert.deepEqual(written[0], [piece({ inlineData: { mimeType: "image/png", data: "aGk=" } })]);
  assert.deepEqual(written[1], [piece({ text: "No." })]);
  const [chunk] = written[2] ?? [];
  assert.deepEqual(chunk?.candidates, [
    {
      content: { parts: [{ text: "Mühle" }], role: "model" },
      index: 0,
      logprobsResult: {
        chosenCandidates: [{ token: "Mühle", logProbability: -0.1 }],
        topCandidates: [{ candidates: [{ token: "Mill", logProbability: -2 }] }],
      },
    },
  ]);
  const [end] = written.at(-1) ?? [];
  assert.deepEqual(end?.candidates, [
    {
      content: { parts: [{ text: "" }], role: "model" },
      finishReason: "SAFETY",
      index: 0,
      groundingMetadata: {
        groundingChunks: [
          { web: { uri: "https://a.example/", title: "A" } },
          { web: { uri: "https://b.example/" } },
        ],
        groundingSupports: [
          { segment: { startIndex: 0, endIndex: 6, text: "Mühle" }, groundingChunkIndices: [0] },
        ],
      },
    },
  ]);
});

test("Gemini stream encoder: choices end together", () => {
  const written = encode([
    text("a"),
    { type: "text-delta", choice: 1, text: "b" },
    { type: "finish", choice: 1, reason: "stop" },
    finish("length"),
  ]);
  const [end] = written.at(-1) ?? [];
  assert.deepEqual(end?.candidates, [
    { content: { parts: [{ text: "" }], role: "model" }, finishReason: "MAX_TOKENS", index: 0 },
    { content: { parts: [{ text: "" }], role: "model" }, finishReason: "STOP", index: 1 },
  ]);
});

test("Gemini stream encoder: names what the provider does not", () => {
  const encoder = new GeminiStreamEncoder(CALL);
  encoder.encode({ type: "start", id: "", model: "", createdAtSeconds: null });
  assert.match(encoder.encode(text("a")), /"modelVersion":"gemini","responseId":"req-1"/);
});

test("Gemini stream encoder: an order that cannot be is a bug", () => {
  assert.throws(() => new GeminiStreamEncoder(CALL).encode(text("a")), /out of order/);
  assert.throws(() => new GeminiStreamEncoder(CALL).end(), /out of order/);
  const encoder = new GeminiStreamEncoder(CALL);
  encoder.encode(START);
  assert.throws(() => encoder.encode(START), /second start/);
  encoder.encode(finish("stop"));
  assert.throws(() => encoder.encode(text("a")), /behind the finish/);
  encoder.end();
  assert.throws(() => encoder.end(), /out of order/);
  assert.throws(() => encoder.encode(text("a")), /out of order/);
});

test("Gemini stream encoder: its own decoder reads what it wrote", (context) => {
  context.diagnostic(`fast-check seed ${seed}`);
  const words = fc.string({ unit: "binary", minLength: 1 }).filter((text) => text.isWellFormed());
  const signature = fc.record({
    signer: fc.constantFrom("anthropic" as const, "gemini" as const, "openai" as const),
    value: fc.base64String({ minLength: 4 }),
  });
  const delta = fc.oneof(
    fc.record({ type: fc.constant("text-delta" as const), choice: fc.constant(0), text: words }),
    fc.record(
      { type: fc.constant("thinking-delta" as const), choice: fc.constant(0), text: words, signature },
      { requiredKeys: ["type", "choice", "text"] },
    ),
  );
  const args = fc.dictionary(words, fc.oneof(words, fc.integer()), { minKeys: 1 });
  const property = fc.property(fc.array(delta), fc.array(args), (deltas, calls) => {
    const sent: Encodable[] = [
      ...deltas,
      ...calls.flatMap((value, index) => [call(index, "f"), input(index, JSON.stringify(value))]),
      finish(calls.length > 0 ? "tool-calls" : "stop"),
      { type: "usage", usage: { ...USAGE, cacheWrite5mInput: 0 } },
    ];
    const encoder = new GeminiStreamEncoder(CALL);
    const bytes = [START, ...sent].map((event) => encoder.encode(event)).join("") + encoder.end();
    const { events, whole } = decodeStream([Buffer.from(bytes)]);
    assert.equal(whole, true);
    assert.deepEqual(events.slice(1), JSON.parse(JSON.stringify(sent)));
  });
  fc.assert(property, { seed, numRuns: 50 });
});
