import { isJsonObject } from "@headrace/core/json-object";
import type { ProviderErrorWords } from "@headrace/core/provider-adapter";
import { objectsOf, textOf } from "../../json/read.ts";

/**
 * Replicate's is a problem of RFC 9457, `{"title","detail","status","invalid_fields":[{"field","description"}]}`; older
 * parts of it answer `{"detail"}` alone (Replicate HTTP API, "Errors").
 */
export function readReplicateError(status: number, body: unknown): ProviderErrorWords {
  const problem = isJsonObject(body) ? body : {};
  const [invalid] = objectsOf(problem, "invalid_fields");
  const words = [textOf(problem, "detail"), textOf(problem, "error"), textOf(problem, "title")];
  return {
    message:
      words.find((text) => text !== undefined && text !== "") ??
      `The provider answered with status ${status} and no words.`,
    code: textOf(problem, "title") || null,
    param: textOf(invalid ?? {}, "field") || null,
  };
}
