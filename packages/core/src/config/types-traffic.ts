/** What holds for the calls of all models together. */

/** Which of the calls that wait comes first. */
export type Priority = "high" | "normal" | "low";

/** What a client may decide for a call of its own, by header or body. */
export type Override = "fallbacks" | "priority" | "faults" | "target";

export type RoutingConfig = {
  readonly retryBudget: RetryBudgetConfig;
  readonly hedgeBudget: HedgeBudgetConfig;
  readonly explain: ExplainConfig;
};

/** Further tries of all calls, whatever the chain. */
export type RetryBudgetConfig = {
  /** Of all calls, from 0 to 1. */
  readonly share: number;
  /** So many more, after a quiet time. */
  readonly burst: number;
};

/** Second targets that are asked while the first is still silent. */
export type HedgeBudgetConfig = {
  /** Of all calls, from 0 to 1. */
  readonly share: number;
  readonly burst: number;
};

export type ExplainConfig = {
  /** Requests that can be asked about. */
  readonly keep: number;
};

export type SheddingConfig = {
  /** Calls are refused while the event loop is later than this; null = never. */
  readonly eventLoopDelayMs: number | null;
  /** When they are asked to come again. */
  readonly retryAfterMs: number;
};

/** Active probes of a provider, besides what its calls tell. */
export type ProbeConfig = {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Below the provider's base URL; absent = its list of models. */
  readonly path?: string;
};

/** Failures made on purpose. */
export type FaultsConfig = {
  /** False = neither rules nor clients make any. */
  readonly enabled: boolean;
  /** The first that fits a try decides whether it fails. */
  readonly rules: readonly FaultRuleConfig[];
};

export type FaultRuleConfig = FaultConfig & {
  /** A key of `Config.providers`; absent = each. */
  readonly provider?: string;
  /** A key of `Config.models`; absent = each. */
  readonly model?: string;
  /** Of the tries that fit, from 0 to 1. */
  readonly share: number;
};

export type FaultConfig =
  /** An answer with this status, in place of the provider's. */
  | { readonly fault: "status"; readonly status: number; readonly retryAfterMs?: number }
  /** The provider is asked so much later. */
  | { readonly fault: "latency"; readonly latencyMs: number }
  /** Silence, a cut connection, or bytes that are no answer; absent or 0 = before the first byte. */
  | { readonly fault: "stall" | "cut" | "malformed"; readonly afterEvents?: number }
  /** A stream with status 200 whose first event is an error. */
  | { readonly fault: "error-in-200" };

/** USD for a million tokens. */
export type PriceConfig = {
  readonly inputUsdPerMillion: number;
  /** Absent = as other input. */
  readonly cachedInputUsdPerMillion?: number;
  /** Absent = as other input. */
  readonly cacheWriteUsdPerMillion?: number;
  /** For a cache that lasts an hour; absent = as the other write. */
  readonly cacheWrite1hUsdPerMillion?: number;
  readonly outputUsdPerMillion: number;
};
