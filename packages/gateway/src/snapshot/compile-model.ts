import { blendedUsdPerMillion } from "@headrace/core/canonical/cost";
import type { ModelConfig, ProviderConfig, TimeoutsConfig } from "@headrace/core/config/types";
import type {
  FallbacksConfig,
  HedgeConfig,
  ProviderTargetConfig,
  RetryConfig,
} from "@headrace/core/config/types-routing";
import type { PriceConfig, RoutingConfig } from "@headrace/core/config/types-traffic";
import { priceOf } from "@headrace/providers/prices/price-of";
import { ShareBudget } from "@headrace/routing/budget/share-budget";
import { compileRoute, type RuleFaultReport } from "@headrace/routing/compile-route";
import { HEALTH_DEFAULTS, type HealthOptions } from "@headrace/routing/health/options";
import { type HealthRegistry, healthKey } from "@headrace/routing/health/registry";
import type { TargetHealth } from "@headrace/routing/health/target-health";
import type { RouteNeeds } from "@headrace/routing/route";
import type { GatePlan } from "../admission/gates.ts";
import { headerLines } from "../http/header-lines.ts";
import { messageOf } from "../observability/message-of.ts";
import type { Fallbacks } from "../pipeline/tries-plan.ts";
import type { ShadowPlan } from "../shadow/shadow-plan.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { probeGraceMs } from "./probe-grace.ts";
import type { OpenRecorders } from "./recorders.ts";
import type { Model, RetryPolicy, Target } from "./snapshot.ts";
import { compileRoutes } from "./target-route.ts";

/** What the models of a snapshot are compiled from. */
export interface ModelScope {
  readonly models: Readonly<Record<string, ModelConfig>>;
  readonly providers: Readonly<Record<string, ProviderConfig>>;
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly health: HealthRegistry;
  readonly gates: GatePlan;
  readonly openRecorders: OpenRecorders;
  readonly routing: RoutingConfig;
  /** The config's own. */
  readonly prices: Readonly<Record<string, PriceConfig>>;
  /** Tells of what is right but may not be meant. */
  readonly warn: (model: string, message: string) => void;
  /** Once all are compiled. */
  readonly modelNamed: (name: string) => Model | undefined;
}

export interface CompiledModel {
  readonly model: Model;
  readonly needs: RouteNeeds;
}

/**
 * @param name - in the config; it may have a wildcard
 * @param asked - what the client asks for
 */
export function compileModel(name: string, asked: string, scope: ModelScope): CompiledModel {
  const config = scope.models[name];
  if (config === undefined) throw new Error(`there is no model ${name}`);
  const { node, needs, warnings } = compileRoute(config, {
    models: scope.models,
    leaf: (target, index) => compileTarget({ target, index, config, name, asked }, scope),
    onRuleFault: firstOfEachRule((report) => scope.warn(name, undecidedWords(report))),
  });
  for (const warning of warnings) scope.warn(name, warning);
  const [first, ...others] = node.targets;
  if (first === undefined) throw new Error(`model ${name} has no target`);
  const model: Model = {
    name,
    route: node,
    targets: [first, ...others],
    retry: compileRetry(config.retry),
    gate: scope.gates.open({ kind: "model", id: name, name }, config.concurrency),
    hedgeBudget:
      config.hedge === undefined
        ? null
        : new ShareBudget({ share: config.hedge.share, burst: scope.routing.hedgeBudget.burst }),
    fallbacks: new NamedFallbacks(config.fallbacks, scope.modelNamed),
    plainTimeouts: plainTimeouts(config),
    continuation: config.continuation,
    shadow: compileShadow({ config, name, asked }, scope),
  };
  return { model, needs };
}

function compileShadow(leaf: Pick<Leaf, "config" | "name" | "asked">, scope: ModelScope): ShadowPlan | null {
  const { config, name } = leaf;
  const { shadow } = config;
  if (shadow === undefined) return null;
  const target = compileTarget({ ...leaf, target: shadow.target, index: 0 }, scope);
  return { model: name, config: shadow, target };
}

