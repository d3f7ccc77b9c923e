/** What the gateway says by itself on a client's wire. */
import type { GatewayError } from "../errors/gateway-error.ts";

export interface ErrorTypeHeader {
  readonly name: string;
  /** @param status - of the HTTP answer, 400 or more */
  valueFor(status: number): string;
}

export interface ClientWire {
  /** The JSON text of an error's body. */
  encodeError(error: GatewayError, requestId: string): string;
  /** The same as an event that ends a stream which had begun; nothing may follow it. */
  encodeStreamError(error: GatewayError, requestId: string): string;
  /** What may stand between two events so that a silent stream is not cut. */
  readonly keepAlive: string;
  /** How the event that ends a whole stream may begin; absent where none does. */
  readonly closingEvents?: readonly string[];
  /**
   * For a wire whose clients take nothing between events: bytes of the last events' JSON, to which something can be added.
   * Absent where they read past a comment.
   */
  readonly closingMember?: string;
  /** The header in which its SDKs look for the request's id, where that is not `x-request-id`. */
  readonly requestIdHeader?: string;
  /** The header by which its SDKs tell errors apart, where the body does not say it. */
  readonly errorTypeHeader?: ErrorTypeHeader;
}
