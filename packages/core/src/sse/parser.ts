import { Buffer } from "node:buffer";
import { GatewayError } from "../errors/gateway-error.ts";

/** One event of a `text/event-stream`. */
export type SseEvent = {
  /** The `event` field; "" when absent. */
  readonly event: string;
  /** The `data` lines joined by LF. */
  readonly data: string;
  /** The `id` field of this very event; unlike a browser, an earlier id is not carried on. */
  readonly id?: string;
  /** The `retry` field, milliseconds. */
  readonly retry?: number;
};

export type SseParserOptions = {
  /** Cap on the bytes of one event, so that an endless one cannot fill the memory. */
  readonly maxEventBytes: number;
  readonly onEvent: (event: SseEvent) => void;
  /** Text of a comment line, without the colon and one space; providers use them as keep-alives. */
  readonly onComment?: (text: string) => void;
};

export type SseEnd = {
  /** The stream stopped inside an event: after some of its fields, before the blank line. */
  readonly truncated: boolean;
  /**
   * What had arrived of that event when it had data. The standard discards it; a caller may accept it
   * when it is known to be whole, for example `[DONE]` from a provider that omits the last blank line.
   */
  readonly unfinished: SseEvent | null;
};

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;
const NO_BYTES = Buffer.alloc(0);
/** An unfinished line's buffer above this size is let go when the line is done. */
const KEPT_PENDING_BYTES = 65_536;

/**
 * Incremental parser of server-sent events on bytes, after the WHATWG HTML standard, "9.2.6 Interpreting
 * an event stream". Chunks may be cut anywhere, inside a character or between CR and LF too; only whole
 * lines are decoded. Line ends are found by native search and each line is decoded once.
 *
 * Order of calls: `push` any number of times, then `end` once. Chunks may be reused after `push` returns.
 */
export class SseParser {
  readonly #maxEventBytes: number;
  readonly #onEvent: (event: SseEvent) => void;
  readonly #onComment: ((text: string) => void) | undefined;
  #closed = false;
  #atStart = true;
  /** The last chunk ended in CR: a LF that begins the next one belongs to it. */
  #skipLf = false;
  /** The line that began in an earlier chunk; the first #pendingBytes bytes count. */
  #pending: Buffer = NO_BYTES;
  #pendingBytes = 0;
  #blockBytes = 0;
  #event = "";
  #data: string | undefined;
  #id: string | undefined;
  #retry: number | undefined;

  constructor(options: SseParserOptions) {
    this.#maxEventBytes = options.maxEventBytes;
    this.#onEvent = options.onEvent;
    this.#onComment = options.onComment;
  }

  /** @throws GatewayError `upstream_event_too_large`; the parser accepts nothing after that. */
  push(chunk: Uint8Array): void {
    this.#assertOpen();
    const bytes = Buffer.isBuffer(chunk)
      ? chunk
      : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    if (this.#skipLf && bytes.length > 0) {
      this.#skipLf = false;
      if (bytes[0] === LF) start = 1;
    }
    let lf = bytes.indexOf(LF, start);
    // Nearly all streams use LF alone, so this second search mostly runs once a chunk and finds nothing.
    let cr = bytes.indexOf(CR, start);
    while (lf !== -1 || cr !== -1) {
      const lineEnd = cr !== -1 && (lf === -1 || cr < lf) ? cr : lf;
      this.#endLine(bytes, start, lineEnd);
      start = lineEnd + 1;
      if (lineEnd === cr) {
        if (start === bytes.length) this.#skipLf = true;
        else if (bytes[start] === LF) start++;
        cr = bytes.indexOf(CR, start);
      }
      if (lf !== -1 && lf < start) lf = bytes.indexOf(LF, start);
    }
    if (start < bytes.length) this.#keep(bytes, start, bytes.length);
  }

