import type { FinishReason } from "@headrace/core/canonical/chat";
import { type TokenUsage, totalInputTokens, totalOutputTokens } from "@headrace/core/canonical/usage";
import type { JsonObject } from "@headrace/core/json-object";

/** There are three on this wire (OpenAI API reference, "The completion object"). */
export const FINISH_TO_COMPLETION: Readonly<Record<FinishReason, string>> = {
  stop: "stop",
  length: "length",
  "tool-calls": "stop",
  "content-filter": "content_filter",
  error: "length",
  other: "stop",
};

export function usageToCompletion(usage: TokenUsage | null): JsonObject {
  const prompt = usage === null ? 0 : totalInputTokens(usage);
  const completion = usage === null ? 0 : totalOutputTokens(usage);
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}
