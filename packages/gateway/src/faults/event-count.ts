import type { StreamFraming } from "@headrace/core/wire/chat-codec";

const LF = 0x0a;
const CR = 0x0d;
const LENGTH_BYTES = 4;

/** Finds the place behind so many events of a stream, whose bytes may be cut anywhere. */
export interface EventCount {
  /** @returns where in these bytes that place is, or -1 when it comes later */
  find(bytes: Uint8Array): number;
}

const BY_CONTENT_TYPE: readonly (readonly [type: string, framing: StreamFraming])[] = [
  ["text/event-stream", "sse"],
  ["application/vnd.amazon.eventstream", "aws-event-stream"],
  ["application/x-ndjson", "ndjson"],
];

/** @returns null for an answer that is no stream of events */
export function openEventCount(contentType: string, count: number): EventCount | null {
  const type = contentType.trim().toLowerCase();
  const framing = BY_CONTENT_TYPE.find(([known]) => type.startsWith(known))?.[1];
  if (framing === undefined) return null;
  return framing === "aws-event-stream" ? new MessageCount(count) : new LineCount(count, framing);
}

/** Events end with an empty line, or are lines themselves. */
class LineCount implements EventCount {
  #left: number;
  readonly #eventIsLine: boolean;
  #lineBytes = 0;
  #eventBytes = 0;

  constructor(count: number, framing: StreamFraming) {
    this.#left = count;
    this.#eventIsLine = framing === "ndjson";
  }

  find(bytes: Uint8Array): number {
    if (this.#left === 0) return 0;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === LF) {
        if (this.#endsEvent() && --this.#left === 0) return at + 1;
        this.#lineBytes = 0;
      } else if (byte !== CR) {
        this.#lineBytes++;
        this.#eventBytes++;
      }
    }
    return -1;
  }

  #endsEvent(): boolean {
    const ends = this.#eventBytes > 0 && (this.#eventIsLine || this.#lineBytes === 0);
    if (ends) this.#eventBytes = 0;
    return ends;
  }
}

/** Every message says first how long it is (Amazon Event Stream specification). */
class MessageCount implements EventCount {
  #left: number;
  #head = 0;
  #headBytes = 0;
  /** Of the message that has begun, behind its length. */
  #leftBytes = 0;

  constructor(count: number) {
    this.#left = count;
  }

  find(bytes: Uint8Array): number {
    if (this.#left === 0) return 0;
    for (let at = 0; at < bytes.length; ) {
      if (this.#headBytes < LENGTH_BYTES) {
        this.#head = this.#head * 256 + (bytes[at++] ?? 0);
        if (++this.#headBytes === LENGTH_BYTES) this.#leftBytes = Math.max(0, this.#head - LENGTH_BYTES);
        continue;
      }
      const taken = Math.min(this.#leftBytes, bytes.length - at);
      at += taken;
      this.#leftBytes -= taken;
      if (this.#leftBytes > 0) return -1;
      this.#head = 0;
      this.#headBytes = 0;
      if (--this.#left === 0) return at;
    }
    return -1;
  }
}
