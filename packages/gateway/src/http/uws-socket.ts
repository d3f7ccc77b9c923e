import type {
  HttpRequest,
  HttpResponse,
  TemplatedApp,
  us_socket_context_t,
  WebSocket,
  WebSocketBehavior,
} from "uWebSockets.js";
import type { ClientSocket, ClientSocketOwner, UpgradeRequest } from "./client-socket.ts";
import type { UwsExchange } from "./uws-exchange.ts";

/** Far above any event of a real client: a minute of audio in one is below 4 MiB. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
/** Who sends looks at what waits long before; a message beyond this would be lost without a word. */
const MAX_BUFFERED_BYTES = 64 * 1024 * 1024;
/** A client that has not even answered a ping for so long is gone. */
const SILENT_S = 60;

interface SocketData {
  readonly socket: UwsClientSocket;
}

export interface SocketHost {
  /** Makes the exchange of an upgrade and gives it to the handler, unless its head is not acceptable. */
  runUpgrade(res: HttpResponse, req: HttpRequest, run: (exchange: UwsExchange) => void): void;
  onSocketBug(error: unknown, requestId: string): void;
}

/** Opens a path for WebSockets. */
export function addSocketRoute(
  app: TemplatedApp,
  route: { readonly path: string; readonly handler: (request: UpgradeRequest) => void },
  host: SocketHost,
): void {
  const behavior: WebSocketBehavior<SocketData> = {
    maxPayloadLength: MAX_MESSAGE_BYTES,
    maxBackpressure: MAX_BUFFERED_BYTES,
    closeOnBackpressureLimit: true,
    idleTimeout: SILENT_S,
    sendPingsAutomatically: true,
    upgrade: (res, req, context) =>
      host.runUpgrade(res, req, (exchange) =>
        route.handler(new UwsUpgrade(exchange, context, { req, host })),
      ),
    open: (ws) => ws.getUserData().socket.onOpen(ws),
    message: (ws, message, isBinary) => ws.getUserData().socket.onMessage(message, isBinary),
    drain: (ws) => ws.getUserData().socket.onDrain(),
    close: (ws, code, reason) => ws.getUserData().socket.onClose(code, reason),
  };
  app.ws(route.path, behavior);
}

class UwsUpgrade implements UpgradeRequest {
  readonly exchange: UwsExchange;
  readonly protocols: readonly string[];
  readonly #context: us_socket_context_t;
  readonly #host: SocketHost;
  readonly #key: string;
  readonly #extensions: string;

  constructor(
    exchange: UwsExchange,
    context: us_socket_context_t,
    { req, host }: { readonly req: HttpRequest; readonly host: SocketHost },
  ) {
    this.exchange = exchange;
    this.#context = context;
    this.#host = host;
    this.#key = req.getHeader("sec-websocket-key");
    this.#extensions = req.getHeader("sec-websocket-extensions");
    this.protocols = req
      .getHeader("sec-websocket-protocol")
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "");
  }

  accept(protocol: string, owner: ClientSocketOwner): ClientSocket | null {
    const { exchange } = this;
    const socket = new UwsClientSocket(exchange, owner, this.#host);
    const accepted = exchange.upgrade((res) =>
      res.upgrade<SocketData>({ socket }, this.#key, protocol, this.#extensions, this.#context),
    );
    return accepted ? socket : null;
  }
}

class UwsClientSocket implements ClientSocket {
  readonly #exchange: UwsExchange;
  readonly #owner: ClientSocketOwner;
  readonly #host: SocketHost;
  #ws: WebSocket<SocketData> | null = null;

  constructor(exchange: UwsExchange, owner: ClientSocketOwner, host: SocketHost) {
    this.#exchange = exchange;
    this.#owner = owner;
    this.#host = host;
  }

  get bufferedBytes(): number {
    return this.#ws?.getBufferedAmount() ?? 0;
  }

  send(message: Uint8Array | string, isBinary: boolean): void {
    this.#ws?.send(message, isBinary, false);
  }

  close(code: number | null, reason: string): void {
    if (code === null) this.#ws?.end();
    else this.#ws?.end(code, reason);
  }

  onOpen(ws: WebSocket<SocketData>): void {
    this.#ws = ws;
  }

  onMessage(message: ArrayBuffer, isBinary: boolean): void {
    this.#guard(() => this.#owner.onMessage(new Uint8Array(message), isBinary));
  }

  onDrain(): void {
    this.#guard(() => this.#owner.onDrained());
  }

  onClose(code: number, reason: ArrayBuffer): void {
    this.#ws = null;
    const text = Buffer.from(reason).toString();
    this.#guard(() => this.#owner.onSocketClosed(code, text));
    this.#exchange.upgradeEnded();
  }

  /** What is thrown here would end the process. */
  #guard(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.#host.onSocketBug(error, this.#exchange.requestId);
      this.close(1011, "");
    }
  }
}