/** The models of a list, looked up when they are first needed: they may lead to each other. */
class NamedFallbacks implements Fallbacks<Target> {
  readonly #names: FallbacksConfig;
  readonly #modelNamed: (name: string) => Model | undefined;

  constructor(names: FallbacksConfig, modelNamed: (name: string) => Model | undefined) {
    this.#names = names;
    this.#modelNamed = modelNamed;
  }

  get contextWindow(): readonly Model[] {
    return this.#find(this.#names.contextWindow);
  }

  get contentPolicy(): readonly Model[] {
    return this.#find(this.#names.contentPolicy);
  }

  get other(): readonly Model[] {
    return this.#find(this.#names.other);
  }

  #find(names: readonly string[]): readonly Model[] {
    return names.map((name) => this.#modelNamed(name)).filter((model) => model !== undefined);
  }
}

function undecidedWords({ rule, when, error }: RuleFaultReport): string {
  return `strategy.rules[${rule}], when: ${JSON.stringify(when)}, cannot tell whether it holds for a call (${messageOf(error)}), so it does not hold and the next one is asked; has() tells first whether a member is there. This is said once for each rule`;
}

/** A rule that cannot decide about one call cannot decide about most. */
function firstOfEachRule(tell: (report: RuleFaultReport) => void): (report: RuleFaultReport) => void {
  const told = new Set<number>();
  return (report) => {
    if (told.has(report.rule)) return;
    told.add(report.rule);
    tell(report);
  };
}

interface Leaf {
  readonly target: Pick<ProviderTargetConfig, "provider" | "model" | "concurrency">;
  readonly index: number;
  readonly config: ModelConfig;
  readonly name: string;
  readonly asked: string;
}

function compileTarget({ target, index, config, name, asked }: Leaf, scope: ModelScope): Target {
  const { provider } = target;
  const model = target.model === "*" ? asked : target.model;
  const upstream = scope.upstreams.get(provider);
  if (upstream === undefined) throw new Error(`model ${name} names a provider that is not there`);
  const adapterId = upstream.adapter.id;
  const price = priceOf({ adapterId, provider, providerModel: model, model: asked }, scope.prices);
  const health = openHealth(upstream, model, scope);
  // Under what the config says: a limit that each name behind a wildcard had for itself would be none.
  const limitedAs = target.model === "*" ? `${provider}\u0000${name}` : health.key;
  const limited = { kind: "target", id: limitedAs, name: `${provider}/${target.model}` } as const;
  return {
    index,
    health,
    gate: scope.gates.open(limited, target.concurrency),
    price,
    blendedUsdPerMillion: price === null ? null : blendedUsdPerMillion(price),
    hedgeAfterMs: config.hedge === undefined ? NEVER : compileHedge(config.hedge, health),
    timeouts: config.timeouts,
    plainTimeouts: plainTimeouts(config),
    stall: config.stall ?? null,
    provider,
    model,
    upstream,
    routes: compileRoutes(upstream, model),
    unsupportedParams: upstream.unsupportedParams,
    headerLines: headerLines({ "x-headrace-provider": provider, "x-headrace-model": model }),
    // Under what the config says, for a client may ask for any number of names that a wildcard stands for.
    recorders: scope.openRecorders({ model: name, provider, target: target.model }),
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
  if (provider === undefined) return HEALTH_DEFAULTS;
  const { breaker, probe, apiKeys } = provider;
  return { ...HEALTH_DEFAULTS, breaker, probeGraceMs: probeGraceMs(probe), keys: apiKeys?.length ?? 1 };
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

function compileHedge({ afterMs }: HedgeConfig, health: TargetHealth): () => number | null {
  return afterMs === "p95" ? () => health.p95Ms() : () => afterMs;
}

function plainTimeouts({ timeouts }: ModelConfig): TimeoutsConfig {
  return { ...timeouts, firstByteMs: timeouts.plainFirstByteMs };
}
