/** Usage as Anthropic counts it: `input_tokens` is without what was read from or written to the prompt cache. */
import { addUsage, type TokenUsage, totalOutputTokens } from "@headrace/core/canonical/usage";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { countOf, objectOf, objectsOf } from "../../json/read.ts";

/**
 * Source: Anthropic API reference, "Messages", `usage`. What a compaction of the context took is left out of the sums
 * there and stands in `iterations` (beta "compact-2026-01-12").
 *
 * @returns null when `raw` tells neither input nor output
 */
export function usageFromAnthropic(raw: unknown): TokenUsage | null {
  if (!isJsonObject(raw)) return null;
  if (countOf(raw, "input_tokens") === undefined && countOf(raw, "output_tokens") === undefined) return null;
  let usage = readCounts(raw);
  for (const iteration of objectsOf(raw, "iterations")) {
    if (iteration.type === "compaction") usage = addUsage(usage, readCounts(iteration));
  }
  return usage;
}

/** The inverse; for a client on this wire. */
export function usageToAnthropic(usage: TokenUsage): JsonObject {
  const { cacheWrite5mInput, cacheWrite1hInput, reasoningOutput } = usage;
  return {
    input_tokens: usage.uncachedInput,
    cache_creation_input_tokens: cacheWrite5mInput + cacheWrite1hInput,
    cache_read_input_tokens: usage.cacheReadInput,
    cache_creation: {
      ephemeral_5m_input_tokens: cacheWrite5mInput,
      ephemeral_1h_input_tokens: cacheWrite1hInput,
    },
    output_tokens: totalOutputTokens(usage),
    ...(reasoningOutput === 0 ? {} : { output_tokens_details: { thinking_tokens: reasoningOutput } }),
  };
}

/**
 * Reports of one stream become one: a later count replaces an earlier one, and null says nothing (the last report has
 * null for what does not apply).
 */
export function mergeReports(earlier: JsonObject, later: JsonObject): JsonObject {
  return { ...earlier, ...withoutNulls(later) };
}

export function withoutNulls(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null));
}

function readCounts(raw: JsonObject): TokenUsage {
  const writes = objectOf(raw, "cache_creation") ?? {};
  const write1h = countOf(writes, "ephemeral_1h_input_tokens") ?? 0;
  const written =
    countOf(raw, "cache_creation_input_tokens") ??
    write1h + (countOf(writes, "ephemeral_5m_input_tokens") ?? 0);
  const cacheWrite1hInput = Math.min(write1h, written);
  const output = countOf(raw, "output_tokens") ?? 0;
  const details = objectOf(raw, "output_tokens_details") ?? {};
  const reasoningOutput = Math.min(output, countOf(details, "thinking_tokens") ?? 0);
  return {
    uncachedInput: countOf(raw, "input_tokens") ?? 0,
    cacheReadInput: countOf(raw, "cache_read_input_tokens") ?? 0,
    // A last report corrects the sum and does not repeat its parts.
    cacheWrite5mInput: written - cacheWrite1hInput,
    cacheWrite1hInput,
    visibleOutput: output - reasoningOutput,
    reasoningOutput,
  };
}
