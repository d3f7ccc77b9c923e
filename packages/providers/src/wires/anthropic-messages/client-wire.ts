import type { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ClientWire } from "@headrace/core/wire/client-wire";
import { anthropicErrorType } from "./error-types.ts";

/** What the gateway itself says to clients of Messages and of its token counting. */
export const anthropicClientWire: ClientWire = {
  encodeError,
  encodeStreamError(error, requestId) {
    return `event: error\ndata: ${encodeError(error, requestId)}\n\n`;
  },
  // Coding agents take a comment for silence, this event they know (Anthropic API reference, "Streaming", "Ping events").
  requestIdHeader: "request-id", // Anthropic API reference, "Errors", "Request id"
  keepAlive: 'event: ping\ndata: {"type":"ping"}\n\n',
  closingEvents: ["event: message_stop", "event:message_stop"],
};

/** Source: Anthropic API reference, "Errors", "Error shapes". */
function encodeError(error: GatewayError, requestId: string): string {
  return JSON.stringify({
    type: "error",
    error: { type: anthropicErrorType(error.status), message: error.message },
    request_id: requestId,
  });
}
