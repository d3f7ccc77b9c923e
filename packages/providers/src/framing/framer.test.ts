import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ErrorCode } from "@headrace/core/errors/table";
import { SseParser } from "@headrace/core/sse/parser";
import type { StreamFrame, StreamFraming } from "@headrace/core/wire/chat-codec";
import fc from "fast-check";
import { MAX_FRAME_BYTES } from "./byte-carry.ts";
import { createFramer } from "./framer.ts";
import { awsEvent, awsMessage, byteByByte, cutAt, frame } from "./testing.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

function withCode(code: ErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof GatewayError && error.code === code;
}

type Case = {
  readonly name: string;
  readonly framing: StreamFraming;
  readonly bytes: string | Buffer;
  readonly frames: readonly StreamFrame[];
  /** True unless said. */
  readonly whole?: boolean;
};

const data = (text: string, event = ""): StreamFrame => ({ event, data: text });

const CASES: readonly Case[] = [
  { name: "nothing", framing: "sse", bytes: "", frames: [] },
  { name: "plain data", framing: "sse", bytes: "data: {}\n\ndata: 2\n\n", frames: [data("{}"), data("2")] },
  {
    name: "no space behind the colons",
    framing: "sse",
    bytes: "event:a\ndata:é\n\n",
    frames: [data("é", "a")],
  },
  { name: "one space only", framing: "sse", bytes: "event: a\ndata:  b\n\n", frames: [data(" b", "a")] },
  { name: "empty data", framing: "sse", bytes: "data:\n\ndata: \n\n", frames: [data(""), data("")] },
  { name: "CRLF", framing: "sse", bytes: "event: a\r\ndata: b\r\n\r\n", frames: [data("b", "a")] },
  { name: "CR", framing: "sse", bytes: "data: b\r\rdata: c\r\r", frames: [data("b"), data("c")] },
  { name: "several data lines", framing: "sse", bytes: "data: a\ndata: b\n\n", frames: [data("a\nb")] },
  { name: "data before its event", framing: "sse", bytes: "data: a\nevent: x\n\n", frames: [data("a", "x")] },
  { name: "an event without data", framing: "sse", bytes: "event: x\n\ndata: a\n\n", frames: [data("a")] },
  {
    name: "comments and other fields",
    framing: "sse",
    bytes: ": hi\n\nid: 1\ndata: a\n\n",
    frames: [data("a")],
  },
  {
    name: "more blank lines than needed",
    framing: "sse",
    bytes: "\n\n\ndata: a\n\n\n\n",
    frames: [data("a")],
  },
  { name: "a byte order mark at the start", framing: "sse", bytes: "\ufeffdata: a\n\n", frames: [data("a")] },
  {
    name: "a byte order mark elsewhere",
    framing: "sse",
    bytes: "data: a\n\n\ufeffdata: b\n\n",
    frames: [data("a")],
  },
  { name: "whole JSON at the end", framing: "sse", bytes: 'data: {"a":1}', frames: [data('{"a":1}')] },
  {
    name: "[DONE] at the end",
    framing: "sse",
    bytes: "data: a\n\ndata: [DONE]\n",
    frames: [data("a"), data("[DONE]")],
  },
  { name: "half JSON at the end", framing: "sse", bytes: 'data: {"a":', frames: [], whole: false },
  {
    name: "a field's name at the end",
    framing: "sse",
    bytes: "data: a\n\nda",
    frames: [data("a")],
    whole: false,
  },
  { name: "a comment at the end", framing: "sse", bytes: "data: a\n\n: keep", frames: [data("a")] },

  { name: "nothing", framing: "ndjson", bytes: "", frames: [] },
  { name: "lines", framing: "ndjson", bytes: '{"a":"é"}\n{}\n', frames: [data('{"a":"é"}'), data("{}")] },
  {
    name: "CRLF and blank lines",
    framing: "ndjson",
    bytes: "{}\r\n\r\n\n{}\n",
    frames: [data("{}"), data("{}")],
  },
  {
    name: "a whole line without its end",
    framing: "ndjson",
    bytes: "{}\n{}",
    frames: [data("{}"), data("{}")],
  },
  {
    name: "half a line at the end",
    framing: "ndjson",
    bytes: '{}\n{"a"',
    frames: [data("{}")],
    whole: false,
  },

  { name: "nothing", framing: "aws-event-stream", bytes: "", frames: [] },
  {
    name: "events",
    framing: "aws-event-stream",
    bytes: Buffer.concat([awsEvent("messageStart", '{"role":"é"}'), awsEvent("x", "")]),
    frames: [data('{"role":"é"}', "messageStart"), data("", "x")],
  },
  {
    name: "an exception",
    framing: "aws-event-stream",
    bytes: awsMessage(
      { ":message-type": "exception", ":exception-type": "throttlingException" },
      '{"message":"Too many tokens."}',
    ),
    frames: [data('{"message":"Too many tokens."}', "throttlingException")],
  },
  {
    name: "an exception without a type",
    framing: "aws-event-stream",
    bytes: awsMessage({ ":message-type": "exception" }, "{}"),
    frames: [data("{}", "unmodeledException")],
  },
  {
    name: "an error",
    framing: "aws-event-stream",
    bytes: awsMessage({ ":message-type": "error", ":error-code": "500", ":error-message": "Broken." }, ""),
    frames: [data('{"message":"500: Broken."}', "unmodeledException")],
  },
  {
    name: "half a message",
    framing: "aws-event-stream",
    bytes: Buffer.concat([awsEvent("a", "{}"), awsEvent("b", "{}").subarray(0, 20)]),
    frames: [data("{}", "a")],
    whole: false,
  },
];

