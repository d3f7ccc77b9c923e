import { SseFramer } from "@headrace/core/sse/framing";
import { SseParser } from "@headrace/core/sse/parser";
import { parseJsonObject } from "../json/read.ts";
import { MAX_FRAME_BYTES } from "./byte-carry.ts";
import type { Framer, OnFrame } from "./framer.ts";

const BLANK_LINE = Buffer.from("\n\n");
const BOM = Buffer.from("\ufeff");
const CR = 0x0d;
const SPACE = 0x20;
const EVENT_FIELD = "event:";
const DATA_FIELD = "data:";
/** The one last event that is no JSON (OpenAI API reference, chat streaming). */
const DONE_DATA = "[DONE]";

/**
 * Server-sent events. Nearly every event of a provider is one `data:` line, maybe behind an `event:` line, and its lines
 * end in LF: such a one is cut out of its decoded block by native search. What is written in any other way, the general
 * parser reads.
 */
export class SseEventFramer implements Framer {
  readonly #onFrame: OnFrame;
  readonly #blocks = new SseFramer(MAX_FRAME_BYTES);
  #parser: SseParser | null = null;
  #atStart = true;

  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame;
  }

  push(chunk: Buffer): void {
    const block = this.#blocks.push(chunk);
    if (block !== null) this.#take(this.#atStart ? this.#begin(block) : block);
  }

  end(): boolean {
    const { pendingBytes } = this.#blocks;
    // A blank line makes the framer give out what it holds.
    const block = pendingBytes === 0 ? null : this.#blocks.push(BLANK_LINE);
    return block === null || this.#endWith(block.subarray(0, pendingBytes));
  }

  #begin(block: Buffer): Buffer {
    this.#atStart = false;
    return block.subarray(0, BOM.length).equals(BOM) ? block.subarray(BOM.length) : block;
  }

  #take(block: Buffer): void {
    if (block.length > MAX_FRAME_BYTES || block.includes(CR)) this.#parse(block);
    else this.#cut(block.toString());
  }

  /** Takes whole events whose lines end in LF alone. */
  #cut(text: string): void {
    let start = 0;
    while (start < text.length) {
      const end = text.indexOf("\n\n", start);
      const next = end === -1 ? text.length : end + BLANK_LINE.length;
      if (end === -1 || !this.#cutPlain(text, start, end)) this.#parse(Buffer.from(text.slice(start, next)));
      start = next;
    }
  }

  /** False for an event that has more than an `event:` line and a `data:` line. */
  #cutPlain(text: string, start: number, end: number): boolean {
    let event = "";
    let line = start;
    if (text.startsWith(EVENT_FIELD, start)) {
      const lineEnd = text.indexOf("\n", start);
      event = text.slice(valueStart(text, start + EVENT_FIELD.length), lineEnd);
      line = lineEnd + 1;
    }
    if (!text.startsWith(DATA_FIELD, line) || text.indexOf("\n", line) !== end) return false;
    this.#onFrame({ event, data: text.slice(valueStart(text, line + DATA_FIELD.length), end) });
    return true;
  }

  #parse(block: Buffer): void {
    this.#parser ??= openParser(this.#onFrame);
    this.#parser.push(block);
  }

  #endWith(pending: Buffer): boolean {
    const parser = openParser(this.#onFrame);
    parser.push(this.#atStart ? this.#begin(pending) : pending);
    const { truncated, unfinished } = parser.end();
    if (!truncated) return true;
    if (unfinished === null || !isWhole(unfinished.data)) return false;
    this.#onFrame({ event: unfinished.event, data: unfinished.data });
    return true;
  }
}

/** One that is past its start, where alone a byte order mark would be taken off. */
function openParser(onFrame: OnFrame): SseParser {
  const parser = new SseParser({
    maxEventBytes: MAX_FRAME_BYTES,
    onEvent: ({ event, data }) => onFrame({ event, data }),
  });
  parser.push(BLANK_LINE);
  return parser;
}

/** One space behind the colon is not part of the value. */
function valueStart(text: string, afterColon: number): number {
  return text.charCodeAt(afterColon) === SPACE ? afterColon + 1 : afterColon;
}

/** Half of a JSON object is none. */
function isWhole(data: string): boolean {
  return data === DONE_DATA || parseJsonObject(data) !== null;
}
