import type { MockBehaviour } from "../behaviour/fields.ts";

/** The tokens of one exchange, each counted once: prompt = uncached + cached + written, completion = visible + reasoning. */
export interface TokenCounts {
  readonly prompt: number;
  readonly uncached: number;
  readonly cached: number;
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number;
  readonly completion: number;
  readonly visible: number;
  readonly reasoning: number;
}

/** Counts an answer; what the behaviour says of the cache is cut to what the prompt has. */
export function tokenCounts(
  behaviour: MockBehaviour,
  said: { readonly completionTokens: number; readonly reasoning: readonly string[] },
): TokenCounts {
  const { promptTokens } = behaviour;
  const cached = Math.min(behaviour.cachedTokens, promptTokens);
  const cacheWrite5m = Math.min(behaviour.cacheWriteTokens, promptTokens - cached);
  const cacheWrite1h = Math.min(behaviour.cacheWrite1hTokens, promptTokens - cached - cacheWrite5m);
  const reasoning = said.reasoning.length;
  return {
    prompt: promptTokens,
    uncached: promptTokens - cached - cacheWrite5m - cacheWrite1h,
    cached,
    cacheWrite5m,
    cacheWrite1h,
    completion: said.completionTokens,
    visible: said.completionTokens - reasoning,
    reasoning,
  };
}
