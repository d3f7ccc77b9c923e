import type { TokenUsage } from "@headrace/core/canonical/usage";
import type { ProviderService } from "@headrace/core/provider-adapter";
import type { AnswerReader, WholeReading } from "./answer-reader.ts";
import { FrameTap } from "./frame-tap.ts";
import type { RelayedError, StreamRelay } from "./stream-relay.ts";
import { StreamTap } from "./stream-tap.ts";
import { isStreamType } from "./stream-types.ts";

/** Client and provider speak the same wire: answers are only looked at. */
export class PassedAnswers implements AnswerReader {
  readonly passesBytes = true;
  readonly answersBytes: boolean;
  readonly #service: ProviderService;
  readonly #dropUsageEvent: boolean;

  /** @param dropUsageEvent - the client did not ask for the usage event that was asked of the provider */
  constructor(service: ProviderService, dropUsageEvent: boolean) {
    this.#service = service;
    this.#dropUsageEvent = dropUsageEvent;
    this.answersBytes = service.answersBytes === true;
  }

  isStream(contentType: string): boolean {
    const { stream, framing = "sse" } = this.#service;
    return stream !== null && isStreamType(framing, contentType);
  }

  openStream(): StreamRelay {
    const { stream, framing = "sse", tokenUsage } = this.#service;
    if (stream === null) throw new Error("a wire without streams was asked for one");
    if (framing !== "sse") return new FrameTap(stream, { framing, tokenUsage });
    return new StreamTap(stream, { dropUsageEvent: this.#dropUsageEvent, tokenUsage });
  }

  clientType(contentType: string): string {
    return contentType;
  }

  readWhole(body: Buffer): WholeReading {
    return { body, usage: this.readTail(body) };
  }

  readTail(tail: Buffer): TokenUsage | null {
    return this.#service.tokenUsage(this.#service.readUsage(tail));
  }

  readStray(body: Buffer): RelayedError | null {
    const reading = this.#service.stream?.readEvent(body.toString());
    return reading?.kind === "error" ? reading : null;
  }

  readRefusal(): null {
    return null;
  }
}
