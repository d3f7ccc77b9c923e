import { SseParser } from "@headrace/core/sse/parser";
import { EventStreamCodec } from "@smithy/core/event-streams";
import type { WireJson } from "./raw-client.ts";

/** One event of any wire's stream. */
export interface WireEvent {
  /** Type beside the data, "" where there is none; of an exception its type behind `exception:`. */
  readonly name: string;
  readonly data: string;
}

const LIMIT_BYTES = 8 * 1024 * 1024;

/** The events of a whole stream, by its content type; throws for a checksum that does not fit. */
export function eventsOf(contentType: string, body: Uint8Array): WireEvent[] {
  if (contentType.startsWith("text/event-stream")) return sseEvents(body);
  const text = Buffer.from(body).toString("utf8");
  if (contentType.startsWith("application/x-ndjson")) {
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((data) => ({ name: "", data }));
  }
  if (contentType.startsWith("application/vnd.amazon.eventstream")) return amazonEvents(body);
  return JSON.parse(text).map((element: WireJson) => ({ name: "", data: JSON.stringify(element) }));
}

/** How many whole events a body that may be cut holds. */
export function countEvents(contentType: string, body: Uint8Array): number {
  if (contentType.startsWith("application/json")) {
    return Buffer.from(body)
      .toString()
      .split(/\r\n/)
      .filter((line) => line.includes("{")).length;
  }
  return eventsOf(contentType, body).length;
}

function sseEvents(body: Uint8Array): WireEvent[] {
  const events: WireEvent[] = [];
  const parser = new SseParser({
    maxEventBytes: LIMIT_BYTES,
    onEvent: (event) => events.push({ name: event.event, data: event.data }),
  });
  parser.push(body);
  parser.end();
  return events;
}

/** Amazon's own decoder reads the frames, so that the mock's writing is not checked by its own reading. */
function amazonEvents(body: Uint8Array): WireEvent[] {
  const codec = new EventStreamCodec(
    (bytes) => Buffer.from(bytes).toString("utf8"),
    (text) => Buffer.from(text),
  );
  const events: WireEvent[] = [];
  const bytes = Buffer.from(body);
  for (let at = 0; at < bytes.length; ) {
    const size = bytes.readUInt32BE(at);
    const { headers, body: payload } = codec.decode(bytes.subarray(at, at + size));
    const exception = headers[":message-type"]?.value === "exception";
    const name = String(headers[exception ? ":exception-type" : ":event-type"]?.value);
    events.push({
      name: exception ? `exception:${name}` : name,
      data: Buffer.from(payload).toString("utf8"),
    });
    at += size;
  }
  return events;
}
