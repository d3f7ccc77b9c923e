import type { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ErrorCode } from "@headrace/core/errors/table";
import type { RefusalKind } from "@headrace/providers/refusal-kind";
import type { AnswerLeg } from "../continuation/answer-leg.ts";
import type { MeteredUsage } from "./metered-usage.ts";
import type { ProviderHead } from "./provider-head.ts";
import type { ProviderWords } from "./provider-words.ts";
import type { RelayedError } from "./stream-relay.ts";
import type { TryOwner } from "./try-owner.ts";

/** The try that an answer belongs to, as whoever takes the answer in sees it. */
export interface AnswerHost {
  readonly owner: TryOwner<string>;
  readonly words: ProviderWords;
  readonly head: ProviderHead;
  /** True when nobody hears of it any more. */
  readonly aborted: boolean;
  /** An error that the provider has put into an answer, which may also say something of the key that was shown. */
  reported(error: RelayedError): GatewayError;
  /** Ends the call to the provider with an error. */
  fail(error: GatewayError | ErrorCode): void;
}

/** Takes one answer in, behind its head, and tells its owner what it is worth. */
export interface AnswerIntake {
  /** Events of a stream seen so far. */
  readonly events: number;
  /** The leg of an answer that another target may go on with; null where none may. */
  readonly leg: AnswerLeg | null;
  /** What another model might not refuse; null for all else. */
  readonly refusal: RefusalKind | null;
  /** True when the provider itself reported an error inside the stream that was passed on. */
  readonly failedInBand: boolean;
  onData(chunk: Buffer): void;
  onEnd(): void;
  /** The client takes no more for now. */
  pause(): void;
  resume(): void;
  /** Nothing more will come of it. */
  letGo(): void;
  /** What it used as the provider told, or as is estimated; null for an answer that was none. */
  meteredUsage(estimatedInputTokens: number): MeteredUsage | null;
}