for (const { name, framing, bytes, frames, whole = true } of CASES) {
  test(`framer ${framing}: ${name}`, () => {
    const all = Buffer.from(bytes);
    assert.deepEqual(frame(framing, [all]), { frames, whole });
    assert.deepEqual(frame(framing, byteByByte(all)), { frames, whole });
  });
}

test("framer sse: what the general parser reads, wherever the stream is cut", (context) => {
  context.diagnostic(`fast-check seed ${seed}`);
  const text = fc.string({ unit: fc.constantFrom("a", " ", ":", "é", "\ufeff", '"', "{"), maxLength: 6 });
  const line = fc.tuple(fc.constantFrom("data:", "data: ", "event:", "event: ", ":", "id: 1", ""), text);
  const lineEnd = fc.constantFrom("\n", "\n", "\n", "\r\n", "\r");
  const stream = fc
    .array(fc.tuple(line, lineEnd, fc.boolean()), { maxLength: 24 })
    .map((lines) =>
      lines.map(([[field, value], end, blank]) => field + value + end + (blank ? end : "")).join(""),
    );
  fc.assert(
    fc.property(stream, fc.array(fc.nat(200)), (written, cuts) => {
      // Whole events only: what an unfinished one becomes is the framer's own matter.
      const bytes = Buffer.from(`${written}\n\n`);
      const expected: StreamFrame[] = [];
      const parser = new SseParser({
        maxEventBytes: MAX_FRAME_BYTES,
        onEvent: ({ event, data: value }) => expected.push({ event, data: value }),
      });
      parser.push(bytes);
      assert.deepEqual(frame("sse", cutAt(bytes, cuts)), { frames: expected, whole: true });
    }),
    { seed, numRuns: 400 },
  );
});

test("framer ndjson: the same lines wherever the stream is cut", () => {
  const line = fc.oneof(fc.constant(""), fc.json()).map((json) => json.replaceAll("\n", " "));
  fc.assert(
    fc.property(fc.array(line), fc.constantFrom("\n", "\r\n"), fc.array(fc.nat(400)), (lines, end, cuts) => {
      const bytes = Buffer.from(lines.map((json) => json + end).join(""));
      const frames = lines.filter((json) => json !== "").map((json) => data(json));
      assert.deepEqual(frame("ndjson", cutAt(bytes, cuts)), { frames, whole: true });
    }),
    { seed },
  );
});

test("framer aws-event-stream: the same messages wherever the stream is cut", () => {
  const message = fc.record({ type: fc.string({ maxLength: 20 }), payload: fc.json() });
  fc.assert(
    fc.property(fc.array(message), fc.array(fc.nat(2000)), (messages, cuts) => {
      const bytes = Buffer.concat(messages.map(({ type, payload }) => awsEvent(type, payload)));
      const frames = messages.map(({ type, payload }) => data(payload, type));
      assert.deepEqual(frame("aws-event-stream", cutAt(bytes, cuts)), { frames, whole: true });
    }),
    { seed, numRuns: 200 },
  );
});

