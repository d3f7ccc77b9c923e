/** A client's WebSocket, as the rest of the gateway sees it. The only implementation on sockets is uws-socket.ts. */
import type { Exchange } from "./exchange.ts";

/** A request for a WebSocket: an exchange that ends with an answer, as any other, or by being accepted. */
export interface UpgradeRequest {
  readonly exchange: Exchange;
  /** The sub-protocols that the client offers. */
  readonly protocols: readonly string[];
  /**
   * Opens the socket, while the handler runs; null when there has been an answer. The exchange's owner hears no more.
   *
   * @param protocol - the one that is chosen, or ""
   */
  accept(protocol: string, owner: ClientSocketOwner): ClientSocket | null;
}

export interface ClientSocket {
  /** What waits for a client that is slow. */
  readonly bufferedBytes: number;
  /** Sends a message; what a client does not take yet is kept. */
  send(message: Uint8Array | string, isBinary: boolean): void;
  /** Says good-bye: the owner hears of the end, maybe before this returns. @param code - null for none */
  close(code: number | null, reason: string): void;
}

export interface ClientSocketOwner {
  /** @param lent - only good until this returns */
  onMessage(lent: Uint8Array, isBinary: boolean): void;
  /** A slow client has taken some of what waited. */
  onDrained(): void;
  /** @param code - 1005 for none, 1006 for a connection that was lost */
  onSocketClosed(code: number, reason: string): void;
}

export interface SocketRoute {
  readonly path: string;
  readonly handler: (request: UpgradeRequest) => void;
}
