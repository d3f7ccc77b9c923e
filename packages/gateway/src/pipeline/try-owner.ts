import type { IncomingHttpHeaders } from "node:http";
import type { GatewayError } from "@headrace/core/errors/gateway-error";

/** An answer that is there from its first byte to its last. */
export interface WholeAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Uint8Array;
  readonly retryAfterMs: number | null;
}

/**
 * Hears what became of a try, or of all tries of a call: either `onWhole`; or `onBegin`, any number of `onBytes` and
 * `onComplete`; and in place of whatever has not been called yet, `onFailure`. Nothing after the last of these.
 */
export interface TryOwner<H> {
  /** The headers of a provider's answer, before anything else of it. */
  onHead(headers: IncomingHttpHeaders): void;
  onWhole(answer: WholeAnswer): void;
  /** The first that a client would see of a stream, or enough of a large answer, is here: it can be sent on. */
  onBegin(head: H): void;
  onBytes(bytes: Buffer): void;
  onComplete(): void;
  onFailure(error: GatewayError): void;
}
