import type { Config } from "@headrace/core/config/types";
import type { OutliersConfig, ProviderTargetConfig } from "@headrace/core/config/types-routing";
import type { ProbeConfig } from "@headrace/core/config/types-traffic";
import { isWildcard } from "@headrace/core/config/wildcard";
import { balancesAlike, type RouteConfig } from "@headrace/routing/compile-route";
import type { TargetHealth } from "@headrace/routing/health/target-health";
import type { Upstream } from "../upstream/upstream.ts";
import type { MatchedModel, ModelTable } from "./model-table.ts";
import { treeOf } from "./route-tree.ts";
import type { Destination, Provider } from "./snapshot.ts";

/** What is to be looked at from time to time, whatever calls there are. */
export interface WatchPlan {
  readonly probed: readonly ProbedProvider[];
  readonly groups: readonly WatchedGroup[];
}

export interface ProbedProvider {
  readonly upstream: Pick<Upstream, "name" | "probe">;
  readonly probe: ProbeConfig;
  /** All that it serves, each once; those of a model with a wildcard come when they are asked for. */
  targets(): readonly TargetHealth[];
}

/** Targets among which calls are balanced, so that one should do as well as another. */
export interface WatchedGroup {
  /** Who is compared with whom: one set, or one for each name that a wildcard stands for at present. */
  members(): readonly (readonly TargetHealth[])[];
  readonly outliers: OutliersConfig;
}

export interface Watchable {
  readonly models: Pick<ModelTable, "get" | "all" | "matched">;
  readonly providers: ReadonlyMap<string, Provider>;
  readonly upstreams: ReadonlyMap<string, Upstream>;
}

export function planWatch(config: Config, compiled: Watchable): WatchPlan {
  return { probed: [...probedProviders(config, compiled)], groups: [...watchedGroups(config, compiled)] };
}

function* probedProviders(
  { providers: configs }: Config,
  { models, providers, upstreams }: Watchable,
): Generator<ProbedProvider> {
  const all = (): Destination[] =>
    [...models.all(), ...providers.values()].flatMap(({ targets }) => [...targets]);
  for (const [name, { probe }] of Object.entries(configs)) {
    const upstream = upstreams.get(name);
    if (probe === undefined || upstream === undefined) continue;
    const targets = (): TargetHealth[] => {
      return [...new Set(all().flatMap(({ provider, health }) => (provider === name ? [health] : [])))];
    };
    yield { upstream, probe, targets };
  }
}

function* watchedGroups({ models: configs }: Config, { models }: Watchable): Generator<WatchedGroup> {
  for (const [name, config] of Object.entries(configs)) {
    if (!config.outliers.enabled) continue;
    const askedFor = (): readonly AskedModel[] => {
      if (isWildcard(name)) return models.matched().filter(({ pattern }) => pattern === name);
      const model = models.get(name);
      return model === undefined ? [] : [{ name, model }];
    };
    for (const leaves of groupsIn(config, configs)) {
      if (leaves.length < 2) continue;
      yield { members: () => comparable(leaves, askedFor()), outliers: config.outliers };
    }
  }
}

type AskedModel = Pick<MatchedModel, "name" | "model">;

/** A group with one member has nobody to be compared with, and no group is compared twice. */
function comparable(
  leaves: readonly ProviderTargetConfig[],
  asked: readonly AskedModel[],
): readonly (readonly TargetHealth[])[] {
  const groups = new Map<string, readonly TargetHealth[]>();
  for (const { name, model } of asked) {
    const healthOf = (leaf: ProviderTargetConfig): TargetHealth | undefined => {
      const called = leaf.model === "*" ? name : leaf.model;
      return model.targets.find((target) => target.provider === leaf.provider && target.model === called)
        ?.health;
    };
    const members = [...new Set(leaves.map(healthOf).filter((health) => health !== undefined))];
    if (members.length > 1) groups.set(members.map(({ key }) => key).join("\n"), members);
  }
  return [...groups.values()];
}

/** Of the tree itself: those of the models that it names are found at these. */
function* groupsIn(tree: RouteConfig, models: Config["models"]): Generator<readonly ProviderTargetConfig[]> {
  if (balancesAlike(tree.strategy)) yield [...equals(tree, models)];
  for (const target of tree.targets) if (target.targets !== undefined) yield* groupsIn(target, models);
}

/** The leaves that a call reaches by balancing alone. */
function* equals(tree: RouteConfig, models: Config["models"]): Generator<ProviderTargetConfig> {
  if (tree.targets.length > 1 && !balancesAlike(tree.strategy)) return;
  for (const target of tree.targets) {
    if (target.provider !== undefined) {
      yield target;
      continue;
    }
    const below = treeOf(target, models);
    if (below !== undefined) yield* equals(below, models);
  }
}
