import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { ProviderErrorWords } from "@headrace/core/provider-adapter";
import { numberOf, objectOf, textOf } from "../../json/read.ts";
import { isErrorStatus, statusOfOpenAiName } from "../../openai/error-statuses.ts";

/**
 * OpenAI's shape, `{"error":{"message","type","param","code"}}`, in which Azure answers too; and the plain
 * `{"message"}`, `{"error":"…"}` or `{"detail":"…"}` of servers that are compatible with it.
 */
export function readOpenAiResponsesError(status: number, body: unknown): ProviderErrorWords {
  const outer = isJsonObject(body) ? body : {};
  const error = objectOf(outer, "error") ?? outer;
  const message = textOf(error, "message") ?? textOf(outer, "error") ?? textOf(outer, "detail") ?? "";
  return {
    message: message === "" ? `The provider answered with status ${status} and no words.` : message,
    code: textOf(error, "code") ?? textOf(error, "type") ?? null,
    param: textOf(error, "param") ?? null,
  };
}

/** What was wrong with an image that the client sent. */
const IMAGE_FAULT = /image/;

/**
 * The error of a stream: an `error` event, whose words OpenAI puts into `error` and its reference beside the type, or
 * the `error` of a failed response.
 */
export function readResponseFailure(holder: JsonObject): { message: string; status: number | null } {
  const error = objectOf(holder, "error") ?? holder;
  const code = textOf(error, "code") ?? textOf(error, "type") ?? "";
  const message = textOf(error, "message") ?? textOf(holder, "error") ?? "";
  const named = [numberOf(error, "status"), numberOf(holder, "status")].find(isErrorStatus);
  return {
    message: message === "" ? `The provider's response failed: ${code || "no words"}.` : message,
    status: statusOfOpenAiName(code) ?? (IMAGE_FAULT.test(code) ? 400 : null) ?? named ?? null,
  };
}
