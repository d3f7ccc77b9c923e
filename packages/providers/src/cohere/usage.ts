import { type TokenUsage, totalInputTokens, totalOutputTokens } from "@headrace/core/canonical/usage";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { countOf, objectOf } from "../json/read.ts";

/**
 * Reads `usage` of a chat, `meta` of the other calls (Cohere API reference, "Chat", `usage`; "How Does Cohere's Pricing
 * Work?"). It counts twice: `tokens` is all that the model read and wrote, Cohere's own template of some 500 to 1,500
 * tokens with it; `billed_units` is what has to be paid for, and that is counted here. `tokens` stand in for it where a
 * deployment bills nothing.
 *
 * `cached_tokens` is a part of `tokens`. Of those that are billed, at least as many came from the cache as did not fit
 * into what is not billed; no more is known.
 *
 * @returns null when `raw` tells neither input nor output
 */
export function usageFromCohere(raw: unknown): TokenUsage | null {
  if (!isJsonObject(raw)) return null;
  const billed = objectOf(raw, "billed_units") ?? {};
  const seen = objectOf(raw, "tokens") ?? {};
  const billedInput = inputOf(billed);
  const seenInput = inputOf(seen);
  const input = billedInput ?? seenInput;
  const output = countOf(billed, "output_tokens") ?? countOf(seen, "output_tokens");
  if (input === undefined && output === undefined) return null;
  const unbilled = Math.max(0, (seenInput ?? 0) - (billedInput ?? seenInput ?? 0));
  const cached = Math.max(0, (countOf(raw, "cached_tokens") ?? 0) - unbilled);
  const cacheReadInput = Math.min(input ?? 0, cached);
  return {
    uncachedInput: (input ?? 0) - cacheReadInput,
    cacheReadInput,
    cacheWrite5mInput: 0,
    cacheWrite1hInput: 0,
    visibleOutput: output ?? 0,
    reasoningOutput: 0,
  };
}

/** The inverse; for a client of Cohere's. What was written to a cache is input like any other there. */
export function usageToCohere(usage: TokenUsage): JsonObject {
  const counts = { input_tokens: totalInputTokens(usage), output_tokens: totalOutputTokens(usage) };
  const { cacheReadInput } = usage;
  return {
    billed_units: counts,
    tokens: counts,
    ...(cacheReadInput === 0 ? {} : { cached_tokens: cacheReadInput }),
  };
}

/** Pictures that are embedded are counted beside the texts. */
function inputOf(counts: JsonObject): number | undefined {
  const text = countOf(counts, "input_tokens");
  const images = countOf(counts, "image_tokens");
  return text === undefined && images === undefined ? undefined : (text ?? 0) + (images ?? 0);
}
