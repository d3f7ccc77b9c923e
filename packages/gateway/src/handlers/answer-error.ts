import type { GatewayError } from "@headrace/core/errors/gateway-error";
import { openAiClientWire } from "@headrace/core/errors/openai-shape";
import type { ClientWire } from "@headrace/core/wire/client-wire";
import type { Exchange } from "../http/exchange.ts";
import { JSON_LINES } from "../http/header-lines.ts";

export interface ErrorAnswer {
  /** Further header lines. */
  readonly lines?: string;
  /** OpenAI's when absent. */
  readonly wire?: ClientWire;
}

/** Answers with an error in the shape of the client's wire. */
export function answerError(exchange: Exchange, error: GatewayError, answer: ErrorAnswer = {}): void {
  const { lines = "", wire = openAiClientWire } = answer;
  const body = wire.encodeError(error, exchange.requestId);
  const headerLines = `${JSON_LINES}${lines}${requestIdLine(wire, exchange.requestId)}${errorTypeLine(wire, error.status)}${retryAfterLines(error.retryAfterMs ?? null)}`;
  exchange.respond(error.status, headerLines, body);
}

/** The request's id once more, where the wire's SDKs look for it. */
export function requestIdLine({ requestIdHeader }: ClientWire, requestId: string): string {
  return requestIdHeader === undefined ? "" : `\r\n${requestIdHeader}: ${requestId}`;
}

/** The kind of an error, where the wire's SDKs look for it; "" for a good answer. */
export function errorTypeLine({ errorTypeHeader }: ClientWire, status: number): string {
  if (errorTypeHeader === undefined || status < 400) return "";
  return `\r\n${errorTypeHeader.name}: ${errorTypeHeader.valueFor(status)}`;
}

/** `Retry-After` counts whole seconds; the SDKs read the exact time from `retry-after-ms`. */
export function retryAfterLines(retryAfterMs: number | null): string {
  if (retryAfterMs === null) return "";
  return `\r\nretry-after: ${Math.ceil(retryAfterMs / 1000)}\r\nretry-after-ms: ${Math.ceil(retryAfterMs)}`;
}
