import type { TokenUsage } from "@headrace/core/canonical/usage";
import { isJsonObject } from "@headrace/core/json-object";
import { endOfFirstEvent, endOfLastEvent, SseFramer } from "@headrace/core/sse/framing";
import { SseParser } from "@headrace/core/sse/parser";
import type { StreamDialect, StreamEventReading } from "@headrace/core/wire/stream-dialect";
import { BLANK_LINE, countObjects, fromFirstData } from "./event-bytes.ts";
import { isMalformed, MALFORMED } from "./malformed-event.ts";
import { MarkSearch } from "./mark-search.ts";
import { OutputSample } from "./output-sample.ts";
import { MAX_ENVELOPE_BYTES, MAX_ENVELOPE_EVENTS, showsAnything } from "./shows-anything.ts";
import type { StreamEnding, StreamRelay } from "./stream-relay.ts";

/** Far above any event of a real provider (a base64 image in one event is below 10 MiB), and a bound all the same. */
const MAX_EVENT_BYTES = 16 * 1024 * 1024;

/** Events that are decoded of each of the last two blocks when the output has to be estimated. */
const MAX_LATE_SAMPLES = 4;
/** More than a read gives: a single event of that size, most likely a picture, which is not worth its decoding. */
const MAX_SAMPLED_BYTES = 128 * 1024;

type ErrorReading = Extract<StreamEventReading, { kind: "error" }>;

export interface StreamTapOptions {
  /** The client did not ask for the usage event that was asked of the provider. */
  readonly dropUsageEvent: boolean;
  /** Brings the wire's usage object into the normal form. */
  readonly tokenUsage: (raw: unknown) => TokenUsage | null;
}

/**
 * Watches a stream that is passed on untouched. Whole events go in and out as the bytes they are; only those that hold
 * one of the dialect's marks are decoded, for usage, errors and the end.
 */
export class StreamTap implements StreamRelay {
  events = 0;
  isVisible = false;
  error: ErrorReading | null = null;
  readonly #dialect: StreamDialect;
  readonly #marks: MarkSearch;
  readonly #options: StreamTapOptions;
  readonly #framer = new SseFramer(MAX_EVENT_BYTES);
  readonly #sample = new OutputSample();
  /** The provider's usage object as last reported, fields of earlier reports kept. */
  #rawUsage: Record<string, unknown> | null = null;
  #done = false;
  /** The last report of usage came with the end of the answer, or none can follow any more. */
  #usageAtEnd = false;
  #last: Buffer | null = null;
  #beforeLast: Buffer | null = null;

  constructor(dialect: StreamDialect, options: StreamTapOptions) {
    this.#dialect = dialect;
    this.#marks = marksOf(dialect);
    this.#options = options;
  }

  get passesErrors(): boolean {
    return this.error !== MALFORMED;
  }

