import type { ModelConfig, ProviderConfig } from "@headrace/core/config/types";
import type { HedgeConfig, ProviderTargetConfig, RetryConfig } from "@headrace/core/config/types-routing";
import { compileRoute } from "@headrace/routing/compile-route";
import { HEALTH_DEFAULTS, type HealthOptions } from "@headrace/routing/health/options";
import { type HealthRegistry, healthKey } from "@headrace/routing/health/registry";
import type { TargetHealth } from "@headrace/routing/health/target-health";
import type { RouteNeeds } from "@headrace/routing/route";
import { headerLines } from "../http/header-lines.ts";
import type { Upstream } from "../upstream/upstream.ts";
import type { OpenRecorders } from "./recorders.ts";
import type { Model, RetryPolicy, Target } from "./snapshot.ts";
import { compileRoutes } from "./target-route.ts";

/** What the models of a snapshot are compiled from. */
export interface ModelScope {
  readonly models: Readonly<Record<string, ModelConfig>>;
  readonly providers: Readonly<Record<string, ProviderConfig>>;
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly health: HealthRegistry;
  readonly openRecorders: OpenRecorders;
}

export interface CompiledModel {
  readonly model: Model;
  readonly needs: RouteNeeds;
}

/** @param name - the one that clients ask for */
export function compileModel(name: string, scope: ModelScope): CompiledModel {
  const config = scope.models[name];
  if (config === undefined) throw new Error(`there is no model ${name}`);
  const { node, needs } = compileRoute(config, {
    models: scope.models,
    leaf: (target, index) => compileTarget(name, { target, index }, scope),
  });
  const [first, ...others] = node.targets;
  if (first === undefined) throw new Error(`model ${name} has no target`);
  const { timeouts, hedge } = config;
  const model: Model = {
    name,
    route: node,
    targets: [first, ...others],
    retry: compileRetry(config.retry),
    hedgeAfterMs: hedge === undefined ? NEVER : compileHedge(hedge),
    timeouts,
    plainTimeouts: { ...timeouts, firstByteMs: timeouts.plainFirstByteMs },
  };
  return { model, needs };
}

interface Leaf {
  readonly target: ProviderTargetConfig;
  readonly index: number;
}

function compileTarget(modelName: string, { target, index }: Leaf, scope: ModelScope): Target {
  const { provider, model } = target;
  const upstream = scope.upstreams.get(provider);
  if (upstream === undefined) throw new Error(`model ${modelName} names a provider that is not there`);
  return {
    index,
    health: openHealth(upstream, model, scope),
    blendedUsdPerMillion: null,
    provider,
    model,
    upstream,
    routes: compileRoutes(upstream, model),
    unsupportedParams: upstream.unsupportedParams,
    headerLines: headerLines({ "x-headrace-provider": provider, "x-headrace-model": model }),
    recorders: scope.openRecorders({ model: modelName, provider, target: model }),
  };
}

/** @param model - at the provider; "" for the provider itself */
export function openHealth(
  { name, origin, basePath }: Upstream,
  model: string,
  { health, providers }: Pick<ModelScope, "health" | "providers">,
): TargetHealth {
  const key = healthKey({ provider: name, model, baseUrl: origin + basePath });
  return health.get(key, healthOptions(providers[name]));
}

function healthOptions(provider: ProviderConfig | undefined): HealthOptions {
  return provider === undefined ? HEALTH_DEFAULTS : { ...HEALTH_DEFAULTS, breaker: provider.breaker };
}

function compileRetry({ backoffMs, byStatus, statuses, ...retry }: RetryConfig): RetryPolicy {
  return {
    ...retry,
    statuses: new Set(statuses),
    backoff: { firstMs: backoffMs.first, maxMs: backoffMs.max },
    byStatus: new Map(
      Object.entries(byStatus).map(([status, { attempts, sameTarget }]) => {
        return [Number(status), { attempts, sameTarget }] as const;
      }),
    ),
  };
}

const NEVER = (): null => null;

function compileHedge({ afterMs }: HedgeConfig): (target: Target) => number | null {
  return afterMs === "p95" ? ({ health }) => health.p95Ms() : () => afterMs;
}
