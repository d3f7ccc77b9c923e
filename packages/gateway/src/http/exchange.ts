import type { GatewayError } from "@headrace/core/errors/gateway-error";
import type { BodyPieceReceiver } from "./body-stream-intake.ts";

/**
 * One request and its answer, as the rest of the gateway sees them. The only implementation on sockets is
 * uws-server.ts; nothing else knows the server library.
 *
 * The order is: `header` and `path` while the handler runs; then, once, `readBody` or `streamBody`; then either `respond`, or
 * `begin`, any number of `write` and `end`. After `closed` is true every one of them is a no-op. What has been given is
 * not yet what has left: the owner hears of that.
 */
export interface Exchange {
  readonly requestId: string;
  readonly path: string;
  /** When the head had been read, in ms of `performance.now()`. */
  readonly startedAtMs: number;
  /** True once the whole answer has been given or the client has gone. */
  readonly closed: boolean;
  /** A request header by its lower-case name, or "". Only valid until the handler returns. */
  header(name: string): string;
  /** A parameter of the query, decoded, or "". Only valid until the handler returns. */
  query(name: string): string;
  /** The query as it came, without its `?`. Only valid until the handler returns. */
  rawQuery(): string;
  /** Who hears of the body, of a client that leaves, and of room to write. Replaces the one before. */
  attach(owner: ExchangeOwner): void;
  /** Collects the whole body, within the server's bounds, and gives it to the owner. */
  readBody(): void;
  /** Gives the body to a receiver while it arrives; the owner still hears of a client that leaves. */
  streamBody(receiver: BodyPieceReceiver, limit: BodyStreamLimit): void;
  /** Keeps the client from sending more of a streamed body; what has left it may still come. */
  pauseBody(): void;
  resumeBody(): void;
  /**
   * Sends a whole answer.
   *
   * @param headerLines - further headers, each as `\r\nname: value`
   */
  respond(status: number, headerLines: string, body: Uint8Array | string): void;
  /** Sends the head of a streamed answer. */
  begin(status: number, headerLines: string): void;
  /** Sends bytes of a streamed answer; false when the client is slow, and `onDrained` will follow. */
  write(bytes: Uint8Array | string): boolean;
  end(): void;
  /** Cuts the connection, for an answer that can no longer be completed honestly. */
  destroy(): void;
}

export interface ExchangeOwner {
  onBody(body: Buffer): void;
  onBodyRefused(error: GatewayError): void;
  /**
   * The whole answer has been taken by the system, maybe even before `respond` or `end` return. Exactly one of this and
   * `onClosed` follows every answer; neither follows `destroy`.
   */
  onSent(): void;
  /** The client left before the whole answer could be sent. */
  onClosed(): void;
  /** A slow client has caught up. */
  onDrained(): void;
  /**
   * A bug surfaced in one of these callbacks. What goes on for the exchange must end; who does not answer it any more
   * leaves that to the server.
   */
  onBroken(): void;
}

export type Handler = (exchange: Exchange) => void;

export interface BodyStreamLimit {
  readonly bytes: number;
  /** What it is called in the configuration. */
  readonly name: string;
}

export interface Route {
  readonly method: "get" | "post" | "delete";
  /** A path as it stands, one that ends in `/*`, or one with a `:name` in place of a segment. */
  readonly path: string;
  readonly handler: Handler;
  /** Its answers may be streamed, so that none of them can be given as a head alone. */
  readonly streams?: true;
}
