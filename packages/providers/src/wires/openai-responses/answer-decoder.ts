import type { AssistantPart, ChatAnswer, TokenLogprob } from "@headrace/core/canonical/chat";
import { type Citation, NO_EXTRA, type TextPart } from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import { extraOf, listOf, numberOf, objectOf, objectsOf, textOf } from "../../json/read.ts";
import { readAnnotation } from "./annotations.ts";
import { finishFromResponse } from "./finish-reasons.ts";
import { wrapInput } from "./freeform.ts";
import { readResponseFailure } from "./provider-errors.ts";
import { readReasoningItem, thinkingPart } from "./reasoning-state.ts";
import { usageFromOpenAiResponses } from "./usage.ts";

const ANSWER_FIELDS = new Set([
  "id",
  "object",
  "created_at",
  "completed_at",
  "status",
  "error",
  "incomplete_details",
  "model",
  "output",
  "usage",
  // What it repeats of the request that the gateway has written.
  "background",
  "instructions",
  "max_output_tokens",
  "max_tool_calls",
  "parallel_tool_calls",
  "previous_response_id",
  "prompt_cache_key",
  "prompt_cache_retention",
  "reasoning",
  "safety_identifier",
  "store",
  "temperature",
  "text",
  "tool_choice",
  "tools",
  "top_logprobs",
  "top_p",
  "truncation",
  "user",
  "metadata",
]);

/**
 * Reads a whole response (OpenAI API reference, "The response object").
 *
 * @throws GatewayError `upstream_invalid_response`; `upstream_error` for one that says that it failed
 */
export function decodeOpenAiResponsesAnswer(body: JsonObject): ChatAnswer {
  const output = listOf(body, "output");
  const status = textOf(body, "status") ?? "completed";
  if (status === "failed" || objectOf(body, "error") !== undefined) throw failed(body);
  if (output === undefined || (status !== "completed" && status !== "incomplete")) throw notAnAnswer(status);
  const parts = objectsOf(body, "output").flatMap(readItem);
  const reason =
    status === "incomplete"
      ? (textOf(objectOf(body, "incomplete_details") ?? {}, "reason") ?? "")
      : undefined;
  const logprobs = objectsOf(body, "output").flatMap(itemLogprobs);
  return {
    wire: "openai-responses",
    id: textOf(body, "id") ?? "",
    model: textOf(body, "model") ?? "",
    createdAtSeconds: numberOf(body, "created_at") ?? null,
    choices: [
      {
        index: 0,
        parts,
        finish: finishFromResponse(
          reason,
          parts.some(({ type }) => type === "tool-call"),
        ),
        ...(logprobs.length === 0 ? {} : { logprobs }),
        extra: NO_EXTRA,
      },
    ],
    usage: usageFromOpenAiResponses(body.usage),
    extra: extraOf(body, ANSWER_FIELDS),
  };
}

function failed(body: JsonObject): GatewayError {
  const { message, status } = readResponseFailure(body);
  return new GatewayError("upstream_error", { message, ...(status === null ? {} : { status }) });
}

function notAnAnswer(status: string): GatewayError {
  return new GatewayError("upstream_invalid_response", {
    message: `The model provider's answer is no finished response; its status is ${JSON.stringify(status.slice(0, 40))}.`,
  });
}

function readItem(item: JsonObject): readonly AssistantPart[] {
  switch (item.type) {
    case "message":
      return objectsOf(item, "content").flatMap(readContent);
    case "reasoning":
      return (readReasoningItem(item).thinking ?? []).map(thinkingPart);
    case "function_call":
      return [readCall(item, textOf(item, "arguments") ?? "")];
    case "custom_tool_call":
      return [readCall(item, wrapInput(textOf(item, "input") ?? ""))];
    case "image_generation_call": {
      const data = textOf(item, "result");
      return data === undefined ? [] : [{ type: "image", source: imageSource(item, data), extra: NO_EXTRA }];
    }
    default:
      return [{ type: "opaque", wire: "openai-responses", raw: item }];
  }
}

/** An image that the provider has made, with what it says of its form. */
export function imageSource(
  item: JsonObject,
  data: string,
): { readonly kind: "base64"; readonly mediaType: string; readonly data: string } {
  return { kind: "base64", mediaType: `image/${textOf(item, "output_format") ?? "png"}`, data };
}

function readCall(item: JsonObject, argumentsJson: string): AssistantPart {
  return {
    type: "tool-call",
    id: textOf(item, "call_id") ?? textOf(item, "id") ?? "",
    name: textOf(item, "name") ?? "",
    argumentsJson: argumentsJson.trim() === "" ? "{}" : argumentsJson,
    extra: NO_EXTRA,
  };
}

function readContent(content: JsonObject): readonly AssistantPart[] {
  if (content.type === "refusal") return [{ type: "refusal", text: textOf(content, "refusal") ?? "" }];
  if (content.type !== "output_text") return [];
  const citations = objectsOf(content, "annotations")
    .map(readAnnotation)
    .filter((citation): citation is Citation => citation !== null);
  const part: TextPart = {
    type: "text",
    text: textOf(content, "text") ?? "",
    ...(citations.length === 0 ? {} : { citations }),
    extra: NO_EXTRA,
  };
  return [part];
}

function itemLogprobs(item: JsonObject): readonly TokenLogprob[] {
  return objectsOf(item, "content").flatMap((content) => readLogprobs(content));
}

/** Of a text, or of a piece of it. */
export function readLogprobs(holder: JsonObject): readonly TokenLogprob[] {
  return objectsOf(holder, "logprobs").map((entry) => ({
    ...readTokenLogprob(entry),
    top: objectsOf(entry, "top_logprobs").map(readTokenLogprob),
  }));
}

function readTokenLogprob(entry: JsonObject): { readonly token: string; readonly logprob: number } {
  return { token: textOf(entry, "token") ?? "", logprob: numberOf(entry, "logprob") ?? 0 };
}
