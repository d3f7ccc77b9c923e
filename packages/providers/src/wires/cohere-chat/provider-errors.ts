import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { ProviderErrorWords } from "@headrace/core/provider-adapter";
import { objectOf, textOf } from "../../json/read.ts";

/** Cohere's is `{"id","message"}` (API reference, "Errors"); what stands before it may answer `{"error"}` or `{"detail"}`. */
export function readCohereError(status: number, body: unknown): ProviderErrorWords {
  return {
    message: wordsOf(body) ?? `The provider answered with status ${status} and no words.`,
    code: null,
    param: null,
  };
}

/** The message of an error object in place of an answer or an event; null for what is none. */
export function errorIn(body: JsonObject): string | null {
  const isError = body.type === "error" || typeof body.message === "string" || body.error !== undefined;
  return isError ? (wordsOf(body) ?? "The provider failed and gave no reason.") : null;
}

function wordsOf(body: unknown): string | undefined {
  const answer = isJsonObject(body) ? body : {};
  const candidates = [
    textOf(answer, "message"),
    textOf(objectOf(answer, "error") ?? {}, "message"),
    textOf(answer, "error"),
    textOf(answer, "detail"),
  ];
  return candidates.find((text) => text !== undefined && text !== "");
}
