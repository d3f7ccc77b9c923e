import type { TokenUsage } from "@headrace/core/canonical/usage";
import type { AnswerLeg } from "../continuation/answer-leg.ts";

/** What stands between a provider's stream and the client: bytes in, bytes out, and what they said. */
export interface StreamRelay {
  /** True where an error of the provider is among the bytes that are sent on, in the client's own wire. */
  readonly passesErrors: boolean;
  /** Events with data seen so far. */
  readonly events: number;
  /** The leg of an answer that another target may go on with; absent where none may. */
  readonly leg?: AnswerLeg | null;
  /** Whether there is anything yet that a client would show or act on: words, thoughts, a call, an end. */
  readonly isVisible: boolean;
  /** The error that the provider sent as an event. */
  readonly error: RelayedError | null;
  /** What the provider has reported so far. */
  readonly usage: TokenUsage | null;
  /** Whether that is its last word: many report usage as it grows, or only for the input. */
  readonly usageIsFinal: boolean;
  /** What the events so far hold in output tokens, roughly. Call it last, and once. */
  estimateOutputTokens(): number;
  /** The same at any time, at next to no cost, and more roughly still. */
  outputTokensSoFar(): number;
  /**
   * Takes bytes of the provider and gives those to send on, or null when there are none yet.
   *
   * @throws GatewayError `upstream_event_too_large`, `upstream_invalid_response`
   */
  push(chunk: Buffer): Buffer | null;
  /** Call once, when the provider's bytes have ended as HTTP sees it. */
  end(): StreamEnding;
}

export interface RelayedError {
  readonly message: string;
  /** HTTP status that says the same, or null. */
  readonly status: number | null;
}

/** How a stream ended, and what is still to be sent for it. */
export interface StreamEnding {
  /** False for a stream that was cut: it must not end as if it were whole. */
  readonly whole: boolean;
  readonly bytes: Buffer | null;
  /** What has to be done before these bytes may go out; it does not reject. */
  readonly ready?: Promise<void>;
}
