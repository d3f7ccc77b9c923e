import type { HttpRequest, HttpResponse } from "uWebSockets.js";
import { STATUS_CODES } from "node:http";
import type { GatewayError } from "@headrace/core/errors/gateway-error";
import { type BodyBounds, BodyIntake, type BodyReceiver } from "./body-intake.ts";
import type { BodyPieceReceiver } from "./body-stream-intake.ts";
import type { BodyStreamLimit, Exchange, ExchangeOwner } from "./exchange.ts";
import type { RequestHead } from "./request-head.ts";
import { requestId } from "./request-id.ts";
import { awaitBody, UwsBodyStream } from "./uws-body-stream.ts";
import { UwsBodyWriter } from "./uws-body-writer.ts";

/** What exchanges share with the server that made them. */
export interface ExchangeHost extends BodyBounds {
  readonly head: RequestHead;
  /** True while the server drains: connections close behind their answers. */
  closing: boolean;
  openExchanges: number;
  onExchangeClosed(): void;
  /** A bug surfaced in a callback of the server; the client gets a 500. */
  onCallbackError(exchange: Exchange, error: unknown): void;
}

const STATUS_LINES: ReadonlyMap<number, string> = new Map(
  Object.entries(STATUS_CODES).map(([status, text]) => [Number(status), `${status} ${text ?? ""}`]),
);

/** What takes a body in. */
interface Intake {
  push(piece: ArrayBuffer, isLast: boolean): void;
  stop(): void;
}

/** Answers up to this size fit into any socket's buffer. */
const ONE_WRITE_BYTES = 16 * 1024;

/** One request on uWebSockets.js. `#res` is never touched once it has left: the server has freed it by then. */
export class UwsExchange implements Exchange, BodyReceiver {
  readonly requestId: string;
  readonly path: string;
  readonly startedAtMs: number;
  closed = false;
  readonly #res: HttpResponse;
  readonly #host: ExchangeHost;
  readonly #announcedBodyBytes: number;
  #owner: ExchangeOwner | null = null;
  #closeAfterwards = false;
  #bodyOmitted = false;
  #intake: Intake | null = null;
  #bodyStream: UwsBodyStream | null = null;
  #writer: UwsBodyWriter | null = null;
  /** True while an answer that has been given whole waits for a slow client. */
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

  query(name: string): string {
    return this.#host.head.query(name);
  }

  rawQuery(): string {
    return this.#host.head.rawQuery();
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
    const intake = new BodyIntake(this, this.#host, this.#announcedBodyBytes);
    this.#takeBody(intake);
    intake.start();
  }

  streamBody(receiver: BodyPieceReceiver, limit: BodyStreamLimit): void {
    const body = new UwsBodyStream(this.#res, this.#host, {
      receiver,
      limit,
      onTimeout: () => {
        // What a client that goes on still sends is thrown away; one that does not would block what follows.
        this.#closeAfterwards = true;
      },
    });
    this.#bodyStream = body;
    this.#takeBody(body);
    body.start(this.#announcedBodyBytes);
  }

  pauseBody(): void {
    if (!this.closed) this.#bodyStream?.pause();
  }

  resumeBody(): void {
    this.#bodyStream?.resume();
  }

  #takeBody(intake: Intake): void {
    this.#intake = intake;
    this.#res.onData((piece, isLast) => this.#onData(intake, piece, isLast));
  }

