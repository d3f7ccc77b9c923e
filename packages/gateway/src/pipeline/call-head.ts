import type { Endpoint } from "@headrace/core/endpoints";
import type { PathFacts } from "@headrace/core/wire/chat-codec";
import type { ResponseState } from "../responses/response-state.ts";

/** What is known of a call before its body has come. */
export interface CallHead {
  readonly endpoint: Endpoint;
  readonly path: PathFacts;
  /** For a client that wants a stream's events in another form. */
  readonly openFraming?: () => ClientFraming;
  /** For a wire whose calls go on from each other. */
  readonly openState?: () => ResponseState;
}

/** Puts a stream's events into another form, as text or as the bytes of what is none. */
export interface ClientFraming {
  readonly contentType: string;
  push(events: Uint8Array): Uint8Array | string;
  end(): Uint8Array | string;
}

/** For wires that say all in the body. */
export const IN_BODY: PathFacts = { model: null, stream: false };
