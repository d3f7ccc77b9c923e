import {
  addUsage,
  NO_USAGE,
  type TokenUsage,
  totalInputTokens,
  totalOutputTokens,
} from "@headrace/core/canonical/usage";
import type { UsageSource } from "../observability/series.ts";

/** What a call used. */
export interface MeteredUsage {
  readonly tokens: TokenUsage;
  readonly source: UsageSource;
}

export interface UsageEstimate {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/**
 * The usage of a call that ended before its provider's last word on it: the provider's numbers so far where there are
 * any, which may be the input alone or an output that still grew, and the estimate for the rest.
 */
export function estimateUsage(reported: TokenUsage | null, estimate: UsageEstimate): MeteredUsage {
  const { inputTokens, outputTokens } = estimate;
  const input = reported ?? NO_USAGE;
  const unreported = reported === null ? outputTokens : outputTokens - totalOutputTokens(reported);
  return {
    tokens: {
      ...input,
      uncachedInput: totalInputTokens(input) === 0 ? inputTokens : input.uncachedInput,
      visibleOutput: input.visibleOutput + Math.max(0, unreported),
    },
    source: "estimated",
  };
}

/** What several tries of a call used together; all of it counts as estimated when a part is. */
export function sumUsage(one: MeteredUsage | null, other: MeteredUsage | null): MeteredUsage | null {
  if (one === null || other === null) return one ?? other;
  return {
    tokens: addUsage(one.tokens, other.tokens),
    source: one.source === other.source ? one.source : "estimated",
  };
}
