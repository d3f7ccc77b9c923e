import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import type { TokenUsage } from "@headrace/core/canonical/usage";
import type { ChatProviderCodec, ChatStreamDecoder, ChatStreamEncoder } from "@headrace/core/wire/chat-codec";
import { createFramer, type Framer } from "@headrace/providers/framing/framer";
import type { AnswerLeg } from "../continuation/answer-leg.ts";
import type { RelayedError, StreamEnding, StreamRelay } from "./stream-relay.ts";

/** The rule of thumb for text in a Latin script. */
const CHARS_PER_TOKEN = 4;

/**
 * Writes a provider's stream anew on the client's wire: bytes into frames, frames into events, events into the
 * client's words. An error of the provider is kept back; how the client hears of it is its wire's matter.
 */
export class StreamTranslation implements StreamRelay {
  readonly passesErrors = false;
  events = 0;
  isVisible = false;
  usage: TokenUsage | null = null;
  usageIsFinal = false;
  error: RelayedError | null = null;
  readonly leg: AnswerLeg | null;
  readonly #framer: Framer;
  readonly #decoder: ChatStreamDecoder;
  readonly #encoder: ChatStreamEncoder;
  /** Text, thinking and arguments so far. */
  #outputChars = 0;
  #pending = "";

  /** @param leg - what of the answer another target may have to go on with; null where none may */
  constructor(provider: ChatProviderCodec, encoder: ChatStreamEncoder, leg: AnswerLeg | null = null) {
    this.leg = leg;
    this.#encoder = leg ?? encoder;
    this.#decoder = provider.createStreamDecoder((event) => this.#take(event));
    this.#framer = createFramer(provider.framing, (frame) => {
      this.events++;
      this.#decoder.push(frame);
    });
  }

  estimateOutputTokens(): number {
    return Math.ceil(this.#outputChars / CHARS_PER_TOKEN);
  }

  outputTokensSoFar(): number {
    return this.#outputChars / CHARS_PER_TOKEN;
  }

  push(chunk: Buffer): Buffer | null {
    this.#framer.push(chunk);
    return this.#takePending();
  }

  end(): StreamEnding {
    const complete = this.#framer.end();
    const finished = this.#decoder.end();
    if (this.error !== null) return { whole: true, bytes: this.#takePending() };
    if (!complete || !finished) return { whole: false, bytes: null };
    this.usageIsFinal = this.usage !== null;
    this.#pending += this.#encoder.end();
    return { whole: true, bytes: this.#takePending() };
  }

  #take(event: ChatStreamEvent): void {
    if (this.error !== null) return;
    if (event.type === "error") {
      this.error = event;
      return;
    }
    this.isVisible ||= event.type !== "start" && event.type !== "usage";
    if (event.type === "usage") this.usage = event.usage;
    else if (event.type === "text-delta" || event.type === "thinking-delta")
      this.#outputChars += event.text.length;
    else if (event.type === "tool-call-delta") this.#outputChars += event.argumentsJson.length;
    this.#pending += this.#encoder.encode(event);
  }

  #takePending(): Buffer | null {
    if (this.#pending === "") return null;
    const bytes = Buffer.from(this.#pending);
    this.#pending = "";
    return bytes;
  }
}
