import type { TokenUsage } from "@headrace/core/canonical/usage";
import type { ProviderErrorWords } from "@headrace/core/provider-adapter";
import type { RefusalKind } from "@headrace/providers/refusal-kind";
import type { RelayedError, StreamRelay } from "./stream-relay.ts";

/** How the answers of one try are read: passed on as they are, or translated. */
export interface AnswerReader {
  /** Bytes reach the client as the provider wrote them, so an answer may be sent on before it is whole. */
  readonly passesBytes: boolean;
  /** Good answers are bytes; JSON is looked at in case that it is an error. */
  readonly answersBytes: boolean;
  /** Whether a good answer of this content type is a stream that can be relayed. */
  isStream(contentType: string): boolean;
  openStream(): StreamRelay;
  /** The content type that the client gets for the provider's. */
  clientType(contentType: string, stream: boolean): string;
  /** @throws GatewayError `upstream_invalid_response`, or such a rejection */
  readWhole(body: Buffer): WholeReading | Promise<WholeReading>;
  /** Usage at the end of an answer that was sent on in pieces. */
  readTail(tail: Buffer): TokenUsage | null;
  /** The error in a document that came in place of a stream, or null when it holds none. */
  readStray(body: Buffer): RelayedError | null;
  /** What a provider's error says, to be said anew on the client's wire; null where its bytes are passed on. */
  readRefusal(status: number, body: Buffer): ProviderErrorWords | null;
  /** Whether another model might take what was refused. */
  refusalKind(status: number, body: Buffer): RefusalKind | null;
}

export interface WholeReading {
  /** For the client. */
  readonly body: Uint8Array;
  readonly usage: TokenUsage | null;
  /** The provider's error that the answer is instead of one; the client then gets nothing of it. */
  readonly error?: RelayedError;
}
