import type { GatewayError } from "@headrace/core/errors/gateway-error";
import { encodeOpenAiError } from "@headrace/core/errors/openai-shape";
import type { ClientWire } from "@headrace/core/wire/client-wire";
import { emulatedResponseId } from "./stored-id.ts";

/** Higher than that of any event before, and still a number for clients that count in 32 bits. */
const ERROR_SEQUENCE = 2_147_483_646;

/** What the gateway itself says to clients of Responses. */
export const openAiResponsesClientWire: ClientWire = {
  encodeError: encodeOpenAiError,
  encodeStreamError,
  keepAlive: ": keep-alive\n\n",
  closingEvents: ["event: response.completed", "event: response.incomplete", "event: response.failed"],
};

/**
 * As OpenAI's streams fail: an `error` event, then the failed response. The reference has the error's words beside the
 * type, recorded streams have them in `error`, and clients read either; Codex reads the failed response only.
 */
function encodeStreamError(error: GatewayError, requestId: string): string {
  const { message, type, param, code } = error;
  const words = { code, message, param };
  const event = {
    type: "error",
    sequence_number: ERROR_SEQUENCE,
    ...words,
    error: { type, ...words, request_id: requestId },
  };
  const failed = {
    type: "response.failed",
    sequence_number: ERROR_SEQUENCE + 1,
    response: {
      id: emulatedResponseId(requestId, ""),
      object: "response",
      status: "failed",
      error: { code, message },
      incomplete_details: null,
      output: [],
      usage: null,
    },
  };
  return `event: error\ndata: ${JSON.stringify(event)}\n\nevent: response.failed\ndata: ${JSON.stringify(failed)}\n\n`;
}
