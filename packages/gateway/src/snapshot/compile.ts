import type { Config, ModelConfig } from "@headrace/core/config/types";
import { isWildcard } from "@headrace/core/config/wildcard";
import type { Endpoint, RelayedEndpoint } from "@headrace/core/endpoints";
import { adapterById } from "@headrace/providers/registry";
import type { HealthRegistry } from "@headrace/routing/health/registry";
import type { RouteNeeds } from "@headrace/routing/route";
import type { Logger } from "pino";
import type { Gates } from "../admission/gates.ts";
import { goesOnWithTexts } from "../continuation/continuation.ts";
import type { KeptCalls } from "../explain/kept-calls.ts";
import { compileFaults } from "../faults/fault-plan.ts";
import { headerLines } from "../http/header-lines.ts";
import type { AccessLog } from "../observability/access-log.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { Recorder } from "../pipeline/record.ts";
import type { KeptPools } from "../upstream/kept-pools.ts";
import { openUpstream, type Upstream } from "../upstream/upstream.ts";
import { type CompiledModel, compileModel, type ModelScope, openHealth } from "./compile-model.ts";
import { Keyring } from "./keyring.ts";
import { ModelTable } from "./model-table.ts";
import { type OpenRecorders, type RecorderLabels, Recorders } from "./recorders.ts";
import { leadsTo } from "./route-tree.ts";
import { RunningRequests } from "./running.ts";
import type {
  Destination,
  LocalEndpoint,
  Model,
  Provider,
  RetryPolicy,
  Snapshot,
  Target,
} from "./snapshot.ts";
import { planWatch } from "./watch-plan.ts";

/** For a provider that no model uses. */
const SHORTEST_CONNECT_TIMEOUT_MS = 1_000;
/** The defaults of a model's clocks, for calls that are about none. */
const PROVIDER_FIRST_BYTE_MS = 600_000;
const PROVIDER_IDLE_MS = 60_000;

export interface CompileContext {
  readonly metrics: Metrics;
  readonly access: AccessLog;
  readonly logger: Logger;
  /** Where calls to providers are kept for those who ask where they went. */
  readonly calls: KeptCalls;
  /** Of all targets; it outlives the snapshot. */
  readonly health: HealthRegistry;
  /** Of all limits; they outlive the snapshot. */
  readonly gates: Gates;
  /** Connections to providers; they outlive the snapshot where the next one has the same provider. */
  readonly pools: KeptPools;
}

/**
 * Compiles a validated config and opens its providers' pools; no connection is made yet.
 *
 * @throws Error when a file that the config names cannot be read
 */
export function compileSnapshot(config: Config, context: CompileContext): Snapshot {
  const upstreams = new Map<string, Upstream>();
  try {
    for (const [name, provider] of Object.entries(config.providers))
      upstreams.set(
        name,
        openUpstream(name, provider, {
          adapter: adapterById(provider.adapter),
          connectTimeoutMs: longestConnectMs(config, name),
          pools: context.pools,
        }),
      );
    return compileWith(upstreams, config, context);
  } catch (error) {
    for (const upstream of upstreams.values()) void upstream.close();
    throw error;
  }
}

function compileWith(
  upstreams: ReadonlyMap<string, Upstream>,
  config: Config,
  context: CompileContext,
): Snapshot {
  const { health } = context;
  const gates = context.gates.plan();
  const open: OpenRecorders = (labels) => openRecorders(context, labels);
  const modelNamed = (name: string): Model | undefined => models.get(name);
  const warn = (model: string, message: string): void => context.logger.warn({ model }, message);
  const scope: ModelScope = { ...config, upstreams, health, gates, openRecorders: open, warn, modelNamed };
  const compiled = Object.keys(config.models).map((name) => compileModel(name, name, scope));
  const models = tabulate(compiled, config, scope);
  for (const { model } of compiled) if (isContinuedInVain(model)) warn(model.name, NOBODY_GOES_ON);
  const providers = new Map(
    [...upstreams].map(([name, upstream]) => {
      return [name, compileProvider(upstream, longestConnectMs(config, name), scope)] as const;
    }),
  );
  return {
    keyring: new Keyring(config.auth, config.keys, gates),
    gates,
    models,
    providerModels: Object.fromEntries(
      models.names().map((name) => [name, models.get(name)?.targets[0].model ?? name]),
    ),
    upstreams: [...upstreams.values()],
    providers,
    watch: planWatch(config, { models, providers, upstreams }),
    faults: compileFaults(config.faults),
    needs: joinNeeds(compiled.map(({ needs }) => needs)),
    running: new RunningRequests(),
    forwardHeaders: [
      ...new Set([
        ...compiled.flatMap(({ model }) => forwardedOf(model)),
        ...[...upstreams.values()].flatMap((upstream) => upstream.forwardHeaders),
      ]),
    ],
    unroutedRecorders: openRecorders(context, NO_MODEL),
    localRecorders: {
      models: openLocalRecorder(context, "models"),
      capabilities: openLocalRecorder(context, "capabilities"),
      tokenize: openLocalRecorder(context, "tokenize"),
      none: openLocalRecorder(context, "none"),
    },
  };
}

