import type { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ClientWire } from "@headrace/core/wire/client-wire";

/** What the gateway itself says to Cohere's SDKs (Cohere API reference, "Errors"). */
export const cohereClientWire: ClientWire = {
  encodeError,
  // Nothing of Cohere's is streamed to clients; an event all the same, so that no caller need know.
  encodeStreamError: (error, requestId) => `event: error\ndata: ${encodeError(error, requestId)}\n\n`,
  keepAlive: ": keep-alive\n\n",
};

function encodeError(error: GatewayError, requestId: string): string {
  return JSON.stringify({ id: requestId, message: error.message });
}
