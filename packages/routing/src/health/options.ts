import { PROVIDER_DEFAULTS } from "@headrace/core/config/defaults";
import type { BreakerConfig } from "@headrace/core/config/types-routing";

/** When a target that answers "too many requests" is asked again. */
export interface CoolingOptions {
  /** Where the provider names no time; doubled at each repeat. */
  readonly baseMs: number;
  /** Longest time, whatever the provider asks for. */
  readonly maxMs: number;
}

/** When others are preferred to a target whose provider tells that its limits are nearly used up. */
export interface PacingOptions {
  /** The share of a limit that is left untouched, for calls that others make with the same key. */
  readonly reserveShare: number;
  /** Assumed where the provider does not tell when its limit resets. */
  readonly unknownResetMs: number;
  /** Longest time, whatever the provider says. */
  readonly maxResetMs: number;
}

/** What is expected of a target's time to first byte. */
export interface LatencyOptions {
  /** Time in which an old value loses 63 % of its weight. */
  readonly decayMs: number;
}

/** Everything that a target's health is judged by. */
export interface HealthOptions {
  readonly breaker: BreakerConfig;
  /** So long a circuit whose time is over waits for a probe of its provider, before a call is risked; 0 = not at all. */
  readonly probeGraceMs: number;
  readonly cooling: CoolingOptions;
  /** How many keys its provider is shown in turn, each of which has limits of its own. */
  readonly keys: number;
  readonly pacing: PacingOptions;
  readonly latency: LatencyOptions;
}

export const HEALTH_DEFAULTS: HealthOptions = {
  breaker: PROVIDER_DEFAULTS.breaker,
  probeGraceMs: 0,
  cooling: { baseMs: 1_000, maxMs: 60_000 },
  keys: 1,
  pacing: { reserveShare: 0.02, unknownResetMs: 5_000, maxResetMs: 600_000 },
  latency: { decayMs: 10_000 },
};
