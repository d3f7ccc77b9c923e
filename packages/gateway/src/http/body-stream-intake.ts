import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { Deadlined, Deadlines } from "../time/deadlines.ts";

export interface BodyStreamBounds {
  readonly deadlines: Deadlines;
  readonly limitBytes: number;
  /** What `limitBytes` is called in the configuration. */
  readonly limitName: string;
  readonly bodyTimeoutMs: number;
}

/** Hears of one body: any number of `onBodyPiece`, the last one marked, or in place of the rest `onBodyRefused`. */
export interface BodyPieceReceiver {
  /** @param lent - only good until this returns; maybe empty when it is the last one */
  onBodyPiece(lent: Uint8Array, isLast: boolean): void;
  onBodyRefused(error: GatewayError): void;
}

/** A body that brings this much has the whole time again: slow lines may be slow, a drip of bytes may not. */
const PROGRESS_BYTES = 64 * 1024;

const NEVER = Number.POSITIVE_INFINITY;

/** Takes in the body of one request piece by piece, within its bounds. Nothing is kept. */
export class BodyStreamIntake implements Deadlined {
  deadlineAtMs: number = NEVER;
  deadlineSlot = -1;
  readonly #receiver: BodyPieceReceiver;
  readonly #bounds: BodyStreamBounds;
  #bodyBytes = 0;
  #bytesSinceProgress = 0;
  #over = false;

  constructor(receiver: BodyPieceReceiver, bounds: BodyStreamBounds) {
    this.#receiver = receiver;
    this.#bounds = bounds;
  }

  get over(): boolean {
    return this.#over;
  }

  /** @param announcedBytes - `content-length`, or NaN */
  start(announcedBytes: number): void {
    if (announcedBytes > this.#bounds.limitBytes) {
      this.#refuse(this.#tooLarge());
      return;
    }
    this.restartClock();
    this.#bounds.deadlines.add(this);
  }

  /** Takes a piece; its memory is only lent. */
  push(lent: ArrayBuffer, isLast: boolean): void {
    if (this.#over) return;
    this.#bodyBytes += lent.byteLength;
    if (this.#bodyBytes > this.#bounds.limitBytes) {
      this.#refuse(this.#tooLarge());
      return;
    }
    if (isLast) this.stop();
    else this.#noteProgress(lent.byteLength);
    this.#receiver.onBodyPiece(new Uint8Array(lent), isLast);
  }

  /** The client may not send, so that it cannot be late. */
  stopClock(): void {
    this.deadlineAtMs = NEVER;
  }

  restartClock(): void {
    if (!this.#over) this.deadlineAtMs = performance.now() + this.#bounds.bodyTimeoutMs;
  }

  /** Nobody wants the body any more. */
  stop(): void {
    this.#over = true;
    this.#bounds.deadlines.delete(this);
  }

  onDeadline(): void {
    this.#refuse(new GatewayError("request_timeout"));
  }

  #noteProgress(pieceBytes: number): void {
    this.#bytesSinceProgress += pieceBytes;
    if (this.#bytesSinceProgress < PROGRESS_BYTES || this.deadlineAtMs === NEVER) return;
    this.#bytesSinceProgress = 0;
    this.restartClock();
  }

  #refuse(error: GatewayError): void {
    this.stop();
    this.#receiver.onBodyRefused(error);
  }

  #tooLarge(): GatewayError {
    const { limitBytes, limitName } = this.#bounds;
    const message = `The request body is larger than the ${limitBytes} bytes that ${limitName} allows on this gateway.`;
    return new GatewayError("body_too_large", { message });
  }
}
