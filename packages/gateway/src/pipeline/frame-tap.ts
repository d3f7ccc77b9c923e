import type { TokenUsage } from "@headrace/core/canonical/usage";
import type { StreamFrame, StreamFraming } from "@headrace/core/wire/chat-codec";
import type { StreamDialect } from "@headrace/core/wire/stream-dialect";
import { createFramer, type Framer } from "@headrace/providers/framing/framer";
import { isMalformed, MALFORMED } from "./malformed-event.ts";
import { showsAnything } from "./shows-anything.ts";
import type { RelayedError, StreamEnding, StreamRelay } from "./stream-relay.ts";

/** The rule of thumb for text in a Latin script. */
const BYTES_PER_TOKEN = 4;
const LINE_END = /\r\n|\r|\n/g;

export interface FrameTapOptions {
  readonly framing: StreamFraming;
  /** Brings the wire's usage object into the normal form. */
  readonly tokenUsage: (raw: unknown) => TokenUsage | null;
}

/**
 * Watches a stream whose frames are no events, on the way to a client of the same wire: every frame becomes an event with
 * the same type and data, and the client's framing makes it the frame it was. Nothing that it says is changed. An error
 * of the provider is kept back; how the client hears of it is its wire's matter.
 */
export class FrameTap implements StreamRelay {
  readonly passesErrors = false;
  events = 0;
  isVisible = false;
  usage: TokenUsage | null = null;
  error: RelayedError | null = null;
  readonly #dialect: StreamDialect;
  readonly #tokenUsage: FrameTapOptions["tokenUsage"];
  readonly #framer: Framer;
  #finished = false;
  #outputBytes = 0;
  #pending = "";

  constructor(dialect: StreamDialect, { framing, tokenUsage }: FrameTapOptions) {
    this.#dialect = dialect;
    this.#tokenUsage = tokenUsage;
    this.#framer = createFramer(framing, (frame) => this.#take(frame));
  }

  get usageIsFinal(): boolean {
    return this.#finished && this.usage !== null;
  }

  estimateOutputTokens(): number {
    return Math.ceil(this.#outputBytes / BYTES_PER_TOKEN);
  }

  outputTokensSoFar(): number {
    return this.#outputBytes / BYTES_PER_TOKEN;
  }

  push(chunk: Buffer): Buffer | null {
    this.#framer.push(chunk);
    return this.#takePending();
  }

  end(): StreamEnding {
    const complete = this.#framer.end();
    const whole = this.error !== null || (complete && this.#finished);
    return { whole, bytes: whole ? this.#takePending() : null };
  }

  #take({ event, data }: StreamFrame): void {
    if (this.error !== null) return;
    const reading = this.#dialect.readEvent(data, event);
    if (reading.kind === "other" && isMalformed(data)) {
      this.error = MALFORMED;
      return;
    }
    if (reading.kind === "error") {
      this.error = reading;
      return;
    }
    this.events++;
    this.isVisible ||= showsAnything(reading);
    if (reading.kind === "chunk") {
      this.#finished ||= reading.finished;
      this.#outputBytes += reading.textBytes ?? 0;
      this.usage = this.#tokenUsage(reading.usage) ?? this.usage;
    }
    this.#pending += `event: ${event}\ndata: ${data.replace(LINE_END, "\ndata: ")}\n\n`;
  }

  #takePending(): Buffer | null {
    if (this.#pending === "") return null;
    const bytes = Buffer.from(this.#pending);
    this.#pending = "";
    return bytes;
  }
}
