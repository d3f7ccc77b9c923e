import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { ProviderErrorWords } from "@headrace/core/provider-adapter";
import { countOf, objectOf, objectsOf, textOf } from "../../json/read.ts";
import { statusOfName } from "./error-status.ts";

/**
 * Google's errors: `{"error":{"code":400,"message","status":"INVALID_ARGUMENT","details":[…]}}`, in a list where the
 * answer to a stream without `alt=sse` is one. The details are of types: `BadRequest` names the fields at fault,
 * `ErrorInfo` the reason (google/rpc/error_details.proto).
 */
export function readGeminiError(status: number, body: unknown): ProviderErrorWords {
  const answer: unknown = Array.isArray(body) ? body[0] : body;
  const { message, code, param } = readProviderError(isJsonObject(answer) ? answer : {});
  return {
    message: message === "" ? `The provider answered with status ${status} and no words.` : message,
    code,
    param,
  };
}

/** An error object inside an answer of status 200, mostly in a stream. */
export function readStreamError(event: JsonObject): { message: string; status: number | null } {
  const { message, code, status } = readProviderError(event);
  return {
    message: message === "" ? `The provider ended its stream with an error: ${code ?? "no words"}.` : message,
    status,
  };
}

export function readProviderError(answer: JsonObject): ProviderErrorWords & {
  readonly status: number | null;
} {
  const error = objectOf(answer, "error") ?? {};
  const name = textOf(error, "status");
  const status = countOf(error, "code") ?? 0;
  const details = objectsOf(error, "details");
  const reason = details.map((detail) => textOf(detail, "reason")).find((text) => text !== undefined);
  const violations = details.flatMap((detail) => objectsOf(detail, "fieldViolations"));
  return {
    message: textOf(error, "message") ?? textOf(answer, "error") ?? "",
    code: reason ?? name ?? null,
    param: violations.map((violation) => textOf(violation, "field")).find((text) => text) ?? null,
    status: status >= 400 && status <= 599 ? status : statusOfName(name ?? ""),
  };
}
