import type { TokenUsage } from "@headrace/core/canonical/usage";
import type { ProviderErrorWords } from "@headrace/core/provider-adapter";
import type { RefusalKind } from "@headrace/providers/refusal-kind";
import type { AnswerReader, WholeReading } from "./answer-reader.ts";
import type { RelayedError, StreamEnding, StreamRelay } from "./stream-relay.ts";

/** What is done with good answers on their way to the client. */
export interface AnswerChange {
  whole(body: Uint8Array): Uint8Array | Promise<Uint8Array>;
  /** @param events - one or more whole events */
  events(events: Buffer): Buffer;
  /** With what a whole stream ends; absent where that is nothing special. What it resolves, if anything, is waited for. */
  ending?(events: Buffer): Promise<void> | null;
}

/** Another reader's answers, changed. They are held until they are whole, however they are read. */
export class WrappedAnswers implements AnswerReader {
  readonly passesBytes = false;
  readonly answersBytes: boolean;
  readonly #answers: AnswerReader;
  readonly #change: AnswerChange;

  constructor(answers: AnswerReader, change: AnswerChange) {
    this.#answers = answers;
    this.#change = change;
    this.answersBytes = answers.answersBytes;
  }

  isStream(contentType: string): boolean {
    return this.#answers.isStream(contentType);
  }

  openStream(): StreamRelay {
    return new WrappedStream(this.#answers.openStream(), this.#change);
  }

  clientType(contentType: string, stream: boolean): string {
    return this.#answers.clientType(contentType, stream);
  }

  readWhole(body: Buffer): WholeReading | Promise<WholeReading> {
    const reading = this.#answers.readWhole(body);
    return reading instanceof Promise ? reading.then((late) => this.#changed(late)) : this.#changed(reading);
  }

  readTail(tail: Buffer): TokenUsage | null {
    return this.#answers.readTail(tail);
  }

  readStray(body: Buffer): RelayedError | null {
    return this.#answers.readStray(body);
  }

  readRefusal(status: number, body: Buffer): ProviderErrorWords | null {
    return this.#answers.readRefusal(status, body);
  }

  refusalKind(status: number, body: Buffer): RefusalKind | null {
    return this.#answers.refusalKind(status, body);
  }

  #changed(reading: WholeReading): WholeReading | Promise<WholeReading> {
    const { body, usage, error } = reading;
    if (error !== undefined) return reading;
    const changed = this.#change.whole(body);
    if (!(changed instanceof Promise)) return { body: changed, usage };
    return changed.then((late) => ({ body: late, usage }));
  }
}

class WrappedStream implements StreamRelay {
  readonly #stream: StreamRelay;
  readonly #change: AnswerChange;

  constructor(stream: StreamRelay, change: AnswerChange) {
    this.#stream = stream;
    this.#change = change;
  }

  get passesErrors(): boolean {
    return this.#stream.passesErrors;
  }

  get events(): number {
    return this.#stream.events;
  }

  get isVisible(): boolean {
    return this.#stream.isVisible;
  }

  get error(): RelayedError | null {
    return this.#stream.error;
  }

  get usage(): TokenUsage | null {
    return this.#stream.usage;
  }

  get usageIsFinal(): boolean {
    return this.#stream.usageIsFinal;
  }

  estimateOutputTokens(): number {
    return this.#stream.estimateOutputTokens();
  }

  outputTokensSoFar(): number {
    return this.#stream.outputTokensSoFar();
  }

  push(chunk: Buffer): Buffer | null {
    return this.#changed(this.#stream.push(chunk));
  }

  end(): StreamEnding {
    const { whole, bytes } = this.#stream.end();
    const ready =
      whole && bytes !== null && this.#stream.error === null ? this.#change.ending?.(bytes) : undefined;
    return { whole, bytes: this.#changed(bytes), ...(ready == null ? {} : { ready }) };
  }

  #changed(events: Buffer | null): Buffer | null {
    return events === null ? null : this.#change.events(events);
  }
}
