import type { TokenUsage } from "@headrace/core/canonical/usage";
import { isJsonObject } from "@headrace/core/json-object";
import { inputUsage } from "../../embedding/vectors.ts";
import { countOf } from "../../json/read.ts";

/** Jina API reference, "Reranker", `usage`: nothing is written, so that all tokens are of the input. Null for none. */
export function usageFromJina(raw: unknown): TokenUsage | null {
  if (!isJsonObject(raw)) return null;
  return inputUsage(countOf(raw, "total_tokens") ?? countOf(raw, "prompt_tokens"));
}
