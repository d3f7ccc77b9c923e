import type { TokenUsage } from "../canonical/usage.ts";

/** Of a call that reads much from the cache, and reasons. */
export const SAMPLE_USAGE: TokenUsage = {
  uncachedInput: 176,
  cacheReadInput: 1_024,
  cacheWrite5mInput: 0,
  cacheWrite1hInput: 0,
  visibleOutput: 276,
  reasoningOutput: 64,
};
