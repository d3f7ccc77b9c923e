import { crc32 } from "node:zlib";
import type { StreamEvent } from "../answers/stream-event.ts";
import type { StreamFormat } from "./stream-format.ts";

/** Begins the name of an event that is an exception; the exception's type follows. */
export const EXCEPTION_MARK = "exception:";

const PRELUDE_BYTES = 12;
const CHECKSUM_BYTES = 4;
const STRING_HEADER = 7;

/**
 * Amazon's binary framing (smithy.io "Amazon Event Stream Specification"): lengths, a checksum over them, headers,
 * payload, a checksum over all. The payload is the event's data.
 */
export const AWS_EVENT_STREAM: StreamFormat = {
  contentType: "application/vnd.amazon.eventstream",
  eol: "\n",
  encode: (event) => encodeMessage(headersOf(event.name), Buffer.from(event.data)),
  keepAlive: undefined,
  closeDelimited: false,
  checksummed: true,
  recorded: recordedEvent,
  closing: [],
};

/** The framing of `invoke-with-response-stream`: the model's own events as base64 inside of `chunk` events. */
export const AWS_CHUNKS: StreamFormat = {
  ...AWS_EVENT_STREAM,
  encode: (event, eol, index) =>
    event.name.startsWith(EXCEPTION_MARK)
      ? AWS_EVENT_STREAM.encode(event, eol, index)
      : encodeMessage(headersOf("chunk"), Buffer.from(chunkPayload(event))),
  recorded: (line) => ({ name: "chunk", data: line }),
};

function chunkPayload(event: StreamEvent): string {
  return JSON.stringify({ bytes: Buffer.from(event.data).toString("base64"), p: "abcdefgh" });
}

/** A recorded line has one key, the event's type; its value is the payload. */
function recordedEvent(line: string): { readonly name: string; readonly data: string } {
  const parsed: unknown = JSON.parse(line);
  const [name, payload] = Object.entries(typeof parsed === "object" && parsed !== null ? parsed : {})[0] ?? [
    "",
  ];
  return { name, data: JSON.stringify(payload) };
}

function headersOf(name: string): Buffer {
  const exception = name.startsWith(EXCEPTION_MARK);
  const type = exception ? name.slice(EXCEPTION_MARK.length) : name;
  return Buffer.concat([
    stringHeader(exception ? ":exception-type" : ":event-type", type),
    stringHeader(":content-type", "application/json"),
    stringHeader(":message-type", exception ? "exception" : "event"),
  ]);
}

function stringHeader(name: string, value: string): Buffer {
  const head = Buffer.from([name.length, ...Buffer.from(name), STRING_HEADER, 0, 0]);
  const bytes = Buffer.from(value);
  head.writeUInt16BE(bytes.byteLength, head.byteLength - 2);
  return Buffer.concat([head, bytes]);
}

function encodeMessage(headers: Buffer, payload: Buffer): Buffer {
  const totalBytes = PRELUDE_BYTES + headers.byteLength + payload.byteLength + CHECKSUM_BYTES;
  const message = Buffer.alloc(totalBytes);
  message.writeUInt32BE(totalBytes, 0);
  message.writeUInt32BE(headers.byteLength, 4);
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8);
  headers.copy(message, PRELUDE_BYTES);
  payload.copy(message, PRELUDE_BYTES + headers.byteLength);
  message.writeUInt32BE(crc32(message.subarray(0, totalBytes - CHECKSUM_BYTES)), totalBytes - CHECKSUM_BYTES);
  return message;
}
