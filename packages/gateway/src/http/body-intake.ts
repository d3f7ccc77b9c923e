import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { Deadlined, Deadlines } from "../time/deadlines.ts";
import { BodyCollector } from "./body-collector.ts";

/** The server's bounds on bodies, and the clock that they are held by. */
export interface BodyBounds {
  readonly deadlines: Deadlines;
  readonly bodyLimitBytes: number;
  readonly bodyTimeoutMs: number;
}

/** Hears of one body: any number of `onBodyAwaited`, then exactly one of the others, unless it is stopped. */
export interface BodyReceiver {
  /** More has to come. The intake's clock runs, and no other should. */
  onBodyAwaited(): void;
  onBody(body: Buffer): void;
  /** @param wasRead - false when bytes of it may still come, so that nothing else can be read from the connection */
  onBodyRefused(error: GatewayError, wasRead: boolean): void;
}

/** An oversized body is read to its end, so that the client gets to read the answer, unless it is this much over. */
const DISCARD_FACTOR = 4;

/** A body that grows by this much has the whole time again: slow lines may be slow, a drip of bytes may not. */
const PROGRESS_BYTES = 64 * 1024;

const NEVER = Number.POSITIVE_INFINITY;

/** Takes in the body of one request, whole and within its bounds. */
export class BodyIntake implements Deadlined {
  deadlineAtMs: number = NEVER;
  deadlineSlot = -1;
  readonly #receiver: BodyReceiver;
  readonly #bounds: BodyBounds;
  readonly #announcedBytes: number;
  #refusal: GatewayError | null = null;
  #collector: BodyCollector | null = null;
  #bytesSinceProgress = 0;
  #discardedBytes = 0;
  #over = false;

  /** @param announcedBytes - `content-length`, or NaN */
  constructor(receiver: BodyReceiver, bounds: BodyBounds, announcedBytes: number) {
    this.#receiver = receiver;
    this.#bounds = bounds;
    this.#announcedBytes = announcedBytes;
  }

  start(): void {
    if (this.#announcedBytes > this.#bounds.bodyLimitBytes) this.#refuse();
    if (Number.isNaN(this.#announcedBytes)) this.#awaitChunks();
  }

  /** Takes a piece; its memory is only lent. */
  push(piece: ArrayBuffer, isLast: boolean): void {
    if (this.#over) return;
    if (!isLast) this.#receiver.onBodyAwaited();
    if (this.#refusal !== null) this.#discard(this.#refusal, piece.byteLength, isLast);
    else if (isLast && this.#collector === null) this.#takeWhole(piece);
    else this.#collect(piece, isLast);
  }

  /** Nobody wants the body any more. */
  stop(): void {
    this.#over = true;
    this.#collector = null;
    this.#bounds.deadlines.delete(this);
  }

  onDeadline(): void {
    this.#end(this.#refusal ?? new GatewayError("request_timeout"), false);
  }

  /** The usual case: the body came in one piece with the head. */
  #takeWhole(piece: ArrayBuffer): void {
    if (piece.byteLength > this.#bounds.bodyLimitBytes) {
      this.#end(this.#tooLarge(), true);
      return;
    }
    const body = Buffer.allocUnsafe(piece.byteLength);
    body.set(new Uint8Array(piece));
    this.stop();
    this.#receiver.onBody(body);
  }

  #collect(piece: ArrayBuffer, isLast: boolean): void {
    if (this.#collector === null) {
      this.#collector = new BodyCollector(this.#bounds.bodyLimitBytes, this.#announcedBytes);
      this.#startClock();
    }
    const collector = this.#collector;
    if (!collector.push(new Uint8Array(piece))) {
      this.#discard(this.#refuse(), this.#bounds.bodyLimitBytes, isLast);
    } else if (isLast) {
      this.stop();
      this.#receiver.onBody(collector.take());
    } else {
      this.#noteProgress(piece.byteLength);
    }
  }

  #noteProgress(pieceBytes: number): void {
    this.#bytesSinceProgress += pieceBytes;
    if (this.#bytesSinceProgress < PROGRESS_BYTES) return;
    this.#bytesSinceProgress = 0;
    this.deadlineAtMs = performance.now() + this.#bounds.bodyTimeoutMs;
  }

  #refuse(): GatewayError {
    this.#refusal = this.#tooLarge();
    this.#collector = null;
    this.#startClock();
    return this.#refusal;
  }

  #discard(refusal: GatewayError, pieceBytes: number, isLast: boolean): void {
    this.#discardedBytes += pieceBytes;
    const hopeless = this.#discardedBytes > this.#bounds.bodyLimitBytes * DISCARD_FACTOR;
    if (isLast || hopeless) this.#end(refusal, isLast);
  }

  /** Chunks may never begin, and until they do nobody calls. The server sets its timer when the handler returns. */
  #awaitChunks(): void {
    this.#startClock();
    setImmediate(() => {
      if (!this.#over) this.#receiver.onBodyAwaited();
    });
  }

  #startClock(): void {
    if (this.deadlineAtMs !== NEVER) return;
    this.deadlineAtMs = performance.now() + this.#bounds.bodyTimeoutMs;
    this.#bounds.deadlines.add(this);
  }

  #end(refusal: GatewayError, wasRead: boolean): void {
    this.stop();
    this.#receiver.onBodyRefused(refusal, wasRead);
  }

  #tooLarge(): GatewayError {
    const message = `The request body is larger than the ${this.#bounds.bodyLimitBytes} bytes that this gateway accepts.`;
    return new GatewayError("body_too_large", { message });
  }
}
