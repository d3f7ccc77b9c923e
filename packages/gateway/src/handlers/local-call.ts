import type { GatewayError } from "@headrace/core/errors/gateway-error";
import { ERROR_TABLE, type ErrorCode } from "@headrace/core/errors/table";
import type { Exchange, ExchangeOwner } from "../http/exchange.ts";
import { JSON_LINES } from "../http/header-lines.ts";
import { type Recorder, record } from "../pipeline/record.ts";
import { answerError, type ErrorAnswer } from "./answer-error.ts";

interface Ending {
  readonly status: number;
  readonly errorCode: ErrorCode | null;
  readonly answerBytes: number;
  /** When the answer was given; from then on it is the client who takes the time. */
  readonly givenAtMs: number;
}

/**
 * A request that the gateway answers by itself: it is answered once, and counted and logged when its client has the
 * answer or has left. It owns the exchange, unless somebody who needs the body takes it over and passes both ends on.
 */
export class LocalCall implements ExchangeOwner {
  /** Whose key it came with, once that is known. */
  keyName = "";
  requestBytes = 0;
  readonly #exchange: Exchange;
  readonly #recorder: Recorder;
  #ending: Ending | null = null;
  #over = false;

  constructor(exchange: Exchange, recorder: Recorder) {
    this.#exchange = exchange;
    this.#recorder = recorder;
    exchange.attach(this);
  }

  answer(json: string | Uint8Array): void {
    const answerBytes = typeof json === "string" ? Buffer.byteLength(json) : json.length;
    if (this.#give(200, null, answerBytes)) this.#exchange.respond(200, JSON_LINES, json);
  }

  refuse(error: GatewayError, answer: ErrorAnswer = {}): void {
    if (this.#give(error.status, error.code, 0)) answerError(this.#exchange, error, answer);
  }

  onSent(): void {
    if (this.#ending !== null) this.#finish(this.#ending);
  }

  onClosed(): void {
    const { status } = ERROR_TABLE.client_closed;
    const { answerBytes, givenAtMs } = this.#ending ?? { answerBytes: 0, givenAtMs: performance.now() };
    this.#finish({ status, errorCode: "client_closed", answerBytes, givenAtMs });
  }

  onBody(): void {}
  onBodyRefused(): void {}
  onDrained(): void {}
  onBroken(): void {}

  /** False when it has been answered, or there is nobody left to answer. */
  #give(status: number, errorCode: ErrorCode | null, answerBytes: number): boolean {
    if (this.#ending !== null || this.#over) return false;
    this.#ending = { status, errorCode, answerBytes, givenAtMs: performance.now() };
    if (!this.#exchange.closed) return true;
    this.onClosed();
    return false;
  }

  #finish({ status, errorCode, answerBytes, givenAtMs }: Ending): void {
    if (this.#over) return;
    this.#over = true;
    const { startedAtMs, requestId } = this.#exchange;
    record(this.#recorder, {
      requestId,
      keyName: this.keyName,
      status,
      errorCode,
      stream: false,
      tries: [],
      last: undefined,
      startedAtMs,
      requestBytes: this.requestBytes,
      answerBytes,
      events: 0,
      usage: null,
      costUsd: null,
      durationMs: performance.now() - startedAtMs,
      firstTokenMs: null,
      overheadMs: givenAtMs - startedAtMs,
      queuedMs: 0,
      droppedParams: [],
    });
  }
}
