import type { TokenUsage } from "@headrace/core/canonical/usage";
import { isJsonObject } from "@headrace/core/json-object";
import { countOf } from "../../json/read.ts";

/**
 * Reads the counts of a whole answer or of a stream's last line, which stand beside the message (Ollama API reference,
 * "Chat"): `prompt_eval_count` is of the whole prompt, `eval_count` of all that was written, thoughts with it. Counts of 0
 * are left out.
 *
 * @returns null when `raw` tells neither input nor output
 */
export function usageFromOllama(raw: unknown): TokenUsage | null {
  if (!isJsonObject(raw)) return null;
  const prompt = countOf(raw, "prompt_eval_count");
  const output = countOf(raw, "eval_count");
  if (prompt === undefined && output === undefined) return null;
  const input = prompt ?? 0;
  const cacheReadInput = Math.min(input, countOf(raw, "prompt_eval_cached_count") ?? 0);
  return {
    uncachedInput: input - cacheReadInput,
    cacheReadInput,
    cacheWrite5mInput: 0,
    cacheWrite1hInput: 0,
    visibleOutput: output ?? 0,
    reasoningOutput: 0,
  };
}
