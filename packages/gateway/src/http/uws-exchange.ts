import type { HttpRequest, HttpResponse } from "uWebSockets.js";
import { STATUS_CODES } from "node:http";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { Deadlined, Deadlines } from "../time/deadlines.ts";
import { BodyCollector } from "./body-collector.ts";
import type { Exchange, ExchangeOwner } from "./exchange.ts";
import type { RequestHead } from "./request-head.ts";
import { requestId } from "./request-id.ts";
import { UwsBodyWriter } from "./uws-body-writer.ts";

/** What exchanges share with the server that made them. */
export interface ExchangeHost {
  readonly head: RequestHead;
  readonly deadlines: Deadlines;
  readonly bodyLimitBytes: number;
  readonly bodyTimeoutMs: number;
  /** True while the server drains: connections close behind their answers. */
  closing: boolean;
  openExchanges: number;
  onExchangeClosed(): void;
  /** A bug surfaced in a callback of the server; the client gets a 500. */
  onCallbackError(exchange: Exchange, error: unknown): void;
}

/** An oversized body is read to its end, so that the client gets to read the answer, unless it is this much over. */
const DISCARD_FACTOR = 4;

const STATUS_LINES: ReadonlyMap<number, string> = new Map(
  Object.entries(STATUS_CODES).map(([status, text]) => [Number(status), `${status} ${text ?? ""}`]),
);

/** Answers up to this size fit into any socket's buffer. */
const ONE_WRITE_BYTES = 16 * 1024;

/** A body that grows by this much has the whole time again: slow lines may be slow, a drip of bytes may not. */
const PROGRESS_BYTES = 64 * 1024;

/** One request on uWebSockets.js. `#res` is never touched once `closed` is true: the server has freed it by then. */
export class UwsExchange implements Exchange, Deadlined {
  readonly requestId: string;
  readonly path: string;
  readonly startedAtMs: number;
  closed = false;
  deadlineAtMs: number = Number.POSITIVE_INFINITY;
  deadlineSlot = -1;
  readonly #res: HttpResponse;
  readonly #host: ExchangeHost;
  readonly #announcedBodyBytes: number;
  #owner: ExchangeOwner | null = null;
  #closeAfterwards = false;
  #bodyOmitted = false;
  #receiving = false;
  #refusal: GatewayError | null = null;
  #collector: BodyCollector | null = null;
  #bytesSinceProgress = 0;
  #discardedBytes = 0;
  #writer: UwsBodyWriter | null = null;
  #endsWhenDrained = false;
  /** True while a large answer leaves in steps. */
  #sending = false;

