import type { IncomingMessage } from "node:http";
import { createRequire } from "node:module";
import type { FlatHeaders } from "@headrace/core/adapter";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { WebSocket } from "ws";
import { upstreamFailure } from "./failure.ts";
import type { Upstream } from "./upstream.ts";

/**
 * Hears of one socket: `onOpen` or one of `onRefused` and `onConnectFailure`; after `onOpen` any number of `onMessage`
 * and one `onUpstreamClosed`.
 */
export interface UpstreamSocketListener {
  onOpen(): void;
  /** An answer in place of a socket. */
  onRefused(answer: SocketRefusal): void;
  onConnectFailure(error: GatewayError): void;
  onMessage(message: Buffer, isBinary: boolean): void;
  /** @param code - 1005 for none, 1006 for a connection that was lost */
  onUpstreamClosed(code: number, reason: string): void;
}

export interface SocketRefusal {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

export interface UpstreamSocketRequest {
  readonly upstream: Upstream;
  readonly path: string;
  readonly headers: FlatHeaders;
  /** For the connection and the provider's consent. */
  readonly connectMs: number;
}

/** What can be asked of a socket to a provider. */
export type ProviderSocket = Pick<
  UpstreamSocket,
  "bufferedBytes" | "alive" | "send" | "ping" | "pause" | "resume" | "abort"
>;

const require = createRequire(import.meta.url);
const OPEN = 1 satisfies typeof WebSocket.OPEN;
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
const MAX_REFUSAL_BYTES = 64 * 1024;
/** A provider that does not say good-bye in turn is hung up on. */
const GOOD_BYE_MS = 1_000;

/** One WebSocket to a provider. With `abort` it never speaks to its listener again. */
export class UpstreamSocket {
  readonly #listener: UpstreamSocketListener;
  readonly #socket: WebSocket;
  #silent = false;
  #opened = false;
  #aborted = false;
  /** No ping is without an answer. */
  alive = true;

  constructor(listener: UpstreamSocketListener, request: UpstreamSocketRequest) {
    this.#listener = listener;
    const { upstream, path, headers, connectMs } = request;
    // Loaded with the first session, which most processes never have.
    const { WebSocket: Socket }: typeof import("ws") = require("ws");
    this.#socket = new Socket(upstream.origin.replace(/^http/, "ws") + path, {
      headers: recordOf(headers),
      handshakeTimeout: connectMs,
      maxPayload: MAX_MESSAGE_BYTES,
      perMessageDeflate: false,
      followRedirects: false,
      ...(upstream.ca === null ? {} : { ca: upstream.ca }),
    });
    this.#listen(this.#socket);
  }

  /** What the provider has not taken yet. */
  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** @param lent - copied */
  send(lent: Uint8Array, isBinary: boolean): void {
    if (this.#socket.readyState === OPEN) this.#socket.send(Buffer.from(lent), { binary: isBinary });
  }

  /** Asks for a sign of life, which shows in `alive`. */
  ping(): void {
    if (this.#socket.readyState !== OPEN) return;
    this.alive = false;
    this.#socket.ping();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Says good-bye without a word to the listener. A socket that is not open yet never will be. */
  abort(code: number, reason: string): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#silent = true;
    if (this.#socket.readyState !== OPEN) {
      this.#socket.terminate();
      return;
    }
    this.#socket.resume(); // or its own good-bye would not be read
    this.#socket.close(sendable(code), reason);
    setTimeout(() => this.#socket.terminate(), GOOD_BYE_MS).unref();
  }

  #listen(socket: WebSocket): void {
    socket.on("open", () => {
      if (this.#silent) return;
      this.#opened = true;
      this.#listener.onOpen();
    });
    socket.on("message", (data, isBinary) => {
      // Without `binaryType` set to fragments or array buffers it is always a Buffer.
      if (!this.#silent && Buffer.isBuffer(data)) this.#listener.onMessage(data, isBinary);
    });
    socket.on("pong", () => {
      this.alive = true;
    });
    socket.on("unexpected-response", (_request, response) => this.#onUnexpected(response));
    socket.on("error", (error) => {
      if (this.#silent || this.#opened) return; // "close" tells the rest
      this.#silent = true;
      this.#listener.onConnectFailure(connectFailure(error));
    });
    socket.on("close", (code, reason) => {
      if (this.#silent || !this.#opened) return;
      this.#silent = true;
      this.#listener.onUpstreamClosed(code, reason.toString());
    });
  }

  #onUnexpected(response: IncomingMessage): void {
    const pieces: Buffer[] = [];
    let bytes = 0;
    response.on("data", (piece: Buffer) => {
      bytes += piece.length;
      if (bytes <= MAX_REFUSAL_BYTES) pieces.push(piece);
    });
    const tell = (): void => {
      if (this.#silent) return;
      this.#silent = true;
      this.#listener.onRefused({
        status: response.statusCode ?? 502,
        headers: response.headers,
        body: bytes > MAX_REFUSAL_BYTES ? Buffer.alloc(0) : Buffer.concat(pieces),
      });
      this.#socket.terminate();
    };
    response.once("end", tell).once("error", tell).once("aborted", tell);
  }
}

function connectFailure(error: Error): GatewayError {
  if (error.message.includes("handshake has timed out")) return new GatewayError("upstream_connect_timeout");
  if (/^(Unexpected|Invalid|Server sent)/.test(error.message))
    return new GatewayError("upstream_invalid_response", { cause: error });
  return upstreamFailure(error);
}

/** These stand for what was not said, and must not be said. */
const UNSAID: ReadonlySet<number> = new Set([1004, 1005, 1006, 1015]);

/** A code that may stand in a good-bye. */
export function sendable(code: number): number {
  const known = (code >= 1000 && code <= 1014) || (code >= 3000 && code <= 4999);
  if (code === 1005) return 1000;
  return known && !UNSAID.has(code) ? code : 1001;
}

function recordOf(headers: FlatHeaders): Record<string, string> {
  const record: Record<string, string> = {};
  for (let i = 0; i + 1 < headers.length; i += 2) record[headers[i] ?? ""] = headers[i + 1] ?? "";
  return record;
}
