import { type TokenUsage, totalInputTokens, totalOutputTokens } from "@headrace/core/canonical/usage";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { countOf, objectsOf } from "../../json/read.ts";

/**
 * Bedrock API reference, "TokenUsage": `inputTokens` is without what was read from or written to the cache; output is
 * one sum, reasoning included. Whole answers carry the counts of the cache under a second name too.
 *
 * @returns null when `raw` tells neither input nor output
 */
export function usageFromConverse(raw: unknown): TokenUsage | null {
  if (!isJsonObject(raw)) return null;
  const input = countOf(raw, "inputTokens");
  const output = countOf(raw, "outputTokens");
  if (input === undefined && output === undefined) return null;
  const written = countOf(raw, "cacheWriteInputTokens") ?? countOf(raw, "cacheWriteInputTokenCount") ?? 0;
  const cacheWrite1hInput = Math.min(written, writtenForAnHour(raw));
  return {
    uncachedInput: input ?? 0,
    cacheReadInput: countOf(raw, "cacheReadInputTokens") ?? countOf(raw, "cacheReadInputTokenCount") ?? 0,
    cacheWrite5mInput: written - cacheWrite1hInput,
    cacheWrite1hInput,
    visibleOutput: output ?? 0,
    reasoningOutput: 0,
  };
}

/** The inverse; for a client on this wire, whose SDK types have the first three always. */
export function usageToConverse(usage: TokenUsage): JsonObject {
  const { uncachedInput, cacheReadInput, cacheWrite5mInput, cacheWrite1hInput } = usage;
  const written = cacheWrite5mInput + cacheWrite1hInput;
  const output = totalOutputTokens(usage);
  return {
    inputTokens: uncachedInput,
    outputTokens: output,
    totalTokens: totalInputTokens(usage) + output,
    ...(cacheReadInput === 0 ? {} : { cacheReadInputTokens: cacheReadInput }),
    ...(written === 0 ? {} : { cacheWriteInputTokens: written }),
    ...(cacheWrite1hInput === 0 ? {} : { cacheDetails: [{ ttl: "1h", inputTokens: cacheWrite1hInput }] }),
  };
}

function writtenForAnHour(raw: JsonObject): number {
  return objectsOf(raw, "cacheDetails")
    .filter(({ ttl }) => ttl === "1h")
    .reduce((sum, detail) => sum + (countOf(detail, "inputTokens") ?? 0), 0);
}
