/**
 * The contract between the gateway and a provider's adapter. An adapter is a record of data and pure
 * functions: it knows the provider's paths, credentials and wire; it does no I/O.
 */

import type { TokenUsage } from "./canonical/usage.ts";

/** The calls of the data port that reach a provider. */
export type Endpoint = "chat" | "completions" | "embeddings";

/** Header names (lower case) and values in turn, the flat form that undici takes without copying. */
export type FlatHeaders = readonly string[];

export interface ProviderAdapter {
  /** The id by which a config names the adapter: the vendor's common name in lower case. */
  readonly id: string;
  /** API root without a slash at the end, used as written; null when a config must give one. */
  readonly defaultBaseUrl: string | null;
  /** Path below the API root for each endpoint that the provider serves. */
  readonly paths: Readonly<Partial<Record<Endpoint, string>>>;
  /** Path below the API root that a GET may ask for at no cost, to open connections before they are needed. */
  readonly probePath: string;
  /** Credentials as request headers; a null key gives none. */
  authHeaders(apiKey: string | null): FlatHeaders;
  /** How the provider's streams end, fail and report usage. */
  readonly stream: StreamDialect;
  /** Reads the usage object of a whole (not streamed) answer, or null where there is none. */
  readUsage(body: Buffer): unknown;
  /** Brings a provider's usage object into the normal form; null when it is none. */
  tokenUsage(raw: unknown): TokenUsage | null;
}

/** What the relay must recognise in a stream that it otherwise passes on untouched. */
export interface StreamDialect {
  /** Bytes that only an event with usage contains. A hit is verified by decoding the event. */
  readonly usageMark: Uint8Array;
  /** Bytes that every error event contains. A hit is verified by decoding the event. */
  readonly errorMark: Uint8Array;
  /** Data of the event that ends a whole stream, or null when the wire has none. */
  readonly doneData: string | null;
  /** Reads one event's data. Must not throw on malformed data: that is `{ kind: "other" }`. */
  readEvent(data: string): StreamEventReading;
}

/** What one event of a stream says, as far as the relay needs to know. */
export type StreamEventReading =
  | { readonly kind: "error"; readonly message: string; readonly status: number | null }
  | {
      readonly kind: "chunk";
      /** The provider's usage object as it stands, or null. */
      readonly usage: unknown;
      /** True when the event carries nothing but usage, so it may be left out for a client that did not ask. */
      readonly usageOnly: boolean;
      /** True when a choice ended in this event. */
      readonly finished: boolean;
      /**
       * UTF-8 bytes of what the model wrote in this event: text, reasoning, names and arguments of calls. It is how the
       * output of a stream without usage is estimated; absent where the wire does not tell, which counts as little text.
       */
      readonly textBytes?: number;
    }
  | { readonly kind: "done" }
  | { readonly kind: "other" };
