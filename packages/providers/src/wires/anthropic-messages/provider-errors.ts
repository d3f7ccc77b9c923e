import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { ProviderErrorWords } from "@headrace/core/provider-adapter";
import { objectOf, textOf } from "../../json/read.ts";
import { anthropicErrorStatus } from "./error-types.ts";

/**
 * Anthropic's own shape, `{"type":"error","error":{"type","message","details":{"error_code"}}}`; Google's, which Vertex
 * answers with before Claude is reached and may wrap in a list, `{"error":{"message","status"}}`; and Bedrock's,
 * `{"message"}`.
 */
export function readAnthropicError(status: number, body: unknown): ProviderErrorWords {
  const answer: unknown = Array.isArray(body) ? body[0] : body;
  const outer = isJsonObject(answer) ? answer : {};
  const error = objectOf(outer, "error") ?? outer;
  const message = textOf(error, "message") ?? textOf(outer, "error") ?? "";
  const code = textOf(objectOf(error, "details") ?? {}, "error_code") ?? textOf(error, "status");
  return {
    message: message === "" ? `The provider answered with status ${status} and no words.` : message,
    code: code ?? (error === outer ? undefined : textOf(error, "type")) ?? null,
    param: null,
  };
}

/** An `error` event of a stream. */
export function readStreamError(event: JsonObject): { message: string; status: number | null } {
  const error = objectOf(event, "error") ?? {};
  const type = textOf(error, "type") ?? "";
  const message = textOf(error, "message") ?? "";
  return {
    message: message === "" ? `The provider ended its stream with an error: ${type || "no words"}.` : message,
    status: anthropicErrorStatus(type),
  };
}
