import { type TokenUsage, totalInputTokens, totalOutputTokens } from "@headrace/core/canonical/usage";
import type { JsonObject } from "@headrace/core/json-object";

/**
 * Usage as this wire has it, where the sums include their parts (OpenAI API reference, "The chat completion object").
 * Writes to a cache are not OpenAI's; `cache_creation_tokens` is what LiteLLM and OpenRouter call them.
 */
export function usageToOpenAi(usage: TokenUsage): JsonObject {
  const prompt = totalInputTokens(usage);
  const completion = totalOutputTokens(usage);
  const written = usage.cacheWrite5mInput + usage.cacheWrite1hInput;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: {
      cached_tokens: usage.cacheReadInput,
      ...(written === 0 ? {} : { cache_creation_tokens: written }),
    },
    completion_tokens_details: { reasoning_tokens: usage.reasoningOutput },
  };
}
