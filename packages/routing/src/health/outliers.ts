import type { EjectionTimes } from "./ejection.ts";
import type { TargetHealth } from "./target-health.ts";

/** When a member of a balanced group does so much worse than the others that it gets no calls for a time. */
export interface OutlierOptions extends EjectionTimes {
  /** Its median time to first byte is more than so many times the median of the others' … */
  readonly latencyFactor: number;
  /** … and at least so much above it. */
  readonly minSlowerMs: number;
  /** Or its share of failures is more than this above the median of the others'. */
  readonly failureShareAbove: number;
  /** With fewer calls in the last 30 s a share of failures says nothing. */
  readonly minCalls: number;
  /** At most so great a share of the group is out at once, and never the last one that is available. */
  readonly maxEjectedShare: number;
}

export const OUTLIER_DEFAULTS: OutlierOptions = {
  latencyFactor: 4,
  minSlowerMs: 200,
  failureShareAbove: 0.3,
  minCalls: 20,
  maxEjectedShare: 0.5,
  ejectMs: 30_000,
  maxEjectMs: 300_000,
};

interface Standing {
  readonly health: TargetHealth;
  /** Null while there are too few calls to tell. */
  readonly latencyMs: number | null;
  readonly failureShare: number | null;
}

/**
 * Compares the members of a group and ejects those that fall far behind, the worst first. Meant to be called once in a
 * few seconds; a call costs a few microseconds for each member.
 *
 * @returns the members that it ejected
 */
export function ejectOutliers(
  group: readonly TargetHealth[],
  nowMs: number,
  options: OutlierOptions = OUTLIER_DEFAULTS,
): readonly TargetHealth[] {
  const members = [...new Set(group)];
  const available = members.filter((health) => health.unavailableUntilMs <= nowMs);
  const standings = available.map((health) => standingOf(health, nowMs, options));
  const outliers = standings
    .map((one) => ({ health: one.health, badness: badnessOf(one, standings, options) }))
    .filter(({ badness }) => badness > 1)
    .sort((a, b) => b.badness - a.badness)
    .map(({ health }) => health);
  const out = members.length - available.length;
  const mostMore = Math.floor(members.length * options.maxEjectedShare) - out;
  const ejected = outliers.slice(0, Math.max(0, Math.min(mostMore, available.length - 1)));
  for (const health of ejected) health.eject(nowMs, options);
  return ejected;
}

function standingOf(health: TargetHealth, nowMs: number, options: OutlierOptions): Standing {
  const calls = health.recentCalls(nowMs);
  return {
    health,
    latencyMs: health.p50Ms(),
    failureShare: calls < options.minCalls ? null : health.recentFailures(nowMs) / calls,
  };
}

/** How many times it passes what is tolerated. */
function badnessOf(one: Standing, standings: readonly Standing[], options: OutlierOptions): number {
  const others = standings.filter((other) => other !== one);
  const usualMs = medianOf(others.map(({ latencyMs }) => latencyMs));
  const usualShare = medianOf(others.map(({ failureShare }) => failureShare));
  const slowness =
    one.latencyMs === null || usualMs === null
      ? 0
      : one.latencyMs / Math.max(usualMs * options.latencyFactor, usualMs + options.minSlowerMs);
  const unreliability =
    one.failureShare === null || usualShare === null
      ? 0
      : (one.failureShare - usualShare) / options.failureShareAbove;
  return Math.max(slowness, unreliability);
}

function medianOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  const middle = known.length >> 1;
  const upper = known[middle];
  if (upper === undefined) return null;
  return known.length % 2 === 1 ? upper : (upper + (known[middle - 1] ?? upper)) / 2;
}
