import { type TokenUsage, totalInputTokens, totalOutputTokens } from "@headrace/core/canonical/usage";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { countOf, objectOf } from "../../json/read.ts";

/**
 * Reads a usage object, where `input_tokens` includes what was read from and written to the cache and `output_tokens`
 * includes reasoning (OpenAI API reference, "The response object", `usage`). Caches last 30 minutes or 12 hours; the
 * longer counts as the long one. Parts larger than their sum are cut to it.
 *
 * @returns null when `raw` has neither sum as a whole number
 */
export function usageFromOpenAiResponses(raw: unknown): TokenUsage | null {
  if (!isJsonObject(raw)) return null;
  const input = countOf(raw, "input_tokens");
  const output = countOf(raw, "output_tokens");
  if (input === undefined && output === undefined) return null;
  const inputDetails = objectOf(raw, "input_tokens_details") ?? {};
  const cached = part(inputDetails, "cached_tokens", input);
  const written = part(inputDetails, "cache_write_tokens", (input ?? 0) - cached);
  const writtenLong = part(
    objectOf(inputDetails, "cache_write_tokens_details") ?? {},
    "ttl_12h_tokens",
    written,
  );
  const reasoning = part(objectOf(raw, "output_tokens_details") ?? {}, "reasoning_tokens", output);
  return {
    uncachedInput: (input ?? 0) - cached - written,
    cacheReadInput: cached,
    cacheWrite5mInput: written - writtenLong,
    cacheWrite1hInput: writtenLong,
    visibleOutput: (output ?? 0) - reasoning,
    reasoningOutput: reasoning,
  };
}

export function usageToOpenAiResponses(usage: TokenUsage): JsonObject {
  const input = totalInputTokens(usage);
  const output = totalOutputTokens(usage);
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: usage.cacheReadInput,
      cache_write_tokens: usage.cacheWrite5mInput + usage.cacheWrite1hInput,
      ...(usage.cacheWrite1hInput === 0
        ? {}
        : {
            cache_write_tokens_details: {
              ttl_30m_tokens: usage.cacheWrite5mInput,
              ttl_12h_tokens: usage.cacheWrite1hInput,
            },
          }),
    },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: usage.reasoningOutput },
    total_tokens: input + output,
  };
}

function part(details: JsonObject, name: string, whole: number | undefined): number {
  return Math.min(whole ?? 0, countOf(details, name) ?? 0);
}