const NOBODY_GOES_ON =
  '"continuation" has no effect once text was sent: no target of the model, nor of its fallbacks, goes on with a text that was begun (docs/providers.md, "Going on with an answer", lists which do)';

function isContinuedInVain({ name, continuation, targets, fallbacks }: Model): boolean {
  if (!continuation || isWildcard(name)) return false;
  const { contextWindow, contentPolicy, other } = fallbacks;
  const behind = [...contextWindow, ...contentPolicy, ...other].flatMap(({ route }) => route.targets);
  return ![...targets, ...behind].some(goesOnWithTexts);
}

function tabulate(compiled: readonly CompiledModel[], { aliases }: Config, scope: ModelScope): ModelTable {
  const models = compiled.map(({ model }) => model);
  const named = new Map(models.filter(({ name }) => !isWildcard(name)).map((model) => [model.name, model]));
  for (const [alias, name] of Object.entries(aliases)) {
    const model = named.get(name);
    if (model !== undefined) named.set(alias, model);
  }
  const patterns = new Map(models.filter(({ name }) => isWildcard(name)).map((model) => [model.name, model]));
  const forget = (targets: readonly Target[]): void => {
    for (const { health } of targets) scope.health.forget(health.key);
  };
  // What a wildcard itself would be called at a provider is called by nobody.
  for (const { targets } of patterns.values()) forget(targets.filter(({ model }) => isWildcard(model)));
  return new ModelTable(named, {
    patterns,
    compile: (pattern, name) => compileModel(pattern, name, scope).model,
    onForgotten: forget,
  });
}

function joinNeeds(needs: readonly RouteNeeds[]): RouteNeeds {
  return {
    headers: [...new Set(needs.flatMap(({ headers }) => headers))],
    body: needs.some(({ body }) => body),
  };
}

/** What any route of a model's targets lets through. */
function forwardedOf({ targets, shadow }: Model): string[] {
  return [...targets, ...(shadow === null ? [] : [shadow.target])].flatMap((target) =>
    Object.values(target.routes).flatMap(({ passing, translating }) => [
      ...(passing?.clientHeaders ?? []),
      ...(translating?.clientHeaders ?? []),
      ...(translating?.translation.requestHeaders ?? []),
    ]),
  );
}

/** No call waits longer for a connection to this provider, so neither need a socket, nor what is queued behind it. */
function longestConnectMs(config: Config, provider: string): number {
  const users = Object.values(config.models).filter(
    (model) => leadsTo(provider, model, config.models) || copiesTo(model, provider),
  );
  return Math.max(SHORTEST_CONNECT_TIMEOUT_MS, ...users.map((model) => model.timeouts.connectMs));
}

/** Whether copies of a model's calls go to a provider. */
function copiesTo({ shadow }: ModelConfig, provider: string): boolean {
  return shadow?.target.provider === provider;
}

/** What it keeps may have been changed by a call that failed, so that none is repeated. */
function compileProvider(upstream: Upstream, connectMs: number, scope: ModelScope): Provider {
  const { name } = upstream;
  const destination: Destination = {
    index: 0,
    health: openHealth(upstream, "", scope),
    gate: null,
    blendedUsdPerMillion: null,
    price: null,
    provider: name,
    model: "",
    upstream,
    unsupportedParams: upstream.unsupportedParams,
    headerLines: headerLines({ "x-headrace-provider": name }),
    recorders: scope.openRecorders({ ...NO_MODEL, provider: name }),
  };
  return {
    targets: [destination],
    route: { targets: [destination], pick: (call) => (call.mayAsk(destination) ? destination : null) },
    retry: NO_RETRY,
    plainTimeouts: {
      connectMs,
      firstByteMs: PROVIDER_FIRST_BYTE_MS,
      plainFirstByteMs: PROVIDER_FIRST_BYTE_MS,
      idleMs: PROVIDER_IDLE_MS,
      totalMs: null,
    },
  };
}

const NO_RETRY: RetryPolicy = {
  attempts: 1,
  statuses: new Set(),
  maxTries: 1,
  backoff: { firstMs: 0, maxMs: 0 },
  maxRetryAfterMs: 0,
  byStatus: new Map(),
};

const NO_MODEL: RecorderLabels = { model: "", provider: "", target: "" };

function openRecorder(
  { metrics, access, calls }: CompileContext,
  endpoint: Endpoint | RelayedEndpoint | LocalEndpoint,
  labels: RecorderLabels,
): Recorder {
  return {
    series: metrics.open({ endpoint, model: labels.model, provider: labels.provider }),
    access: access.labelled({ endpoint, ...labels }),
    labels: { endpoint, model: labels.model },
    calls,
  };
}

/** What reaches no provider has gone nowhere, and is often asked for. */
function openLocalRecorder(context: CompileContext, endpoint: LocalEndpoint): Recorder {
  return { ...openRecorder(context, endpoint, NO_MODEL), calls: null };
}

function openRecorders(context: CompileContext, labels: RecorderLabels): Recorders {
  return new Recorders((endpoint) => openRecorder(context, endpoint, labels));
}
