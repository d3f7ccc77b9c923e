import assert from "node:assert/strict";
import { test } from "node:test";
import { readSignature, unpackToolCallId } from "@headrace/core/canonical/carried-state";
import type { Signature } from "@headrace/core/canonical/chat-parts";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import type { TokenUsage } from "@headrace/core/canonical/usage";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import fc from "fast-check";
import { frame } from "../../framing/testing.ts";
import { parseJsonObject, textOf } from "../../json/read.ts";
import { AnthropicStreamEncoder } from "./stream-encoder.ts";
import { CALL, decodeStream, readStreamFixture } from "./testing.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

type Encodable = Exclude<ChatStreamEvent, { type: "error" }>;

const START: Encodable = { type: "start", id: "chatcmpl-1", model: "gpt", createdAtSeconds: 5 };
const FINISH: Encodable = { type: "finish", choice: 0, reason: "stop" };
const USAGE: TokenUsage = {
  uncachedInput: 10,
  cacheReadInput: 4,
  cacheWrite5mInput: 2,
  cacheWrite1hInput: 1,
  visibleOutput: 7,
  reasoningOutput: 3,
};

const text = (text: string): Encodable => ({ type: "text-delta", choice: 0, text });
const thinking = (text: string, signature?: Signature): Encodable => ({
  type: "thinking-delta",
  choice: 0,
  text,
  ...(signature === undefined ? {} : { signature }),
});
const call = (index: number, id = `call_${index}`, signature?: Signature): Encodable => ({
  type: "tool-call-start",
  choice: 0,
  index,
  id,
  name: `tool_${index}`,
  ...(signature === undefined ? {} : { signature }),
});
const input = (index: number, argumentsJson: string): Encodable => ({
  type: "tool-call-delta",
  choice: 0,
  index,
  argumentsJson,
});

function encode(events: readonly Encodable[]): string {
  const encoder = new AnthropicStreamEncoder(CALL);
  return events.map((event) => encoder.encode(event)).join("") + encoder.end();
}

/** The events' data, each checked to be named by its own type. */
function parse(stream: string): JsonObject[] {
  const { frames, whole } = frame("sse", [Buffer.from(stream)]);
  assert.equal(whole, true);
  return frames.map(({ event, data }) => {
    const parsed = parseJsonObject(data) ?? {};
    assert.equal(parsed.type, event);
    return parsed;
  });
}

/** One line an event, short enough to read: `start 0 text`, `0 text_delta "a"`, `stop 0`. */
function outline(stream: string): readonly string[] {
  return parse(stream).map((event) => {
    if (isJsonObject(event.content_block)) return `start ${event.index} ${event.content_block.type}`;
    if (event.type === "content_block_stop") return `stop ${event.index}`;
    if (event.type !== "content_block_delta" || !isJsonObject(event.delta)) return String(event.type);
    const { type, ...rest } = event.delta;
    return `${event.index} ${type} ${JSON.stringify(Object.values(rest)[0])}`;
  });
}

test("Anthropic stream writer: a text, event by event", () => {
  const encoder = new AnthropicStreamEncoder(CALL);
  assert.equal(
    encoder.encode(START),
    'event: message_start\ndata: {"type":"message_start","message":{"id":"chatcmpl-1","type":"message",' +
      '"role":"assistant","model":"gpt","content":[],"stop_reason":null,"stop_sequence":null,"usage":{' +
      '"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":null,"output_tokens":0}}}\n\n',
  );
  assert.equal(
    encoder.encode(text('Mü"h\n')),
    'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n' +
      'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Mü\\"h\\n"}}\n\n',
  );
  assert.equal(
    encoder.encode(text("le")),
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"le"}}\n\n',
  );
  assert.equal(encoder.encode(text("")), "");
  assert.equal(
    encoder.encode({ type: "finish", choice: 0, reason: "length" }),
    'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n',
  );
  assert.equal(encoder.encode({ type: "usage", usage: USAGE }), "");
  assert.equal(
    encoder.end(),
    'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"max_tokens","stop_sequence":null},' +
      '"usage":{"input_tokens":10,"cache_creation_input_tokens":3,"cache_read_input_tokens":4,"cache_creation":{' +
      '"ephemeral_5m_input_tokens":2,"ephemeral_1h_input_tokens":1},"output_tokens":10,' +
      '"output_tokens_details":{"thinking_tokens":3}}}\n\n' +
      'event: message_stop\ndata: {"type":"message_stop"}\n\n',
  );
});

test("Anthropic stream writer: id and model of the call where the provider gave none", () => {
  const [start] = parse(encode([{ ...START, id: "", model: "" }, FINISH]));
  const message = isJsonObject(start?.message) ? start.message : {};
  assert.equal(message.id, "msg_req-1");
  assert.equal(message.model, "claude");
});

test("Anthropic stream writer: an empty answer is whole", () => {
  assert.deepEqual(outline(encode([START, FINISH])), ["message_start", "message_delta", "message_stop"]);
});

