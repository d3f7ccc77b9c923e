import type { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ClientWire } from "@headrace/core/wire/client-wire";

/** What the gateway itself says to Cohere's SDKs (Cohere API reference, "Errors", "Chat with Streaming"). */
export const cohereClientWire: ClientWire = {
  encodeError: (error, requestId) => JSON.stringify({ id: requestId, message: error.message }),
  encodeStreamError: (error) => `event: message-end\ndata: ${brokenEnd(error)}\n\n`,
  keepAlive: ": keep-alive\n\n",
  closingEvents: ["event: message-end", "event:message-end"],
};

/** A stream has no other word for an error than the end of the message that it broke. */
function brokenEnd({ message }: GatewayError): string {
  return JSON.stringify({ type: "message-end", delta: { error: message, finish_reason: "ERROR" } });
}