test("framer aws-event-stream: any flipped bit is found", () => {
  const bytes = awsEvent("contentBlockDelta", '{"delta":{"text":"a"}}');
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const broken = Buffer.from(bytes);
    broken.writeUInt8(broken.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    assert.throws(
      () => frame("aws-event-stream", [broken]),
      withCode("upstream_invalid_response"),
      `bit ${bit}`,
    );
  }
});

test("framer aws-event-stream: bytes of another kind are told from a large message", () => {
  const page = Buffer.from("<!doctype html><title>502 Bad Gateway</title>");
  assert.throws(() => frame("aws-event-stream", [page]), withCode("upstream_invalid_response"));
  assert.throws(() => frame("aws-event-stream", byteByByte(page)), withCode("upstream_invalid_response"));
});

const REFUSED: readonly { readonly name: string; readonly bytes: Buffer }[] = [
  { name: "without a message type", bytes: awsMessage({ ":event-type": "a" }, "{}") },
  { name: "of an unknown message type", bytes: awsMessage({ ":message-type": "other" }, "{}") },
  { name: "whose type hides in the prototype", bytes: awsMessage({ ["__proto__"]: "event" }, "{}") },
  { name: "whose headers are longer than they are", bytes: withLongHeader() },
];
for (const { name, bytes } of REFUSED) {
  test(`framer aws-event-stream: refuses a message ${name}`, () => {
    assert.throws(() => frame("aws-event-stream", [bytes]), withCode("upstream_invalid_response"));
  });
}

const LARGE: readonly { readonly framing: StreamFraming; readonly bytes: () => Buffer }[] = [
  { framing: "sse", bytes: () => Buffer.from(`data: ${"a".repeat(MAX_FRAME_BYTES)}\n\n`) },
  { framing: "sse", bytes: () => Buffer.alloc(MAX_FRAME_BYTES + 1, "a") },
  { framing: "ndjson", bytes: () => Buffer.from(`"${"a".repeat(MAX_FRAME_BYTES)}"\n`) },
  { framing: "ndjson", bytes: () => Buffer.alloc(MAX_FRAME_BYTES + 1, "a") },
  { framing: "aws-event-stream", bytes: () => awsEvent("a", "a".repeat(MAX_FRAME_BYTES)) },
  { framing: "aws-event-stream", bytes: () => awsEvent("a", "a".repeat(MAX_FRAME_BYTES)).subarray(0, 12) },
];
for (const [index, { framing, bytes }] of LARGE.entries()) {
  test(`framer ${framing}: a frame above 16 MiB is refused (${index})`, () => {
    assert.throws(() => createFramer(framing, () => {}).push(bytes()), withCode("upstream_event_too_large"));
  });
}

test("framer: a frame of 1 MiB in small pieces is one frame", () => {
  const payload = JSON.stringify({ text: "é".repeat(1 << 19) });
  const streams: readonly (readonly [StreamFraming, Buffer])[] = [
    ["sse", Buffer.from(`data: ${payload}\n\n`)],
    ["ndjson", Buffer.from(`${payload}\n`)],
    ["aws-event-stream", awsEvent("", payload)],
  ];
  for (const [framing, bytes] of streams) {
    const pieces = cutAt(
      bytes,
      Array.from({ length: bytes.length / 1000 }, (_, i) => i * 1000),
    );
    const { frames, whole } = frame(framing, pieces);
    assert.ok(whole);
    assert.deepEqual(frames, [data(payload)]);
  }
});

/** A message that is right in every checksum, and whose one header claims 60,000 bytes. */
function withLongHeader(): Buffer {
  const body = awsMessage({ ":message-type": "event" }, "{}");
  const lengthAt = body.indexOf("event") - 2;
  body.writeUInt16BE(60_000, lengthAt);
  body.writeUInt32BE(crc32(body.subarray(0, -4)), body.length - 4);
  return body;
}