  get usage(): TokenUsage | null {
    if (this.#dialect.usageMark === null) this.#readLateUsage();
    return this.#options.tokenUsage(this.#rawUsage);
  }

  get usageIsFinal(): boolean {
    return this.#usageAtEnd && this.usage !== null;
  }

  /** See {@link OutputSample}. */
  estimateOutputTokens(): number {
    for (const block of [this.#beforeLast, this.#last]) {
      if (block === null || block.length > MAX_SAMPLED_BYTES) continue;
      for (const reading of this.#readings(block, MAX_LATE_SAMPLES)) this.#sample.add(reading);
    }
    return this.#sample.estimateTokens(this.events);
  }

  outputTokensSoFar(): number {
    return this.#sample.estimateTokens(this.events);
  }

  push(chunk: Buffer): Buffer | null {
    const block = this.#framer.push(chunk);
    return block === null ? null : this.#pass(block);
  }

  end(): StreamEnding {
    const bytes = this.#framer.pendingBytes === 0 ? null : this.#endPending();
    if (this.error === MALFORMED) return { whole: false, bytes: null };
    if (this.#done || this.error !== null) return { whole: true, bytes };
    const ending = this.#lastWord();
    if (ending === "done") return { whole: true, bytes };
    if (ending === "unfinished") return { whole: false, bytes: null };
    this.#usageAtEnd = true;
    const { doneEvent } = this.#dialect;
    if (doneEvent === "") return { whole: true, bytes };
    // Some providers leave the last event out although every choice has ended.
    const done = Buffer.from(doneEvent);
    return { whole: true, bytes: bytes === null ? done : Buffer.concat([bytes, done]) };
  }

  #pass(aligned: Buffer): Buffer | null {
    if (this.error === MALFORMED) return null;
    const block = this.events === 0 ? fromFirstData(aligned) : aligned;
    if (block === null) return null; // comments before the answer begins
    this.isVisible ||= this.#showsAnything(block);
    const eventsBefore = this.events;
    const passed = this.#readBlock(block);
    if (this.events > eventsBefore) {
      this.#beforeLast = this.#last;
      this.#last = block;
    }
    return passed;
  }

  /** Looks into the first events, until there is one to be seen. */
  #showsAnything(block: Buffer): boolean {
    if (this.events > MAX_ENVELOPE_EVENTS || block.length > MAX_ENVELOPE_BYTES) return true;
    for (let start = 0; start < block.length; ) {
      const end = endOfFirstEvent(block, start);
      const reading = this.#read(block.subarray(start, end));
      if (reading !== null && showsAnything(reading)) return true;
      start = end;
    }
    return false;
  }

  /** Counts the events before the first one that may have to be decoded, and inspects that one and all behind it. */
  #readBlock(block: Buffer): Buffer | null {
    const marked = this.error === null ? this.#firstMarkedEvent(block) : 0;
    if (marked === 0 || !this.#count(block, marked)) return this.#inspect(block, 0);
    return marked === block.length ? block : this.#inspect(block, marked);
  }

  /** Where the first event begins that may have to be decoded; the length of the block when there is none. */
  #firstMarkedEvent(block: Buffer): number {
    const first = this.#marks.firstIn(block);
    return first === -1 ? block.length : endOfLastEvent(block, 0, first);
  }

  /** Where every event repeats it, the last one says it all. */
  #readLateUsage(): void {
    for (const reading of [...this.#readings(this.#beforeLast), ...this.#readings(this.#last)]) {
      if (reading.kind === "chunk" && isJsonObject(reading.usage)) this.#rawUsage = reading.usage;
    }
  }

  /** Counts the events before `end`; false, and nothing counted, when one of them has to be decoded. */
  #count(block: Buffer, end: number): boolean {
    const counted = end === block.length ? block : block.subarray(0, end);
    const count = countObjects(counted);
    if (count === -1) return false;
    this.events += count;
    if (this.events >= this.#sample.nextAtEvent && counted.length <= MAX_SAMPLED_BYTES)
      this.#sample.take(this.events, this.#readings(counted, 1));
    return true;
  }

  /**
   * Decodes each event of a block from `from` on and leaves out those that are not for the client, and all from a
   * malformed one on.
   */
  #inspect(block: Buffer, from: number): Buffer | null {
    const kept = from === 0 ? [] : [block.subarray(0, from)];
    let start = from;
    while (start < block.length && this.error !== MALFORMED) {
      const end = endOfFirstEvent(block, start);
      const event = block.subarray(start, end);
      if (this.#keeps(event)) kept.push(event);
      start = end;
    }
    const keptBytes = kept.reduce((sum, event) => sum + event.length, 0);
    if (keptBytes === block.length) return block;
    return keptBytes === 0 ? null : Buffer.concat(kept, keptBytes);
  }

  #keeps(event: Buffer): boolean {
    const reading = this.#read(event);
    if (reading === null) return true;
    if (reading.kind === "error") this.error ??= reading;
    if (reading === MALFORMED) return false;
    this.events++;
    if (reading.kind === "done") {
      this.#done = true;
      this.#usageAtEnd = this.error === null;
      return this.error === null; // a stream that failed must not end like a whole one
    }
    if (reading.kind !== "chunk") return true;
    this.#sample.add(reading);
    if (isJsonObject(reading.usage)) {
      this.#rawUsage = { ...this.#rawUsage, ...reading.usage };
      this.#usageAtEnd = reading.usageOnly || reading.finished;
    }
    return !(reading.usageOnly && this.#options.dropUsageEvent);
  }

  /** Null for a block without data, such as a comment. */
  #read(event: Buffer): StreamEventReading | null {
    let reading: StreamEventReading | null = null;
    const parser = new SseParser({
      maxEventBytes: MAX_EVENT_BYTES,
      onEvent: ({ data }) => {
        reading = this.#dialect.readEvent(data);
        if (reading.kind === "other" && isMalformed(data)) reading = MALFORMED;
      },
    });
    parser.push(event);
    return reading;
  }

  /** A last event without its blank line counts when it is readable; half an event does not. */
  #endPending(): Buffer | null {
    const block = this.#framer.push(BLANK_LINE);
    if (block === null || this.#isUnreadable(block)) return null;
    return this.#pass(block);
  }

  #isUnreadable(event: Buffer): boolean {
    const reading = this.#read(event);
    return reading === MALFORMED || reading?.kind === "other";
  }

  /**
   * What the last events say of the answer. A finish reason counts in the last event, or in the one before when only
   * usage follows; an earlier one may belong to one of several choices.
   */
  #lastWord(): "done" | "finished" | "unfinished" {
    const readings = [...this.#readings(this.#beforeLast), ...this.#readings(this.#last)];
    for (const reading of readings.slice(-2).reverse()) {
      if (reading.kind === "done") return "done";
      if (reading.kind !== "chunk") continue;
      if (reading.finished) return "finished";
      if (!reading.usageOnly) return "unfinished";
    }
    return "unfinished";
  }

  /** What the events of a block say, from its first one on. */
  #readings(block: Buffer | null, limit = Number.POSITIVE_INFINITY): StreamEventReading[] {
    const readings: StreamEventReading[] = [];
    for (let start = 0; block !== null && start < block.length && readings.length < limit; ) {
      const end = endOfFirstEvent(block, start);
      const reading = this.#read(block.subarray(start, end));
      if (reading !== null) readings.push(reading);
      start = end;
    }
    return readings;
  }
}

const searches = new WeakMap<StreamDialect, MarkSearch>();

/** What tells that an event may have to be decoded; made once for a dialect. */
function marksOf(dialect: StreamDialect): MarkSearch {
  const known = searches.get(dialect);
  if (known !== undefined) return known;
  const { errorMark, usageMark, doneMark } = dialect;
  const search = new MarkSearch([errorMark, usageMark, doneMark].filter((mark) => mark !== null));
  searches.set(dialect, search);
  return search;
}
