import type { ClientWire } from "../wire/client-wire.ts";
import type { GatewayError } from "./gateway-error.ts";

/**
 * The error body of the OpenAI wire: `{"error":{message,type,param,code}}`, with `request_id` added so
 * that a user can quote it. The official SDK reads `message`, `type`, `param` and `code` from here.
 */
export function encodeOpenAiError(error: GatewayError, requestId: string): string {
  return JSON.stringify({
    error: {
      message: error.message,
      type: error.type,
      param: error.param,
      code: error.code,
      request_id: requestId,
    },
  });
}

/** The same as an SSE event, for an error after the stream began; no `[DONE]` may follow it. */
export function encodeOpenAiStreamError(error: GatewayError, requestId: string): string {
  return `data: ${encodeOpenAiError(error, requestId)}\n\n`;
}

/** What the gateway itself says to clients of the OpenAI wire, and to those whose wire it cannot tell. */
export const openAiClientWire: ClientWire = {
  encodeError: encodeOpenAiError,
  encodeStreamError: encodeOpenAiStreamError,
  keepAlive: ": keep-alive\n\n",
  closingEvents: ["data: [DONE]", "data:[DONE]"],
};
