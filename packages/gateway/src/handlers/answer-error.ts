import type { GatewayError } from "@headrace/core/errors/gateway-error";
import { encodeOpenAiError } from "@headrace/core/errors/openai-shape";
import type { Exchange } from "../http/exchange.ts";
import { JSON_LINES } from "../http/header-lines.ts";

/** Answers with an error in the shape of the OpenAI wire. */
export function answerError(exchange: Exchange, error: GatewayError, headerLines: string): void {
  const body = encodeOpenAiError(error, exchange.requestId);
  const lines = `${JSON_LINES}${headerLines}${retryAfterLines(error.retryAfterMs ?? null)}`;
  exchange.respond(error.status, lines, body);
}

/** `Retry-After` counts whole seconds; the SDKs read the exact time from `retry-after-ms`. */
export function retryAfterLines(retryAfterMs: number | null): string {
  if (retryAfterMs === null) return "";
  return `\r\nretry-after: ${Math.ceil(retryAfterMs / 1000)}\r\nretry-after-ms: ${Math.ceil(retryAfterMs)}`;
}
