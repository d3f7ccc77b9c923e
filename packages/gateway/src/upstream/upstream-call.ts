import type { IncomingHttpHeaders } from "node:http";
import type { Transform } from "node:stream";
import type { FlatHeaders } from "@headrace/core/adapter";
import type { TimeoutsConfig } from "@headrace/core/config/types";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ErrorCode } from "@headrace/core/errors/table";
import type { Dispatcher } from "undici";
import type { Deadlined, Deadlines } from "../time/deadlines.ts";
import type { Asker } from "./asker.ts";
import { createBodyDecoder, type DecodedBody } from "./body-decoder.ts";
import { upstreamFailure } from "./failure.ts";
import { firstValue } from "./header-value.ts";

/** Hears of one answer: `onHead`, then any number of `onData`, then exactly one of `onEnd` and `onFailure`. */
export interface UpstreamListener {
  onHead(status: number, headers: IncomingHttpHeaders): void;
  onData(chunk: Buffer): void;
  onEnd(): void;
  onFailure(error: GatewayError): void;
}

export interface UpstreamRequest {
  readonly upstream: { readonly dispatcher: Asker };
  readonly path: string;
  readonly headers: FlatHeaders;
  /** POST when absent. */
  readonly method?: "GET" | "POST" | "DELETE";
  /** Null for none. Pieces are asked for as the provider takes them; who gives them ends them when the call is over. */
  readonly body: Uint8Array | AsyncIterable<Uint8Array> | null;
}

/** `sending` is for bodies that come in pieces: others are on their way as soon as there is a connection. */
type Phase = "connecting" | "sending" | "waiting" | "receiving" | "over";

const NEVER = Number.POSITIVE_INFINITY;

/**
 * One request to a provider under its four clocks: connect, first byte, idle and total. It never speaks to its
 * listener again after `onEnd`, `onFailure` or `abort`.
 */
export class UpstreamCall implements Dispatcher.DispatchHandler, Deadlined, DecodedBody {
  deadlineAtMs: number = NEVER;
  deadlineSlot = -1;
  /** When the request went out on a connection, ms of `performance.now()`; 0 before. */
  sentAtMs = 0;
  /** When the provider had all of the request, ms of `performance.now()`; 0 before. */
  askedAtMs = 0;
  /** When the last byte of the answer had arrived; 0 before. */
  endedAtMs = 0;
  readonly #listener: UpstreamListener;
  readonly #timeouts: TimeoutsConfig;
  readonly #deadlines: Deadlines;
  readonly #totalDeadlineAtMs: number;
  #phase: Phase = "connecting";
  #controller: Dispatcher.DispatchController | null = null;
  #decoder: Transform | null = null;
  #paused = false;
  #sendsPieces = false;

  constructor(listener: UpstreamListener, timeouts: TimeoutsConfig, deadlines: Deadlines) {
    this.#listener = listener;
    this.#timeouts = timeouts;
    this.#deadlines = deadlines;
    const nowMs = performance.now();
    this.#totalDeadlineAtMs = timeouts.totalMs === null ? NEVER : nowMs + timeouts.totalMs;
    this.#setClock(nowMs, timeouts.connectMs);
  }

  start({ upstream, path, headers, method = "POST", body }: UpstreamRequest): void {
    this.#deadlines.add(this);
    const sent = body === null || body instanceof Uint8Array ? body : this.#clocked(body);
    this.#sendsPieces = sent !== body;
    const request = { path, method, headers: headers as string[], body: sent };
    // undici's types know no iterables of bytes here; its documentation and its code do.
    upstream.dispatcher.dispatch(request as Dispatcher.DispatchOptions, this);
  }

  /** Time from the request's sending to the last byte of its answer, or to `nowMs` while it lasts; 0 before it is sent. */
  waitedMs(nowMs: number): number {
    if (this.sentAtMs === 0) return 0;
    return (this.endedAtMs === 0 ? nowMs : this.endedAtMs) - this.sentAtMs;
  }