  constructor(host: ExchangeHost, res: HttpResponse, req: HttpRequest) {
    this.#host = host;
    this.#res = res;
    this.path = req.getUrl();
    this.startedAtMs = performance.now();
    this.requestId = requestId(host.head.get("x-request-id"));
    this.#announcedBodyBytes = Number.parseInt(host.head.get("content-length"), 10);
    host.openExchanges++;
    res.onAborted(() => this.#onAborted());
  }

  header(name: string): string {
    return this.#host.head.get(name);
  }

  /** Answers with a head alone, for HEAD; only whole answers can be asked for so. */
  omitBody(): void {
    this.#bodyOmitted = true;
  }

  closeAfterAnswer(): void {
    this.#closeAfterwards = true;
  }

  attach(owner: ExchangeOwner): void {
    this.#owner = owner;
  }

  readBody(): void {
    if (this.#announcedBodyBytes > this.#host.bodyLimitBytes)
      this.#refuse(tooLarge(this.#host.bodyLimitBytes));
    this.#receiving = true;
    this.#res.onData((piece, isLast) => this.#onData(piece, isLast));
    if (Number.isNaN(this.#announcedBodyBytes)) this.#awaitChunks();
  }

  respond(status: number, headerLines: string, body: Uint8Array | string): void {
    if (this.closed) return;
    if (typeof body !== "string" && body.length > ONE_WRITE_BYTES && !this.#bodyOmitted) {
      this.#respondInSteps(status, headerLines, body);
      return;
    }
    this.#close();
    const res = this.#res;
    res.cork(() => {
      this.#writeHead(status, headerLines);
      const closes = this.#closeAfterwards || this.#host.closing;
      if (this.#bodyOmitted) res.endWithoutBody(Buffer.byteLength(body), closes);
      else res.end(body, closes);
    });
  }

  begin(status: number, headerLines: string): void {
    if (this.closed) return;
    const res = this.#res;
    this.#writer = new UwsBodyWriter(res, () => this.#onDrained());
    const closes = this.#closeAfterwards || this.#host.closing;
    res.cork(() => this.#writeHead(status, closes ? `${headerLines}\r\nconnection: close` : headerLines));
  }

  write(bytes: Uint8Array | string): boolean {
    if (this.closed || this.#writer === null) return true;
    this.#writer.write(bytes);
    return this.#writer.flowing;
  }

  end(): void {
    if (this.closed) return;
    // The connection would be torn down under what a slow client has not read yet, should the server be draining.
    if (this.#writer?.flowing === false) {
      this.#endsWhenDrained = true;
      return;
    }
    this.#close();
    // Never with the server's own "close" here: it would write a header into the middle of the chunked body.
    this.#res.cork(() => this.#res.end());
  }

  destroy(): void {
    if (this.closed) return;
    this.#close();
    this.#res.close();
  }

  onDeadline(): void {
    this.#host.deadlines.delete(this);
    this.#closeAfterwards = true;
    this.#owner?.onBodyRefused(this.#refusal ?? new GatewayError("request_timeout"));
  }

  /**
   * The exchange counts as open until the system has taken the whole answer: a server that drains closes connections
   * under what a slow client has not read yet.
   */
  #respondInSteps(status: number, headerLines: string, body: Uint8Array): void {
    this.#settle();
    this.#sending = true;
    const res = this.#res;
    const send = (sentBytes: number): boolean => {
      const [ok, done] = res.tryEnd(body.subarray(sentBytes), body.length);
      if (done) this.#leave();
      return ok;
    };
    const closes = this.#closeAfterwards || this.#host.closing;
    res.cork(() => {
      this.#writeHead(status, closes ? `${headerLines}\r\nconnection: close` : headerLines);
      if (!send(0)) res.onWritable(send);
    });
  }

  #writeHead(status: number, headerLines: string): void {
    if (status !== 200) this.#res.writeStatus(STATUS_LINES.get(status) ?? String(status));
    this.#res.writeHeader("x-request-id", this.requestId + headerLines);
  }

  #onDrained(): void {
    if (this.#endsWhenDrained) this.end();
    else this.#owner?.onDrained();
  }

  #onData(piece: ArrayBuffer, isLast: boolean): void {
    if (this.closed) return;
    try {
      if (isLast) this.#receiving = false;
      else this.#holdServerTimer();
      if (this.#refusal !== null) this.#discard(piece.byteLength, isLast);
      else if (isLast && this.#collector === null) this.#onWholeBody(piece);
      else this.#onBodyPiece(piece, isLast);
    } catch (error) {
      this.#host.onCallbackError(this, error);
    }
  }

  /** The usual case: the body came in one piece with the head. */
  #onWholeBody(piece: ArrayBuffer): void {
    if (piece.byteLength > this.#host.bodyLimitBytes) {
      this.#owner?.onBodyRefused(tooLarge(this.#host.bodyLimitBytes));
      return;
    }
    this.#host.deadlines.delete(this);
    // The server takes its memory back when this callback returns.
    const body = Buffer.allocUnsafe(piece.byteLength);
    body.set(new Uint8Array(piece));
    this.#owner?.onBody(body);
  }

  #onBodyPiece(piece: ArrayBuffer, isLast: boolean): void {
    if (this.#collector === null) {
      this.#collector = new BodyCollector(this.#host.bodyLimitBytes, this.#announcedBodyBytes);
      this.#startBodyClock();
    }
    if (!this.#collector.push(new Uint8Array(piece))) {
      this.#refuse(tooLarge(this.#host.bodyLimitBytes));
      this.#discard(this.#host.bodyLimitBytes, isLast);
    } else if (isLast) {
      this.#host.deadlines.delete(this);
      this.#owner?.onBody(this.#collector.take());
      this.#collector = null;
    } else {
      this.#noteProgress(piece.byteLength);
    }
  }

  #noteProgress(pieceBytes: number): void {
    this.#bytesSinceProgress += pieceBytes;
    if (this.#bytesSinceProgress < PROGRESS_BYTES) return;
    this.#bytesSinceProgress = 0;
    this.deadlineAtMs = performance.now() + this.#host.bodyTimeoutMs;
  }

  /** The server would cut a slow body off by a rule of its own, without an answer; resuming puts its timer back. */
  #holdServerTimer(): void {
    this.#res.pause();
    this.#res.resume();
  }

  #refuse(error: GatewayError): void {
    this.#refusal = error;
    this.#collector = null;
    if (this.deadlineAtMs === Number.POSITIVE_INFINITY) this.#startBodyClock();
  }

  #discard(pieceBytes: number, isLast: boolean): void {
    this.#discardedBytes += pieceBytes;
    const hopeless = this.#discardedBytes > this.#host.bodyLimitBytes * DISCARD_FACTOR;
    if (!isLast && !hopeless) return;
    this.#host.deadlines.delete(this);
    this.#closeAfterwards = !isLast;
    if (this.#refusal !== null) this.#owner?.onBodyRefused(this.#refusal);
  }

  /** Chunks may never begin, and until they do the server calls nobody. It sets its timer when the handler returns. */
  #awaitChunks(): void {
    if (this.deadlineAtMs === Number.POSITIVE_INFINITY) this.#startBodyClock();
    setImmediate(() => {
      if (this.#receiving && !this.closed) this.#holdServerTimer();
    });
  }

  #startBodyClock(): void {
    this.deadlineAtMs = performance.now() + this.#host.bodyTimeoutMs;
    this.#host.deadlines.add(this);
  }

  #onAborted(): void {
    if (this.#sending) this.#leave();
    if (this.closed) return;
    this.#close();
    try {
      this.#owner?.onClosed();
    } catch (error) {
      this.#host.onCallbackError(this, error);
    }
  }

  #close(): void {
    this.#settle();
    this.#leave();
  }

  #settle(): void {
    this.closed = true;
    if (this.deadlineAtMs !== Number.POSITIVE_INFINITY) this.#host.deadlines.delete(this);
  }

  #leave(): void {
    this.#sending = false;
    this.#host.openExchanges--;
    this.#host.onExchangeClosed();
  }
}

function tooLarge(limitBytes: number): GatewayError {
  return new GatewayError("body_too_large", {
    message: `The request body is larger than the ${limitBytes} bytes that this gateway accepts.`,
  });
}
