import type { TokenUsage } from "@headrace/core/canonical/usage";
import { isJsonObject } from "@headrace/core/json-object";
import { countOf } from "../../json/read.ts";

/**
 * Reads a prediction's `metrics`, where language models count their tokens (Replicate, "Predictions", lifecycle and
 * metrics). Many are billed by time instead, and then there may be none.
 */
export function usageFromReplicate(raw: unknown): TokenUsage | null {
  if (!isJsonObject(raw)) return null;
  const input = countOf(raw, "input_token_count");
  const output = countOf(raw, "output_token_count");
  if (input === undefined && output === undefined) return null;
  return {
    uncachedInput: input ?? 0,
    cacheReadInput: 0,
    cacheWrite5mInput: 0,
    cacheWrite1hInput: 0,
    visibleOutput: output ?? 0,
    reasoningOutput: 0,
  };
}
