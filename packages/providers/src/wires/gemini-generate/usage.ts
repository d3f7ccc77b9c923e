/** Usage as Google counts it: cached tokens are within `promptTokenCount`, thoughts are not within `candidatesTokenCount`. */
import { type TokenUsage, totalInputTokens, totalOutputTokens } from "@headrace/core/canonical/usage";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { camelFields } from "../../google/field-names.ts";
import { countOf } from "../../json/read.ts";

/**
 * Source: Gemini API reference, "generateContent", `UsageMetadata`: the total is prompt, candidates, thoughts and what
 * tools that ran at Google put into the prompt.
 *
 * @returns null when `raw` tells neither input nor output
 */
export function usageFromGemini(raw: unknown): TokenUsage | null {
  if (!isJsonObject(raw)) return null;
  const counts = camelFields(raw);
  const prompt = countOf(counts, "promptTokenCount");
  const candidates = countOf(counts, "candidatesTokenCount");
  const total = countOf(counts, "totalTokenCount");
  if (prompt === undefined && candidates === undefined && total === undefined) return null;
  const promptTokens = prompt ?? 0;
  const input = promptTokens + (countOf(counts, "toolUsePromptTokenCount") ?? 0);
  const thoughts = countOf(counts, "thoughtsTokenCount") ?? 0;
  const cacheReadInput = Math.min(promptTokens, countOf(counts, "cachedContentTokenCount") ?? 0);
  return {
    uncachedInput: input - cacheReadInput,
    cacheReadInput,
    cacheWrite5mInput: 0,
    cacheWrite1hInput: 0,
    visibleOutput: visibleTokens({ candidates, total, input, thoughts }),
    reasoningOutput: thoughts,
  };
}

/** The inverse; for a client on this wire. */
export function usageToGemini(usage: TokenUsage): JsonObject {
  const input = totalInputTokens(usage);
  return {
    promptTokenCount: input,
    ...(usage.cacheReadInput === 0 ? {} : { cachedContentTokenCount: usage.cacheReadInput }),
    candidatesTokenCount: usage.visibleOutput,
    ...(usage.reasoningOutput === 0 ? {} : { thoughtsTokenCount: usage.reasoningOutput }),
    totalTokenCount: input + totalOutputTokens(usage),
  };
}

interface Counts {
  readonly candidates: number | undefined;
  readonly total: number | undefined;
  readonly input: number;
  readonly thoughts: number;
}

/**
 * Some models leave `candidatesTokenCount` out while they think or at all, and some of Vertex's have counted the thoughts
 * in it; the total, which is what Google bills by, tells.
 */
function visibleTokens({ candidates, total, input, thoughts }: Counts): number {
  if (candidates === undefined) return total === undefined ? 0 : Math.max(0, total - input - thoughts);
  return thoughts > 0 && input + candidates === total ? Math.max(0, candidates - thoughts) : candidates;
}
