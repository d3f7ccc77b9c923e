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

/** What the members have to show, the least first. */
interface Group {
  readonly latenciesMs: readonly number[];
  readonly failureShares: readonly number[];
}

/**
 * Compares the members of a group and ejects those that fall far behind, the worst first. Meant to be called once in a
 * few seconds.
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
  const shown: Group = {
    latenciesMs: inOrder(standings.map(({ latencyMs }) => latencyMs)),
    failureShares: inOrder(standings.map(({ failureShare }) => failureShare)),
  };
  const outliers = standings
    .map((one) => ({ health: one.health, badness: badnessOf(one, shown, options) }))
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
function badnessOf(one: Standing, group: Group, options: OutlierOptions): number {
  return Math.max(slownessOf(one, group, options), unreliabilityOf(one, group, options));
}

function slownessOf({ latencyMs }: Standing, group: Group, options: OutlierOptions): number {
  const usualMs = latencyMs === null ? null : medianOfOthers(group.latenciesMs, latencyMs);
  if (latencyMs === null || usualMs === null) return 0;
  return latencyMs / Math.max(usualMs * options.latencyFactor, usualMs + options.minSlowerMs);
}

function unreliabilityOf({ failureShare }: Standing, group: Group, options: OutlierOptions): number {
  const usualShare = failureShare === null ? null : medianOfOthers(group.failureShares, failureShare);
  if (failureShare === null || usualShare === null) return 0;
  return (failureShare - usualShare) / options.failureShareAbove;
}

function inOrder(values: readonly (number | null)[]): readonly number[] {
  return values.filter((value) => value !== null).sort((a, b) => a - b);
}

/** @param own - one of the values, which is left out */
function medianOfOthers(sorted: readonly number[], own: number): number | null {
  const place = sorted.indexOf(own);
  const other = (index: number): number => sorted[index < place ? index : index + 1] ?? own;
  const others = sorted.length - 1;
  if (others < 1) return null;
  const middle = others >> 1;
  return others % 2 === 1 ? other(middle) : (other(middle - 1) + other(middle)) / 2;
}
