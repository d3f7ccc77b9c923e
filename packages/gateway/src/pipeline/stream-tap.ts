import type { StreamDialect, StreamEventReading } from "@headrace/core/adapter";
import { endOfFirstEvent, SseFramer } from "@headrace/core/sse/framing";
import { SseParser } from "@headrace/core/sse/parser";

/** Far above any event of a real provider (a base64 image in one event is below 10 MiB), and a bound all the same. */
const MAX_EVENT_BYTES = 16 * 1024 * 1024;

const LF = 0x0a;
const CR = 0x0d;
const BLANK_LINE = Buffer.from("\n\n");
const DATA_FIELD = Buffer.from("data:");

type ErrorReading = Extract<StreamEventReading, { kind: "error" }>;

/** How a stream ended, and what is still to be sent for it. */
export interface StreamEnding {
  /** False for a stream that was cut: it must not end as if it were whole. */
  readonly whole: boolean;
  readonly bytes: Buffer | null;
}

/**
 * Watches a stream that is passed on untouched. Whole events go in and out as the bytes they are; only those that hold
 * one of the dialect's marks are decoded, for usage, errors and the end.
 */
export class StreamTap {
  /** Events with data seen so far. */
  events = 0;
  /** The provider's usage object as last reported, fields of earlier reports kept. */
  usage: Record<string, unknown> | null = null;
  /** The error that the provider sent as an event. */
  error: ErrorReading | null = null;
  readonly #dialect: StreamDialect;
  readonly #doneBytes: Buffer | null;
  /** True when the client did not ask for the usage event that was asked of the provider. */
  readonly #dropUsageEvent: boolean;
  readonly #framer = new SseFramer(MAX_EVENT_BYTES);
  #done = false;
  #last: Buffer | null = null;
  #beforeLast: Buffer | null = null;

  constructor(dialect: StreamDialect, options: { dropUsageEvent: boolean }) {
    this.#dialect = dialect;
    this.#doneBytes = dialect.doneData === null ? null : Buffer.from(dialect.doneData);
    this.#dropUsageEvent = options.dropUsageEvent;
  }

  /**
   * Takes bytes of the provider and gives those to send on, or null when there are none yet.
   *
   * @throws GatewayError `upstream_event_too_large`
   */
  push(chunk: Buffer): Buffer | null {
    const block = this.#framer.push(chunk);
    return block === null ? null : this.#pass(block);
  }

  /** Call once, when the provider's bytes have ended as HTTP sees it. */
  end(): StreamEnding {
    const bytes = this.#framer.pendingBytes === 0 ? null : this.#endPending();
    if (this.#done || this.error !== null) return { whole: true, bytes };
    if (!this.#sawFinish()) return { whole: false, bytes: null };
    // Some providers leave the last event out although every choice has ended.
    const done = this.#doneBytes === null ? [] : [DATA_FIELD, this.#doneBytes, BLANK_LINE];
    return { whole: true, bytes: Buffer.concat(bytes === null ? done : [bytes, ...done]) };
  }

  #pass(block: Buffer): Buffer | null {
    if (this.events === 0 && block.indexOf(DATA_FIELD) === -1) return null; // comments before the answer begins
    this.#beforeLast = this.#last;
    this.#last = block;
    const marked =
      this.error !== null ||
      block.indexOf(this.#dialect.errorMark) !== -1 ||
      block.indexOf(this.#dialect.usageMark) !== -1;
    if (marked) return this.#inspect(block);
    this.events += countBlankLines(block);
    if (this.#endsWithDone(block)) this.#done = true;
    return block;
  }

  /** Decodes each event of a block and leaves out those that are not for the client. */
  #inspect(block: Buffer): Buffer | null {
    const kept: Buffer[] = [];
    let start = 0;
    while (start < block.length) {
      const end = endOfFirstEvent(block, start);
      const event = block.subarray(start, end);
      if (this.#keeps(event)) kept.push(event);
      start = end;
    }
    const [only] = kept;
    if (only === undefined) return null;
    return kept.length === 1 ? only : Buffer.concat(kept);
  }

  #keeps(event: Buffer): boolean {
    const reading = this.#read(event);
    if (reading === null) return true;
    this.events++;
    if (reading.kind === "error") this.error = reading;
    if (reading.kind === "done") {
      this.#done = true;
      return this.error === null; // a stream that failed must not end like a whole one
    }
    if (reading.kind !== "chunk") return true;
    if (isObject(reading.usage)) this.usage = { ...this.usage, ...reading.usage };
    return !(reading.usageOnly && this.#dropUsageEvent);
  }

  /** Null for a block without data, such as a comment. */
  #read(event: Buffer): StreamEventReading | null {
    let reading: StreamEventReading | null = null;
    const parser = new SseParser({
      maxEventBytes: MAX_EVENT_BYTES,
      onEvent: ({ data }) => {
        reading = this.#dialect.readEvent(data);
      },
    });
    parser.push(event);
    return reading;
  }

  #endsWithDone(block: Buffer): boolean {
    const done = this.#doneBytes;
    if (done === null) return false;
    let end = block.length;
    while (end > 0 && (block[end - 1] === LF || block[end - 1] === CR)) end--;
    if (block[end - 1] !== done.at(-1)) return false;
    return block.subarray(end - done.length, end).equals(done);
  }

  /** A last event without its blank line counts when it is readable; half an event does not. */
  #endPending(): Buffer | null {
    const block = this.#framer.push(BLANK_LINE);
    if (block === null || this.#read(block)?.kind === "other") return null;
    return this.#pass(block);
  }

  /** Whether a choice ended in one of the last two blocks, where the finish reason and the usage stand. */
  #sawFinish(): boolean {
    for (const block of [this.#beforeLast, this.#last]) {
      for (let start = 0; block !== null && start < block.length; ) {
        const end = endOfFirstEvent(block, start);
        const reading = this.#read(block.subarray(start, end));
        if (reading?.kind === "done" || (reading?.kind === "chunk" && reading.finished)) return true;
        start = end;
      }
    }
    return false;
  }
}

/** Events of a block that ends at a boundary, counted by their blank lines. */
function countBlankLines(block: Buffer): number {
  let count = 0;
  for (let at = block.indexOf(BLANK_LINE); at !== -1; at = block.indexOf(BLANK_LINE, at)) {
    count++;
    at += BLANK_LINE.length;
    if (at >= block.length) return count;
  }
  return Math.max(count, 1);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
