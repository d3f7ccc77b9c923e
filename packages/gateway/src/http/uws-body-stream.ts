import type { HttpResponse } from "uWebSockets.js";
import type { GatewayError } from "@headrace/core/errors/gateway-error";
import type { BodyBounds } from "./body-intake.ts";
import { type BodyPieceReceiver, BodyStreamIntake } from "./body-stream-intake.ts";
import type { BodyStreamLimit } from "./exchange.ts";

export interface UwsBodyStreamOptions {
  readonly receiver: BodyPieceReceiver;
  readonly limit: BodyStreamLimit;
  /** The client has stopped sending. */
  readonly onTimeout: () => void;
}

/** The server would cut a slow body off by a rule of its own, without an answer; resuming puts its timer back. */
export function awaitBody(res: HttpResponse): void {
  res.pause();
  res.resume();
}

/** A body that is given on in pieces, as fast as they are taken. Of no use once the exchange has stopped it. */
export class UwsBodyStream implements BodyPieceReceiver {
  readonly #res: HttpResponse;
  readonly #receiver: BodyPieceReceiver;
  readonly #onTimeout: () => void;
  readonly #intake: BodyStreamIntake;
  #paused = false;

  constructor(res: HttpResponse, host: BodyBounds, { receiver, limit, onTimeout }: UwsBodyStreamOptions) {
    const { deadlines, bodyTimeoutMs } = host;
    this.#res = res;
    this.#receiver = receiver;
    this.#onTimeout = onTimeout;
    const bounds = { deadlines, bodyTimeoutMs, limitBytes: limit.bytes, limitName: limit.name };
    this.#intake = new BodyStreamIntake(this, bounds);
  }

  start(announcedBytes: number): void {
    this.#intake.start(announcedBytes);
  }

  push(piece: ArrayBuffer, isLast: boolean): void {
    this.#intake.push(piece, isLast);
  }

  stop(): void {
    this.#intake.stop();
    this.#paused = false;
  }

  pause(): void {
    if (this.#paused || this.#intake.over) return;
    this.#paused = true;
    this.#intake.stopClock();
    this.#res.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#intake.restartClock();
    this.#res.resume();
  }

  onBodyPiece(piece: Buffer, isLast: boolean): void {
    if (!isLast && !this.#paused) awaitBody(this.#res);
    this.#receiver.onBodyPiece(piece, isLast);
  }

  onBodyRefused(error: GatewayError): void {
    if (error.code === "request_timeout") this.#onTimeout();
    this.#receiver.onBodyRefused(error);
  }
}
