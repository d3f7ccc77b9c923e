/** The front: with uws-exchange.ts, uws-socket.ts and uws-timers.ts the only place that knows uWebSockets.js. */

import "./uws-head-limit.ts"; // before the addon, which reads the limit when it loads

import {
  App,
  type HttpRequest,
  type HttpResponse,
  SSLApp,
  type TemplatedApp,
  type us_listen_socket,
  us_listen_socket_close,
  us_socket_local_port,
} from "uWebSockets.js";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { Deadlines } from "../time/deadlines.ts";
import type { SocketRoute } from "./client-socket.ts";
import type { Exchange, Handler, Route } from "./exchange.ts";
import { RequestHead } from "./request-head.ts";
import { type ExchangeHost, UwsExchange } from "./uws-exchange.ts";
import { MAX_HEAD_BYTES } from "./uws-head-limit.ts";
import { addSocketRoute, type SocketHost } from "./uws-socket.ts";
import { setConnectionTimers } from "./uws-timers.ts";

const APP_METHODS = { get: "get", post: "post", delete: "del" } as const;
const MAX_QUOTED_PATH_CHARS = 200;
/** For the last words of a drain to reach those who read. */
const LAST_WORD_MS = 500;

export interface ServerOptions {
  readonly routes: readonly Route[];
  readonly socketRoutes?: readonly SocketRoute[];
  readonly deadlines: Deadlines;
  readonly bodyLimitBytes: number;
  readonly headerTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  /** Paths of PEM files; absent serves plain HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Answers a request that no route may answer, in the shape of the client's wire. */
  readonly refuse: (exchange: Exchange, error: GatewayError, headerLines: string) => void;
  /** Told of a bug that surfaced in a handler; the client has been answered when it is called. */
  readonly onBug: (error: unknown, requestId: string) => void;
}

export interface ListenOptions {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
}

export interface Server {
  /**
   * @returns the port
   * @throws Error when the address cannot be had
   */
  listen(options: ListenOptions): Promise<number>;
  readonly openExchanges: number;
  /**
   * Stops accepting, lets open exchanges end for at most `timeoutMs`, then closes every connection.
   *
   * @param onTimeout - the time is up: what can still be told to those who wait must be told now
   */
  drain(timeoutMs: number, onTimeout?: () => void): Promise<void>;
}

/** Builds a server; it has no effect before `listen`. */
export function createServer(options: ServerOptions): Server {
  return new UwsServer(options);
}

function openApp(tls: ServerOptions["tls"]): TemplatedApp {
  if (tls === undefined) return App();
  try {
    return SSLApp({ cert_file_name: tls.cert, key_file_name: tls.key });
  } catch (error) {
    throw new Error(`cannot serve TLS with the certificate ${tls.cert} and the key ${tls.key}`, {
      cause: error,
    });
  }
}