test("Anthropic stream writer: thinking is closed by its signature, text and calls have blocks of their own", () => {
  const own = { signer: "anthropic", value: "c2ln" } as const;
  assert.deepEqual(
    outline(
      encode([
        START,
        thinking("a"),
        thinking("b", own),
        thinking("c"),
        text("d"),
        call(0),
        input(0, '{"a"'),
        input(0, ":1}"),
        text("e"),
        { type: "finish", choice: 0, reason: "tool-calls" },
      ]),
    ),
    [
      "message_start",
      "start 0 thinking",
      '0 thinking_delta "a"',
      '0 thinking_delta "b"',
      '0 signature_delta "c2ln"',
      "stop 0",
      "start 1 thinking",
      '1 thinking_delta "c"',
      "stop 1",
      "start 2 text",
      '2 text_delta "d"',
      "stop 2",
      "start 3 tool_use",
      '3 input_json_delta "{\\"a\\""',
      '3 input_json_delta ":1}"',
      "stop 3",
      "start 4 text",
      '4 text_delta "e"',
      "stop 4",
      "message_delta",
      "message_stop",
    ],
  );
});

test("Anthropic stream writer: foreign signatures come back by the places of this wire", () => {
  const gemini = { signer: "gemini", value: "R2Vt" } as const;
  const events = parse(
    encode([
      START,
      thinking("a", gemini),
      { type: "thinking-delta", choice: 0, text: "", redacted: { signer: "openai", value: "T0FJ" } },
      call(0, "call_0", gemini),
      { type: "finish", choice: 0, reason: "tool-calls" },
    ]),
  );
  const blocks = events.flatMap(({ content_block }) => (isJsonObject(content_block) ? [content_block] : []));
  const delta = events.find(({ delta }) => isJsonObject(delta) && delta.type === "signature_delta")?.delta;
  assert.deepEqual(
    readSignature(textOf(isJsonObject(delta) ? delta : {}, "signature") ?? "", "anthropic"),
    gemini,
  );
  assert.deepEqual(readSignature(textOf(blocks[1] ?? {}, "data") ?? "", "anthropic"), {
    signer: "openai",
    value: "T0FJ",
  });
  const packed = textOf(blocks[2] ?? {}, "id") ?? "";
  assert.match(packed, /^[a-zA-Z0-9_-]+$/);
  assert.deepEqual(unpackToolCallId(packed), { id: "call_0", state: { signature: gemini } });
});

test("Anthropic stream writer: calls one after the other are written as they come", () => {
  const encoder = new AnthropicStreamEncoder(CALL);
  encoder.encode(START);
  encoder.encode(call(0));
  encoder.encode(input(0, '{"a":"}"}'));
  assert.deepEqual(outline(encoder.encode(call(1))), ["stop 0", "start 1 tool_use"]);
  assert.deepEqual(outline(encoder.encode(input(1, "{}"))), ['1 input_json_delta "{}"']);
  assert.equal(encoder.encode(input(0, "\n")), "");
});

test("Anthropic stream writer: calls whose pieces alternate are put in order, and so is text behind them", () => {
  const stream = encode([
    START,
    call(0),
    call(1),
    input(1, '{"b"'),
    input(0, '{"a"'),
    text("x"),
    call(2),
    input(1, ":2}"),
    input(0, ":1}"),
    text("y"),
    { type: "finish", choice: 0, reason: "tool-calls" },
  ]);
  assert.deepEqual(outline(stream).slice(1, -2), [
    "start 0 tool_use",
    '0 input_json_delta "{\\"a\\""',
    '0 input_json_delta ":1}"',
    "stop 0",
    "start 1 tool_use",
    '1 input_json_delta "{\\"b\\""',
    '1 input_json_delta ":2}"',
    "stop 1",
    "start 2 text",
    '2 text_delta "x"',
    "stop 2",
    "start 3 tool_use",
    "stop 3",
    "start 4 text",
    '4 text_delta "y"',
    "stop 4",
  ]);
});

test("Anthropic stream writer: what waits is bounded", () => {
  const encoder = new AnthropicStreamEncoder(CALL);
  for (const event of [START, call(0), call(1)]) encoder.encode(event);
  const piece = "x".repeat(1024 * 1024);
  assert.throws(() => {
    for (let count = 0; count < 20; count++) encoder.encode(input(1, piece));
  }, /more tool calls than the gateway can put in order/);
});

