import type { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ClientWire } from "@headrace/core/wire/client-wire";

/** What the gateway itself says to clients of Jina's reranking. */
export const jinaRerankClientWire: ClientWire = {
  encodeError,
  // Nothing is streamed here; an event all the same, so that no caller need know.
  encodeStreamError: (error, requestId) => `data: ${encodeError(error, requestId)}\n\n`,
  keepAlive: ": keep-alive\n\n",
};

/** Jina's clients read `detail`; those of servers that took its call over read OpenAI's `error`. */
function encodeError(error: GatewayError, requestId: string): string {
  const { message, type, param, code } = error;
  return JSON.stringify({ detail: message, error: { message, type, param, code, request_id: requestId } });
}