class UwsServer implements Server, ExchangeHost, SocketHost {
  readonly head = new RequestHead();
  readonly deadlines: Deadlines;
  readonly bodyLimitBytes: number;
  readonly bodyTimeoutMs: number;
  closing = false;
  openExchanges = 0;
  readonly #options: ServerOptions;
  readonly #app: TemplatedApp;
  readonly #sockets: us_listen_socket[] = [];
  #onIdle: (() => void) | null = null;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.deadlines = options.deadlines;
    this.bodyLimitBytes = options.bodyLimitBytes;
    this.bodyTimeoutMs = options.bodyTimeoutMs;
    this.#app = openApp(options.tls);
    setConnectionTimers(this.#app, options);
    for (const route of options.socketRoutes ?? []) addSocketRoute(this.#app, route, this);
    this.#addRoutes(options.routes);
  }

  listen({ host, port }: ListenOptions): Promise<number> {
    return new Promise((resolve, reject) => {
      const onListen = (socket: us_listen_socket | false): void => {
        if (socket === false) {
          reject(new Error(`cannot listen on ${host}:${port}`));
          return;
        }
        this.#sockets.push(socket);
        resolve(us_socket_local_port(socket));
      };
      // Processes share a port (SO_REUSEPORT); whether a stranger has it is probed before any of them starts.
      this.#app.listen(host, port, onListen);
    });
  }

  async drain(timeoutMs: number, onTimeout: () => void = () => {}): Promise<void> {
    this.closing = true;
    for (const socket of this.#sockets.splice(0)) us_listen_socket_close(socket);
    await this.#idle(timeoutMs);
    if (this.openExchanges > 0) {
      onTimeout();
      await this.#idle(LAST_WORD_MS);
    }
    this.#app.close();
  }

  /** Waits until no exchange is open, or for as long as is given. */
  async #idle(timeoutMs: number): Promise<void> {
    if (this.openExchanges === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  onExchangeClosed(): void {
    if (this.openExchanges === 0 && this.#onIdle !== null) setImmediate(this.#onIdle);
  }

  onCallbackError(exchange: Exchange, error: unknown): void {
    // Else it has been answered, or there is nobody left to answer.
    if (!exchange.closed) this.#options.refuse(exchange, new GatewayError("internal_error"), "");
    this.#options.onBug(error, exchange.requestId);
  }

  runUpgrade(res: HttpResponse, req: HttpRequest, run: (exchange: UwsExchange) => void): void {
    const exchange = this.#open(res, req);
    this.#run(exchange, () => run(exchange));
  }

  onSocketBug(error: unknown, requestId: string): void {
    this.#options.onBug(error, requestId);
  }

  #addRoutes(routes: readonly Route[]): void {
    const methodsByPath = new Map<string, string[]>();
    for (const { method, path, handler, streams } of routes) {
      this.#app[APP_METHODS[method]](path, (res, req) => this.#run(this.#open(res, req), handler));
      const answersHead = method === "get" && streams !== true;
      if (answersHead) this.#addHead(path, handler);
      const methods = answersHead ? ["GET", "HEAD"] : [method.toUpperCase()];
      methodsByPath.set(path, [...(methodsByPath.get(path) ?? []), ...methods]);
    }
    for (const [path, methods] of methodsByPath) {
      const allow = methods.join(", ");
      const wrongMethod: Handler = (exchange) => {
        const error = new GatewayError("method_not_allowed", { message: `This path answers ${allow} only.` });
        this.#options.refuse(exchange, error, `\r\nallow: ${allow}`);
      };
      this.#app.any(path, (res, req) => this.#run(this.#open(res, req), wrongMethod));
      if (!methods.includes("HEAD")) this.#addHead(path, wrongMethod);
    }
    const notFound: Handler = (exchange) => {
      const message = `There is nothing at ${exchange.path.slice(0, MAX_QUOTED_PATH_CHARS)}.`;
      this.#options.refuse(exchange, new GatewayError("route_not_found", { message }), "");
    };
    this.#app.any("/*", (res, req) => this.#run(this.#open(res, req), notFound));
    this.#addHead("/*", notFound);
  }

  /** HEAD, as load balancers ask for health: the same answer without its body, which a client would take for the next answer. */
  #addHead(path: string, handler: Handler): void {
    this.#app.head(path, (res, req) => {
      const exchange = this.#open(res, req);
      exchange.omitBody();
      this.#run(exchange, handler);
    });
  }

  #open(res: HttpResponse, req: HttpRequest): UwsExchange {
    this.head.read(req);
    return new UwsExchange(this, res, req);
  }

  #run(exchange: UwsExchange, handler: Handler): void {
    try {
      if (this.head.bytes > MAX_HEAD_BYTES)
        this.#options.refuse(exchange, new GatewayError("headers_too_large"), "");
      else if (this.head.lengthsDiffer) this.#refuseFraming(exchange);
      else handler(exchange);
    } catch (error) {
      this.onCallbackError(exchange, error);
    }
  }

  /**
   * Where this body ends is open, so nothing that follows on the connection may be read (RFC 9112, 6.3). The server goes
   * on to parse what came in the same packet, whatever it was told to close; but it closes at once when a request comes
   * before the answer to the one before. So the answer waits for its turn.
   */
  #refuseFraming(exchange: UwsExchange): void {
    exchange.closeAfterAnswer();
    const message = "The request has several Content-Length headers that differ.";
    const error = new GatewayError("malformed_request", { message });
    setImmediate(() => this.#options.refuse(exchange, error, ""));
  }
}