  /** Stops reading, for a client that is slow. Its slowness is not the provider's idleness, so that clock stops too. */
  pause(): void {
    if (this.#phase === "over") return;
    this.#paused = true;
    this.deadlineAtMs = this.#totalDeadlineAtMs;
    this.#controller?.pause();
    this.#decoder?.pause();
  }

  resume(): void {
    if (this.#phase === "over") return;
    this.#paused = false;
    this.#setClock(performance.now(), this.#timeouts.idleMs);
    this.#decoder?.resume();
    this.#controller?.resume();
  }

  /** Ends the call without a word to the listener. A request that has no connection yet will never be sent. */
  abort(): void {
    if (this.#phase === "over") return;
    this.#finish();
    this.#decoder?.destroy();
    this.#controller?.abort(new GatewayError("client_closed"));
  }

  onDeadline(): void {
    const code = this.#expiredClock();
    const message = "The model provider stopped taking the request's body.";
    const stalled = code === "upstream_idle_timeout" && this.#phase === "sending";
    this.#fail(new GatewayError(code, stalled ? { message } : {}));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Thrown, not aborted: that drops the request and keeps the connection, which is somebody else's next.
    if (this.#phase === "over") throw new GatewayError("client_closed");
    this.#controller = controller;
    this.sentAtMs = performance.now();
    this.#phase = this.#sendsPieces ? "sending" : "waiting";
    if (!this.#sendsPieces) this.askedAtMs = this.sentAtMs;
    this.#setClock(this.sentAtMs, this.#timeouts.firstByteMs);
  }

  onResponseStart(_controller: unknown, status: number, headers: IncomingHttpHeaders): void {
    if (this.#phase === "over" || status < 200) return;
    try {
      this.#decoder = this.#decoderFor(firstValue(headers["content-encoding"]));
      this.#listener.onHead(status, headers);
    } catch (error) {
      this.#fail(GatewayError.from(error, "internal_error"));
    }
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    if (this.#phase === "over") return;
    this.#phase = "receiving";
    if (!this.#paused) this.#setClock(this.#deadlines.nowMs, this.#timeouts.idleMs);
    if (this.#decoder === null) this.onData(chunk);
    else if (!this.#decoder.write(chunk)) this.#awaitDecoder(this.#decoder);
  }

  onResponseEnd(): void {
    if (this.#phase === "over") return;
    if (this.#decoder === null) this.onEnd();
    else this.#decoder.end();
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#fail(upstreamFailure(error));
  }

  /** A piece of the body, decoded if it came encoded. */
  onData(chunk: Buffer): void {
    if (this.#phase === "over") return;
    try {
      this.#listener.onData(chunk);
    } catch (error) {
      this.#fail(GatewayError.from(error, "internal_error"));
    }
  }

  onEnd(): void {
    if (this.#phase === "over") return;
    this.#finish();
    try {
      this.#listener.onEnd();
    } catch (error) {
      this.#listener.onFailure(GatewayError.from(error, "internal_error"));
    }
  }

  onDecodeError(error: Error): void {
    this.#fail(new GatewayError("upstream_cut", { cause: error }));
  }

  /** A provider that takes no more of a body is as idle as one that sends no more; waiting for the client is not. */
  async *#clocked(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    this.#awaitClient();
    for await (const piece of pieces) {
      if (this.#phase === "sending") this.#setClock(performance.now(), this.#timeouts.idleMs);
      yield piece;
      this.#awaitClient();
    }
    if (this.#phase !== "sending") return; // some answer before they have read all
    this.#phase = "waiting";
    this.askedAtMs = performance.now();
    this.#setClock(this.askedAtMs, this.#timeouts.firstByteMs);
  }

  #awaitClient(): void {
    if (this.#phase === "sending") this.deadlineAtMs = this.#totalDeadlineAtMs;
  }

  #decoderFor(encoding: string): Transform | null {
    if (encoding === "" || encoding === "identity") return null;
    const decoder = createBodyDecoder(encoding, this);
    if (decoder !== null) return decoder;
    const message = `The model provider used the content encoding ${JSON.stringify(encoding)} without being asked to.`;
    throw new GatewayError("upstream_invalid_response", { message });
  }

  /** What decodes slower than it arrives would otherwise pile up here. */
  #awaitDecoder(decoder: Transform): void {
    this.#controller?.pause();
    decoder.once("drain", () => {
      if (!this.#paused && this.#phase !== "over") this.#controller?.resume();
    });
  }

  #fail(error: GatewayError): void {
    if (this.#phase === "over") return;
    this.#finish();
    this.#decoder?.destroy();
    this.#controller?.abort(error);
    this.#listener.onFailure(error);
  }

  #finish(): void {
    this.#phase = "over";
    this.endedAtMs = performance.now();
    this.#deadlines.delete(this);
  }

  #setClock(fromMs: number, allowedMs: number): void {
    this.deadlineAtMs = Math.min(fromMs + allowedMs, this.#totalDeadlineAtMs);
  }

  #expiredClock(): ErrorCode {
    if (this.#totalDeadlineAtMs <= this.#deadlines.nowMs) return "upstream_total_timeout";
    if (this.#phase === "connecting") return "upstream_connect_timeout";
    return this.#phase === "waiting" ? "upstream_first_byte_timeout" : "upstream_idle_timeout";
  }
}
