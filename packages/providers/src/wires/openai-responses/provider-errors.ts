import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { ProviderErrorWords } from "@headrace/core/provider-adapter";
import { numberOf, objectOf, textOf } from "../../json/read.ts";

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

/** OpenAI, "Error codes", and API reference, "The response object", `error.code`. */
const STATUS_BY_CODE: ReadonlyMap<string, number> = new Map([
  ["invalid_prompt", 400],
  ["invalid_request_error", 400],
  ["context_length_exceeded", 400],
  ["invalid_encrypted_content", 400],
  ["previous_response_not_found", 400],
  ["cyber_policy", 400],
  ["bio_policy", 400],
  ["authentication_error", 401],
  ["invalid_api_key", 401],
  ["permission_error", 403],
  ["model_not_found", 404],
  ["insufficient_quota", 429],
  ["rate_limit_exceeded", 429],
  ["rate_limit_error", 429],
  ["too_many_requests", 429],
  ["server_error", 500],
  ["server_is_overloaded", 503],
  ["slow_down", 503],
  ["vector_store_timeout", 504],
]);

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
  const status = numberOf(error, "status") ?? numberOf(holder, "status");
  return {
    message: message === "" ? `The provider's response failed: ${code || "no words"}.` : message,
    status: STATUS_BY_CODE.get(code) ?? (IMAGE_FAULT.test(code) ? 400 : errorStatus(status)),
  };
}

function errorStatus(status: number | undefined): number | null {
  return status !== undefined && Number.isInteger(status) && status >= 400 && status <= 599 ? status : null;
}
