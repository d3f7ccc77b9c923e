import { connect, type Socket } from "node:net";
import { ResponseParser, type ResponseSink } from "./response-parser.ts";
import { SseCounter } from "./sse-counter.ts";

/** Gets the connection back when its exchange is over; `error` is a kind as in `LoadResult.errors`. */
export interface ExchangeOwner {
  exchangeEnded(connection: Connection, error: string | undefined): void;
}

export interface ConnectionOptions {
  host: string;
  port: number;
  request: Buffer;
}

const ERROR_KINDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connect_refused",
  ECONNRESET: "reset",
  EPIPE: "reset",
  ETIMEDOUT: "connect_timeout",
  EADDRNOTAVAIL: "no_local_port",
  EMFILE: "no_file_descriptor",
};

/**
 * One keep-alive connection with at most one request in flight. The times of the current exchange are plain fields, so
 * that a request allocates nothing here. All times are `performance.now()` milliseconds.
 */
export class Connection implements ResponseSink {
  scheduledMs = 0;
  sentMs = 0;
  firstByteMs = 0;
  status = 0;
  readonly sse: SseCounter = new SseCounter();
  /** False once the socket is closed or its answer asked to close it: then it must not be used again. */
  usable = true;
  readonly #request: Buffer;
  readonly #socket: Socket;
  readonly #parser: ResponseParser;
  #owner: ExchangeOwner | undefined;
  #stream = false;

  constructor(options: ConnectionOptions) {
    this.#request = options.request;
    this.#parser = new ResponseParser(this);
    this.#socket = connect({ host: options.host, port: options.port, noDelay: true });
    this.#socket.on("data", (bytes: Buffer) => this.#receive(bytes));
    this.#socket.on("error", (error: NodeJS.ErrnoException) => {
      this.#fail(ERROR_KINDS[error.code ?? ""] ?? error.code?.toLowerCase() ?? "socket_error");
    });
    this.#socket.on("close", () => this.#closed());
  }

  get busy(): boolean {
    return this.#owner !== undefined;
  }

  /** Sends the request. `scheduledMs` is when it was due, which is now for a closed loop. */
  send(owner: ExchangeOwner, scheduledMs: number, stream: boolean): void {
    this.#owner = owner;
    this.#stream = stream;
    this.scheduledMs = scheduledMs;
    this.sentMs = performance.now();
    this.firstByteMs = 0;
    this.status = 0;
    this.sse.reset();
    this.#socket.write(this.#request);
  }

  /** Ends the exchange in flight as an error of this kind and closes the socket. */
  abort(kind: string): void {
    this.#fail(kind);
    this.#socket.destroy();
  }

  destroy(): void {
    this.usable = false;
    this.#socket.destroy();
  }

  onHead(status: number, keepAlive: boolean): void {
    this.status = status;
    if (!keepAlive) this.usable = false;
  }

  onBody(bytes: Buffer, start: number, end: number): void {
    if (this.#stream) this.sse.push(bytes, start, end);
  }

  onEnd(): void {
    const failure =
      this.status !== 200
        ? `status_${this.status}`
        : this.#stream && !this.sse.sawDone
          ? "no_done"
          : undefined;
    if (!this.usable) this.#socket.destroy();
    this.#end(failure);
  }

  #receive(bytes: Buffer): void {
    if (this.#owner === undefined) {
      this.destroy();
      return;
    }
    if (this.firstByteMs === 0) this.firstByteMs = performance.now();
    try {
      this.#parser.push(bytes);
    } catch {
      this.abort("malformed");
    }
  }

  #closed(): void {
    this.usable = false;
    if (this.#owner === undefined) return;
    if (this.firstByteMs === 0) this.#fail("closed");
    else if (!this.#parser.close()) this.#fail("cut");
  }

  #fail(kind: string): void {
    this.usable = false;
    this.#end(kind);
  }

  #end(error: string | undefined): void {
    const owner = this.#owner;
    this.#owner = undefined;
    owner?.exchangeEnded(this, error);
  }
}
