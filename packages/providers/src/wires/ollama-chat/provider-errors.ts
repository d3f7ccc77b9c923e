import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { ProviderErrorWords } from "@headrace/core/provider-adapter";
import { objectOf, textOf } from "../../json/read.ts";

/** Ollama's is `{"error":"…"}`, in the middle of a stream as well (API reference, "Errors"). */
export function readOllamaError(status: number, body: unknown): ProviderErrorWords {
  const message = wordsOf(isJsonObject(body) ? body : {});
  return {
    message: message ?? `The provider answered with status ${status} and no words.`,
    code: null,
    param: null,
  };
}

/** The message of an error in place of an answer or a line; null for what is none. */
export function errorIn(body: JsonObject): string | null {
  if (body.error === undefined || body.error === null) return null;
  return wordsOf(body) ?? "The provider failed and gave no reason.";
}

/** Its OpenAI-compatible calls, and proxies before it, have an object there. */
function wordsOf(body: JsonObject): string | undefined {
  const candidates = [textOf(body, "error"), textOf(objectOf(body, "error") ?? {}, "message")];
  return candidates.find((text) => text !== undefined && text !== "");
}
