import type { Wire } from "../contract.ts";
import { isJsonObject, type JsonObject } from "../json.ts";
import { openAiError, openAiWire } from "../openai/wire.ts";
import type { WireError } from "../refusal.ts";
import type { StreamEvent } from "../stream-event.ts";

/** Responses share everything with OpenAI's other endpoints but how a stream fails. */
export const RESPONSES_WIRE: Wire = {
  ...openAiWire({ flavour: "openai" }),
  name: "responses",
  streamError: (error, sent) => {
    const { message, type, code, param } = openAiError(error);
    const event = {
      type: "error",
      sequence_number: sent.length,
      error: { type, code: code ?? type, message, param },
    };
    const failed = {
      type: "response.failed",
      sequence_number: sent.length + 1,
      response: failedResponse(error, sent),
    };
    return {
      error: [{ name: "error", data: JSON.stringify(event) }],
      closing: [{ name: "response.failed", data: JSON.stringify(failed) }],
    };
  },
};

/** The response that the stream began with, as one that failed. */
function failedResponse(error: WireError, sent: readonly StreamEvent[]): object {
  const { message, type, code } = openAiError(error);
  return { ...begun(sent), status: "failed", error: { code: code ?? type, message } };
}

function begun(sent: readonly StreamEvent[]): JsonObject {
  try {
    const first: unknown = JSON.parse(sent[0]?.data ?? "{}");
    if (isJsonObject(first) && isJsonObject(first.response)) return first.response;
  } catch {
    // A behaviour broke the event itself.
  }
  return { object: "response", output: [] };
}
