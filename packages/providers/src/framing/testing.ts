import type { StreamFrame, StreamFraming } from "@headrace/core/wire/chat-codec";
import { EventStreamCodec } from "@smithy/core/event-streams";
import { createFramer } from "./framer.ts";

export type Framing = { readonly frames: readonly StreamFrame[]; readonly whole: boolean };

/** The frames of a stream that comes in these pieces. */
export function frame(framing: StreamFraming, chunks: readonly Buffer[]): Framing {
  const frames: StreamFrame[] = [];
  const framer = createFramer(framing, (one) => frames.push(one));
  for (const chunk of chunks) {
    // A copy that is wiped after push: the framer must not hold on to the caller's memory.
    const copy = Buffer.from(chunk);
    framer.push(copy);
    copy.fill(0x58);
  }
  return { frames, whole: framer.end() };
}

/** The bytes cut at these places, in any order and how often they may be named. */
export function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const inside = places.filter((place) => place < bytes.length);
  const borders = [...new Set([0, ...inside, bytes.length])].sort((a, b) => a - b);
  return borders.slice(1).map((border, index) => bytes.subarray(borders[index], border));
}

export function byteByByte(bytes: Buffer): Buffer[] {
  return cutAt(bytes, [...bytes.keys()]);
}

const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === "string" ? bytes : Buffer.from(bytes).toString()),
  (text) => Buffer.from(text),
);

/** One message of AWS's event stream. */
export function awsMessage(headers: Readonly<Record<string, string>>, payload: string): Buffer {
  const typed = Object.entries(headers).map(([name, value]) => [name, { type: "string" as const, value }]);
  return Buffer.from(codec.encode({ headers: Object.fromEntries(typed), body: Buffer.from(payload) }));
}

export function awsEvent(type: string, payload: string): Buffer {
  const headers = {
    ":event-type": type,
    ":content-type": "application/json",
    ":message-type": "event",
  };
  return awsMessage(headers, payload);
}
