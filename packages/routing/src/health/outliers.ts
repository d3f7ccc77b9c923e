import { MODEL_DEFAULTS } from "@headrace/core/config/defaults";
import type { OutliersConfig } from "@headrace/core/config/types-routing";
import type { TargetHealth } from "./target-health.ts";

/** Whatever the factor, a target is not slow that is slower by less. */
const MIN_SLOWER_MS = 200;
/** With fewer calls in the last 30 s a share of failures says nothing. */
const MIN_CALLS = 20;

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
 * Compares the members of a group and ejects those that fall far behind, the worst first. Meant to be called once each
 * `intervalMs`.
 *
 * @returns the members that it ejected
 */
export function ejectOutliers(
  group: readonly TargetHealth[],
  nowMs: number,
  config: OutliersConfig = MODEL_DEFAULTS.outliers,
): readonly TargetHealth[] {
  if (!config.enabled) return [];
  const members = [...new Set(group)];
  const available = members.filter((health) => health.unavailableUntilMs <= nowMs);
  const standings = available.map((health) => standingOf(health, nowMs));
  const shown: Group = {
    latenciesMs: inOrder(standings.map(({ latencyMs }) => latencyMs)),
    failureShares: inOrder(standings.map(({ failureShare }) => failureShare)),
  };
  const outliers = standings
    .map((one) => ({ health: one.health, badness: badnessOf(one, shown, config) }))
    .filter(({ badness }) => badness > 1)
    .sort((a, b) => b.badness - a.badness)
    .map(({ health }) => health);
  const out = members.length - available.length;
  const mostMore = Math.floor(members.length * config.maxEjectedShare) - out;
  const ejected = outliers.slice(0, Math.max(0, Math.min(mostMore, available.length - 1)));
  for (const health of ejected) health.eject(nowMs, config.ejectMs);
  return ejected;
}

function standingOf(health: TargetHealth, nowMs: number): Standing {
  const calls = health.recentCalls(nowMs);
  return {
    health,
    latencyMs: health.p50Ms(),
    failureShare: calls < MIN_CALLS ? null : health.recentFailures(nowMs) / calls,
  };
}

/** How many times it passes what is tolerated. */
function badnessOf(one: Standing, group: Group, config: OutliersConfig): number {
  return Math.max(slownessOf(one, group, config), unreliabilityOf(one, group, config));
}

function slownessOf({ latencyMs }: Standing, group: Group, config: OutliersConfig): number {
  const usualMs = latencyMs === null ? null : medianOfOthers(group.latenciesMs, latencyMs);
  if (latencyMs === null || usualMs === null) return 0;
  return latencyMs / Math.max(usualMs * config.latencyFactor, usualMs + MIN_SLOWER_MS);
}

function unreliabilityOf({ failureShare }: Standing, group: Group, config: OutliersConfig): number {
  const usualShare = failureShare === null ? null : medianOfOthers(group.failureShares, failureShare);
  if (failureShare === null || usualShare === null) return 0;
  return (failureShare - usualShare) / config.failureMargin;
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
