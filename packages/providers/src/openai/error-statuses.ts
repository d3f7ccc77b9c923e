import type { JsonObject } from "@headrace/core/json-object";
import { textOf } from "../json/read.ts";

/** OpenAI, "Error codes", and API reference, "The response object", `error.code`; codes and types share no name. */
const STATUS_BY_NAME: ReadonlyMap<string, number> = new Map([
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

/** Null for a name that OpenAI does not list. */
export function statusOfOpenAiName(name: string): number | null {
  return STATUS_BY_NAME.get(name) ?? null;
}

/**
 * The HTTP status that an error object names, as a number in any of the places where vendors put one, or by a code or a
 * type of OpenAI's; null where it names none.
 */
export function statusInOpenAiError(error: JsonObject): number | null {
  const number = [error.code, error.status, error.status_code].map(Number).find(isErrorStatus);
  if (number !== undefined) return number;
  const names = [textOf(error, "code"), textOf(error, "type")];
  return names.map((name = "") => statusOfOpenAiName(name)).find((status) => status !== null) ?? null;
}

export function isErrorStatus(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 400 && value <= 599;
}
