import type { StreamDialect, StreamEventReading } from "@headrace/core/adapter";
import { isJsonObject } from "@headrace/core/json-object";
import { endOfFirstEvent, SseFramer } from "@headrace/core/sse/framing";
import { SseParser } from "@headrace/core/sse/parser";
import { BLANK_LINE, countEvents, fromFirstData, isOneEvent } from "./event-bytes.ts";
import { OutputSample } from "./output-sample.ts";

/** Far above any event of a real provider (a base64 image in one event is below 10 MiB), and a bound all the same. */
const MAX_EVENT_BYTES = 16 * 1024 * 1024;

/** Events that are decoded of each of the last two blocks when the output has to be estimated. */
const MAX_LATE_SAMPLES = 4;
/** More than a read gives: a single event of that size, most likely a picture, which is not worth its decoding. */
const MAX_SAMPLED_BYTES = 128 * 1024;

const LF = 0x0a;
const CR = 0x0d;
// With the space: there are clients that compare whole lines.
const DATA_START = Buffer.from("data: ");

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
  readonly #sample = new OutputSample();
  #done = false;
  /** The last report of usage came with the end of the answer, or none can follow any more. */
  #usageAtEnd = false;
  #last: Buffer | null = null;
  #beforeLast: Buffer | null = null;

  constructor(dialect: StreamDialect, options: { dropUsageEvent: boolean }) {
    this.#dialect = dialect;
    this.#doneBytes = dialect.doneData === null ? null : Buffer.from(dialect.doneData);
    this.#dropUsageEvent = options.dropUsageEvent;
  }

  /** Whether {@link StreamTap.usage} is the provider's last word: many report it as it grows, or only for the input. */
  get usageIsFinal(): boolean {
    return this.usage !== null && this.#usageAtEnd;
  }

  /** What the events so far hold in output tokens, roughly; see {@link OutputSample}. Call it last, and once. */
  estimateOutputTokens(): number {
    for (const block of [this.#beforeLast, this.#last]) {
      if (block === null || block.length > MAX_SAMPLED_BYTES) continue;
      for (const reading of this.#readings(block, MAX_LATE_SAMPLES)) this.#sample.add(reading);
    }
    return this.#sample.estimateTokens(this.events);
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
    const ending = this.#lastWord();
    if (ending === "done") return { whole: true, bytes };
    if (ending === "unfinished") return { whole: false, bytes: null };
    this.#usageAtEnd = true;
    // Some providers leave the last event out although every choice has ended.
    const done = this.#doneBytes === null ? [] : [DATA_START, this.#doneBytes, BLANK_LINE];
    return { whole: true, bytes: Buffer.concat(bytes === null ? done : [bytes, ...done]) };
  }

  #pass(aligned: Buffer): Buffer | null {
    const block = this.events === 0 ? fromFirstData(aligned) : aligned;
    if (block === null) return null; // comments before the answer begins
    const marked =
      this.error !== null ||
      block.indexOf(this.#dialect.errorMark) !== -1 ||
      block.indexOf(this.#dialect.usageMark) !== -1;
    const eventsBefore = this.events;
    const passed = marked ? this.#inspect(block) : this.#glance(block);
    if (this.events > eventsBefore) {
      this.#beforeLast = this.#last;
      this.#last = block;
    }
    return passed;
  }

  /** The usual block: one event, and nothing in it needs decoding. */
  #glance(block: Buffer): Buffer | null {
    if (isOneEvent(block)) return this.#mayBeDone(block) ? this.#inspect(block) : this.#count(block);
    const done = this.#doneBytes;
    return done !== null && block.indexOf(done) !== -1 ? this.#inspect(block) : this.#count(block);
  }

  #count(block: Buffer): Buffer {
    this.events += countEvents(block);
    if (this.events >= this.#sample.nextAtEvent && block.length <= MAX_SAMPLED_BYTES)
      this.#sample.take(this.events, this.#readings(block, 1));
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
    const keptBytes = kept.reduce((sum, event) => sum + event.length, 0);
    if (keptBytes === block.length) return block;
    return keptBytes === 0 ? null : Buffer.concat(kept, keptBytes);
  }

  #keeps(event: Buffer): boolean {
    const reading = this.#read(event);
    if (reading === null) return true;
    this.events++;
    if (reading.kind === "error") this.error = reading;
    if (reading.kind === "done") {
      this.#done = true;
      this.#usageAtEnd = this.error === null;
      return this.error === null; // a stream that failed must not end like a whole one
    }
    if (reading.kind !== "chunk") return true;
    this.#sample.add(reading);
    if (isJsonObject(reading.usage)) {
      this.usage = { ...this.usage, ...reading.usage };
      this.#usageAtEnd = reading.usageOnly || reading.finished;
    }
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

  #mayBeDone(block: Buffer): boolean {
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