test("Anthropic stream writer: a refusal in words, a picture, a citation", () => {
  const stream = encode([
    START,
    { type: "refusal-delta", choice: 0, text: "No." },
    { type: "citation", choice: 0, citation: { url: "https://example.org", quote: "q" } },
    {
      type: "image",
      choice: 0,
      source: { kind: "base64", mediaType: "image/png", data: "iVBORw0KGgo=" },
    },
    FINISH,
  ]);
  const events = parse(stream);
  assert.deepEqual(events[3]?.delta, {
    type: "citations_delta",
    citation: {
      type: "web_search_result_location",
      url: "https://example.org",
      title: null,
      cited_text: "q",
      encrypted_index: "",
    },
  });
  assert.deepEqual(events[5]?.content_block, {
    type: "image",
    source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" },
  });
  assert.deepEqual(events.at(-2)?.delta, { stop_reason: "refusal", stop_sequence: null });
});

test("Anthropic stream writer: other choices are not this wire's", () => {
  const stream = encode([START, text("a"), { type: "text-delta", choice: 1, text: "b" }, FINISH]);
  assert.ok(!stream.includes('"b"'));
});

test("Anthropic stream writer: a call out of order is a bug", () => {
  const fresh = () => new AnthropicStreamEncoder(CALL);
  assert.throws(() => fresh().encode(text("a")), /out of order/);
  assert.throws(() => fresh().end(), /without a finish/);
  const started = fresh();
  started.encode(START);
  assert.throws(() => started.encode(START), /second start/);
  assert.throws(() => started.encode(input(3, "{}")), /never began/);
  started.encode(FINISH);
  assert.throws(() => started.encode(text("a")), /out of order/);
  started.end();
  assert.throws(() => started.end(), /without a finish/);
});

for (const fixture of ["text", "tools", "parallel-tools", "thinking", "search", "refusal", "stop-sequence"]) {
  test(`Anthropic stream writer: ${fixture}, read and written, reads the same`, () => {
    const { events } = decodeStream([readStreamFixture(fixture)]);
    const written = encode(events.filter((event): event is Encodable => event.type !== "error"));
    const again = decodeStream([Buffer.from(written)]);
    assert.equal(again.whole, true);
    const withoutUsage = (all: readonly ChatStreamEvent[]) => all.filter(({ type }) => type !== "usage");
    assert.deepEqual(withoutUsage(again.events), withoutUsage(events));
    assert.deepEqual(again.events.at(-1), events.at(-1));
  });
}

/** What an answer is made of, whatever the pieces it came in. */
function gather(events: readonly ChatStreamEvent[]): {
  text: string;
  thinking: string;
  calls: Map<number, string>;
} {
  const gathered = { text: "", thinking: "", calls: new Map<number, string>() };
  for (const event of events) {
    if (event.type === "text-delta") gathered.text += event.text;
    else if (event.type === "thinking-delta") gathered.thinking += event.text;
    else if (event.type === "tool-call-start") gathered.calls.set(event.index, `${event.id} ${event.name} `);
    else if (event.type === "tool-call-delta")
      gathered.calls.set(event.index, (gathered.calls.get(event.index) ?? "") + event.argumentsJson);
  }
  return gathered;
}

/** Pieces of text, thinking and several calls, mixed at random but each in its own order. */
const mixed = fc
  .record({
    texts: fc.array(fc.string(), { maxLength: 6 }),
    thoughts: fc.array(fc.string(), { maxLength: 4 }),
    inputs: fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 4 }),
    cuts: fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
    picks: fc.infiniteStream(fc.nat(99)),
  })
  .map(({ texts, thoughts, inputs, cuts, picks }) => {
    const next = (values: Iterator<number>) => Number(values.next().value);
    const queues: Encodable[][] = [texts.map(text), thoughts.map((thought) => thinking(thought))];
    for (const [index, value] of inputs.entries()) {
      const json = JSON.stringify(value);
      const pieces: Encodable[] = [];
      for (let at = 0; at < json.length; ) {
        const end = at + next(cuts);
        pieces.push(input(index, json.slice(at, end)));
        at = end;
      }
      queues.push(pieces);
    }
    const events: Encodable[] = [START, ...inputs.map((_, index) => call(index))];
    for (let left = queues.filter(({ length }) => length > 0); left.length > 0; ) {
      const event = left[next(picks) % left.length]?.shift();
      if (event !== undefined) events.push(event);
      left = left.filter(({ length }) => length > 0);
    }
    return [...events, FINISH];
  });

test(`Anthropic stream writer: blocks never overlap and nothing is lost, however pieces mix (seed ${seed})`, () => {
  fc.assert(
    fc.property(mixed, (events) => {
      const stream = encode(events);
      let open: unknown = null;
      let next = 0;
      for (const event of parse(stream)) {
        if (event.type === "content_block_start") {
          assert.equal(open, null);
          assert.equal(event.index, next++);
          open = event.index;
        } else if (event.type === "content_block_delta") {
          assert.equal(event.index, open);
        } else if (event.type === "content_block_stop") {
          assert.equal(event.index, open);
          open = null;
        }
      }
      assert.equal(open, null);
      const again = decodeStream([Buffer.from(stream)]);
      assert.equal(again.whole, true);
      assert.deepEqual(gather(again.events), gather(events));
    }),
    { seed, numRuns: 300 },
  );
});