  respond(status: number, headerLines: string, body: Uint8Array | string): void {
    if (this.closed) return;
    this.resumeBody(); // so that the client is done with its request when it reads the answer
    this.#settle();
    if (body.length > ONE_WRITE_BYTES && !this.#bodyOmitted) {
      this.#respondInSteps(status, headerLines, typeof body === "string" ? Buffer.from(body) : body);
      return;
    }
    this.#leave();
    const res = this.#res;
    res.cork(() => {
      this.#writeHead(status, headerLines);
      if (this.#bodyOmitted) res.endWithoutBody(Buffer.byteLength(body), this.#closes);
      else res.end(body, this.#closes);
    });
    this.#tellSent();
  }

  begin(status: number, headerLines: string): void {
    if (this.closed) return;
    this.#writer = new UwsBodyWriter(
      this.#res,
      () => this.#writeSteppedHead(status, headerLines),
      () => this.#onDrained(),
    );
  }

  write(bytes: Uint8Array | string): boolean {
    if (this.closed || this.#writer === null) return true;
    this.#writer.write(bytes);
    return this.#writer.flowing;
  }

  end(): void {
    if (this.closed) return;
    this.resumeBody();
    this.#settle();
    this.#endStream();
  }

  destroy(): void {
    if (this.closed) return;
    this.#writer?.flush();
    this.#settle();
    this.#leave();
    this.#res.close();
  }

  /**
   * Hands the connection over to a WebSocket, which counts as an open exchange; false when it has been answered.
   *
   * Only while the handler runs. Later it would have to be corked, and behind a cork the server tells an upgraded
   * connection from others by its address: where that has not changed it takes the socket's data for an answer's, and may
   * close it at once.
   */
  upgrade(hand: (res: HttpResponse) => void): boolean {
    if (this.closed) return false;
    this.#settle();
    hand(this.#res);
    return true;
  }

  upgradeEnded(): void {
    this.#leave();
  }

  onBodyAwaited(): void {
    awaitBody(this.#res);
  }

  onBody(body: Buffer): void {
    this.#owner?.onBody(body);
  }

  onBodyRefused(error: GatewayError, wasRead: boolean): void {
    if (!wasRead) this.#closeAfterwards = true;
    try {
      this.#owner?.onBodyRefused(error);
    } catch (bug) {
      this.#break(bug);
    }
  }

  /**
   * The exchange counts as open until the system has taken the whole answer: a server that drains closes connections
   * under what a slow client has not read yet.
   */
  #respondInSteps(status: number, headerLines: string, body: Uint8Array): void {
    this.#sending = true;
    const res = this.#res;
    const send = (sentBytes: number): boolean => {
      const [ok, done] = res.tryEnd(body.subarray(sentBytes), body.length);
      if (done) {
        this.#leave();
        this.#tellSent();
      }
      return ok;
    };
    res.cork(() => {
      this.#writeSteppedHead(status, headerLines);
      if (!send(0)) res.onWritable(send);
    });
  }

  get #closes(): boolean {
    return this.#closeAfterwards || this.#host.closing;
  }

  /** For an answer in several steps: the server only says by itself that it closes where it ends one in a single step. */
  #writeSteppedHead(status: number, headerLines: string): void {
    this.#writeHead(status, this.#closes ? `${headerLines}\r\nconnection: close` : headerLines);
  }

  #writeHead(status: number, headerLines: string): void {
    if (status !== 200) this.#res.writeStatus(STATUS_LINES.get(status) ?? String(status));
    this.#res.writeHeader("x-request-id", this.requestId + headerLines);
  }

  #onDrained(): void {
    if (this.#sending) this.#endStream();
    else this.#owner?.onDrained();
  }

  /** The connection would be torn down under what a slow client has not read yet, should the server be draining. */
  #endStream(): void {
    this.#sending = this.#writer?.end() === false;
    if (this.#sending) return;
    this.#leave();
    this.#tellSent();
  }

  #onData(intake: Intake, piece: ArrayBuffer, isLast: boolean): void {
    try {
      intake.push(piece, isLast);
    } catch (error) {
      this.#break(error);
    }
  }

  #onAborted(): void {
    if (this.closed && !this.#sending) return;
    this.#settle();
    this.#leave();
    try {
      this.#owner?.onClosed();
    } catch (error) {
      this.#break(error);
    }
  }

  #tellSent(): void {
    try {
      this.#owner?.onSent();
    } catch (error) {
      this.#break(error);
    }
  }

  #break(bug: unknown): void {
    try {
      this.#owner?.onBroken();
    } catch {
      // The first one is what has to be told.
    }
    this.#host.onCallbackError(this, bug);
  }

  /** Nothing more is wanted from the request, nor taken for its answer. */
  #settle(): void {
    this.closed = true;
    this.#intake?.stop();
  }

  /** Nothing more is to be sent. */
  #leave(): void {
    this.#writer?.stop();
    this.#sending = false;
    this.#host.openExchanges--;
    this.#host.onExchangeClosed();
  }
}
