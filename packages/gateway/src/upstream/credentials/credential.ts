import type { FlatHeaders } from "@headrace/core/adapter";
import type { KeyRoom } from "./key-room.ts";

/** What a provider lets the gateway in by. */
export interface Credential {
  /**
   * The headers that prove who asks. A promise only where there is none at hand or each request is signed.
   *
   * @param room - what is left of the limits of several keys where the request goes; null or absent where nobody counts
   * @throws GatewayError `upstream_auth_failed` or `upstream_unreachable` when no token could be had; the promise then
   *   rejects with it
   */
  headers(request: SignableRequest, room?: KeyRoom | null): FlatHeaders | Promise<FlatHeaders>;
  /** The headers of every request, where they never change; {@link Credential.headers} need not be asked then. */
  readonly fixedHeaders?: FlatHeaders;
  /**
   * Hears how the provider answered a request that went out with these very headers, so that a key which it refuses
   * rests and a token is fetched anew. Absent where nothing can be done about it.
   *
   * @returns for a key that is refused while there are others: the time until one of those may be shown, 0 = at once;
   *   else null
   */
  answered?(headers: FlatHeaders, answer: ProviderVerdict): number | null;
  /** How many keys take turns; absent = one. */
  readonly keys?: number;
  /** Which of several keys is in these very headers, from 0; -1 for others. Absent where there is one. */
  keyOf?(headers: FlatHeaders): number;
  /** What is in the headers and must reach neither a client nor a log. Changes with the tokens. */
  readonly secrets: readonly string[];
  /** Stops all refreshing. Requests that still wait for a token fail. */
  close(): Promise<void>;
}

/** What of a request a signature is made over. */
export interface SignableRequest {
  /** In capitals. */
  readonly method: string;
  /** As it goes on the wire, with its query. */
  readonly path: string;
  /** Value of the `host` header, with the port where it is not the scheme's own. */
  readonly host: string;
  readonly body: Uint8Array;
}

export interface ProviderVerdict {
  readonly status: number;
  /** How long the provider asks to be left alone, or null. */
  readonly retryAfterMs: number | null;
}