  /** Says that no more bytes will come. */
  end(): SseEnd {
    this.#assertOpen();
    this.#closed = true;
    if (this.#pendingBytes > 0) this.#line(this.#pending, 0, this.#pendingBytes);
    return { truncated: this.#blockBytes > 0, unfinished: this.#currentEvent() };
  }

  #assertOpen(): void {
    if (this.#closed) throw new Error("SseParser: push or end after the stream has ended or failed");
  }

  #assertFits(lineBytes: number): void {
    if (this.#blockBytes + lineBytes <= this.#maxEventBytes) return;
    this.#closed = true;
    throw new GatewayError("upstream_event_too_large", {
      message: `The model provider sent a single stream event of more than ${this.#maxEventBytes} bytes.`,
    });
  }

  /** Appends to the unfinished line; doubling keeps a stream that comes byte by byte linear. */
  #keep(bytes: Buffer, start: number, end: number): void {
    const neededBytes = this.#pendingBytes + end - start;
    this.#assertFits(neededBytes);
    if (neededBytes > this.#pending.length) {
      const grown = Buffer.allocUnsafe(Math.max(256, neededBytes, this.#pending.length * 2));
      this.#pending.copy(grown, 0, 0, this.#pendingBytes);
      this.#pending = grown;
    }
    bytes.copy(this.#pending, this.#pendingBytes, start, end);
    this.#pendingBytes = neededBytes;
  }

  #endLine(bytes: Buffer, start: number, end: number): void {
    if (this.#pendingBytes === 0) {
      this.#line(bytes, start, end);
      return;
    }
    this.#keep(bytes, start, end);
    const lineBytes = this.#pendingBytes;
    this.#pendingBytes = 0;
    this.#line(this.#pending, 0, lineBytes);
    if (this.#pending.length > KEPT_PENDING_BYTES) this.#pending = NO_BYTES;
  }

  #line(bytes: Buffer, lineStart: number, end: number): void {
    this.#assertFits(end - lineStart);
    let start = lineStart;
    if (this.#atStart) {
      this.#atStart = false;
      if (startsWithBom(bytes, start, end)) start += 3;
    }
    if (start === end) {
      this.#dispatch();
    } else if (bytes[start] === COLON) {
      this.#onComment?.(bytes.toString("utf8", valueStart(bytes, start, end), end));
    } else {
      this.#blockBytes += end - start;
      if (isDataField(bytes, start, end)) this.#addData(bytes, start + 4, end);
      else this.#field(bytes, start, end);
    }
  }

  #addData(bytes: Buffer, colon: number, end: number): void {
    const value = bytes.toString("utf8", valueStart(bytes, colon, end), end);
    this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
  }

  #field(bytes: Buffer, start: number, end: number): void {
    const line = bytes.toString("utf8", start, end);
    const colon = line.indexOf(":");
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (name === "event") this.#event = value;
    else if (name === "id" && !value.includes("\0")) this.#id = value;
    else if (name === "retry" && /^[0-9]+$/.test(value)) this.#retry = Number(value);
  }

  #currentEvent(): SseEvent | null {
    if (this.#data === undefined) return null;
    return {
      event: this.#event,
      data: this.#data,
      ...(this.#id === undefined ? undefined : { id: this.#id }),
      ...(this.#retry === undefined ? undefined : { retry: this.#retry }),
    };
  }

  /** A blank line: the event is whole. Without data there is none, says the standard. */
  #dispatch(): void {
    const event = this.#currentEvent();
    this.#blockBytes = 0;
    this.#event = "";
    this.#data = undefined;
    this.#id = undefined;
    this.#retry = undefined;
    if (event !== null) this.#onEvent(event);
  }
}

function startsWithBom(bytes: Buffer, start: number, end: number): boolean {
  return end - start >= 3 && bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf;
}

/** Where the value begins behind a colon: one space is not part of it. At or past `end`: no value. */
function valueStart(bytes: Buffer, colon: number, end: number): number {
  return colon + 1 < end && bytes[colon + 1] === SPACE ? colon + 2 : colon + 1;
}

/** `data`, alone or before a colon: the field of nearly every line, told without decoding its name. */
function isDataField(bytes: Buffer, start: number, end: number): boolean {
  return (
    end - start >= 4 &&
    bytes[start] === 0x64 &&
    bytes[start + 1] === 0x61 &&
    bytes[start + 2] === 0x74 &&
    bytes[start + 3] === 0x61 &&
    (end - start === 4 || bytes[start + 4] === COLON)
  );
}
