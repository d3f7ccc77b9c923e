/** When a target that fails is left alone. */
export interface BreakerOptions {
  /** So many failures in a row open the circuit. */
  readonly consecutiveFailures: number;
  /** So great a share of failures among the window's calls opens it too, from 0 to 1. */
  readonly failureShare: number;
  /** With fewer calls in the window their share says nothing. */
  readonly minCalls: number;
  readonly windowMs: number;
  /** How long it stays open at first; doubled each time it opens again soon after. */
  readonly openMs: number;
  readonly maxOpenMs: number;
  /** So great a share of the time, at most, is taken off at random, lest all processes probe at once. */
  readonly jitterShare: number;
  /** A probe of which nothing is heard for so long makes room for another. */
  readonly probeMs: number;
}

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
  /** Null = a target is asked however often it fails. */
  readonly breaker: BreakerOptions | null;
  readonly cooling: CoolingOptions;
  readonly pacing: PacingOptions;
  readonly latency: LatencyOptions;
}

export const HEALTH_DEFAULTS: HealthOptions & { readonly breaker: BreakerOptions } = {
  breaker: {
    consecutiveFailures: 5,
    failureShare: 0.5,
    minCalls: 20,
    windowMs: 10_000,
    openMs: 5_000,
    maxOpenMs: 60_000,
    jitterShare: 0.2,
    probeMs: 60_000,
  },
  cooling: { baseMs: 1_000, maxMs: 60_000 },
  pacing: { reserveShare: 0.02, unknownResetMs: 5_000, maxResetMs: 600_000 },
  latency: { decayMs: 10_000 },
};
