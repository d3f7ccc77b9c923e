import { targetOf } from "@headrace/routing/health/registry";
import type { MeteredTarget } from "../observability/target-metrics.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * The targets of a snapshot as metrics tell of them: each that the config names, and those that a wildcard stands for all
 * together under its name, so that no client can add a series.
 */
export function meteredTargets({ models, providers }: Snapshot, nowMs: number): MeteredTarget[] {
  const providerTargets = [...providers.values()].flatMap(({ targets }) => [...targets]);
  const healths = new Set([...models.configured(), ...providerTargets].map(({ health }) => health));
  const configured = Array.from(healths, (health): MeteredTarget => {
    const { provider, model } = targetOf(health.key);
    return { provider, model, reports: [health.describe(nowMs)], forgottenOpenings: 0 };
  });
  const behindWildcards = models.wildcardTargets().map(({ pattern, targets, ...rest }): MeteredTarget => {
    return { ...rest, model: pattern, reports: targets.map(({ health }) => health.describe(nowMs)) };
  });
  return [...configured, ...behindWildcards];
}
