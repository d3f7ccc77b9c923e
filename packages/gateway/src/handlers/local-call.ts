import type { GatewayError } from "@headrace/core/errors/gateway-error";
import { ERROR_TABLE, type ErrorCode } from "@headrace/core/errors/table";
import type { Exchange } from "../http/exchange.ts";
import { JSON_LINES } from "../http/header-lines.ts";
import { type Recorder, record } from "../pipeline/record.ts";
import { answerError } from "./answer-error.ts";

/** A request that the gateway answers by itself: it is answered once, and counted and logged with that. */
export class LocalCall {
  /** Whose key it came with, once that is known. */
  keyName = "";
  requestBytes = 0;
  readonly #exchange: Exchange;
  readonly #recorder: Recorder;
  #over = false;

  constructor(exchange: Exchange, recorder: Recorder) {
    this.#exchange = exchange;
    this.#recorder = recorder;
  }

  answer(json: string | Uint8Array): void {
    if (this.#over) return;
    this.#exchange.respond(200, JSON_LINES, json);
    this.#finish(200, null, typeof json === "string" ? Buffer.byteLength(json) : json.length);
  }

  refuse(error: GatewayError, headerLines = ""): void {
    if (this.#over) return;
    answerError(this.#exchange, error, headerLines);
    this.#finish(error.status, error.code, 0);
  }

  /** The client left before it was answered. */
  abandon(): void {
    if (!this.#over) this.#finish(ERROR_TABLE.client_closed.status, "client_closed", 0);
  }

  #finish(status: number, errorCode: ErrorCode | null, answerBytes: number): void {
    this.#over = true;
    const durationMs = performance.now() - this.#exchange.startedAtMs;
    record(this.#recorder, {
      requestId: this.#exchange.requestId,
      keyName: this.keyName,
      status,
      errorCode,
      stream: false,
      attempts: 0,
      requestBytes: this.requestBytes,
      answerBytes,
      events: 0,
      usage: null,
      durationMs,
      firstTokenMs: null,
      overheadMs: durationMs,
    });
  }
}
