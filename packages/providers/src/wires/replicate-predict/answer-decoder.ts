import type { ChatAnswer } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { textOf } from "../../json/read.ts";
import { usageFromReplicate } from "./usage.ts";

const UNFINISHED: ReadonlySet<unknown> = new Set(["starting", "processing"]);
const FAILED: ReadonlySet<unknown> = new Set(["failed", "canceled", "aborted"]);

/**
 * Reads a prediction (Replicate HTTP API, "Get a prediction"). Why the model stopped is not told, so that a bound on its
 * output looks like its own end.
 *
 * @throws GatewayError `upstream_error` for a prediction that failed or took longer than Replicate waits,
 *   `upstream_invalid_response` for output that is no text
 */
export function decodePrediction(body: JsonObject): ChatAnswer {
  const text = demandOutput(body);
  const createdAtMs = Date.parse(textOf(body, "created_at") ?? "");
  return {
    wire: "replicate-predict",
    id: textOf(body, "id") ?? "",
    model: textOf(body, "model") ?? "",
    createdAtSeconds: Number.isNaN(createdAtMs) ? null : Math.floor(createdAtMs / 1000),
    choices: [
      {
        index: 0,
        parts: text === "" ? [] : [{ type: "text", text, extra: NO_EXTRA }],
        finish: "stop",
        extra: NO_EXTRA,
      },
    ],
    usage: usageFromReplicate(body.metrics),
    // What it has besides are times, logs and addresses of its own API.
    extra: NO_EXTRA,
  };
}

function demandOutput(body: JsonObject): string {
  const { status } = body;
  if (UNFINISHED.has(status))
    throw new GatewayError("upstream_error", {
      status: 504,
      type: "timeout_error",
      message: "The model provider waits 60 seconds for an answer, and the model needed longer.",
    });
  if (FAILED.has(status) || textOf(body, "error"))
    throw new GatewayError("upstream_error", {
      message: textOf(body, "error") || `The prediction ended as ${String(status)}.`,
    });
  const text = status === "succeeded" ? outputText(body.output ?? "") : null;
  if (text === null)
    throw new GatewayError("upstream_invalid_response", {
      message: "The model provider's answer holds no text; the model may be none that chats.",
    });
  return text;
}

/** A text, the pieces of one, or an object that holds it. */
function outputText(output: unknown): string | null {
  if (typeof output === "string") return output;
  if (Array.isArray(output))
    return output.every((piece) => typeof piece === "string") ? output.join("") : null;
  return isJsonObject(output) ? (textOf(output, "text") ?? null) : null;
}
