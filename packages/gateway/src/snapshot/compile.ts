import type { Config, ModelConfig } from "@headrace/core/config/types";
import type { TargetConfig } from "@headrace/core/config/types-routing";
import type { Endpoint, RelayedEndpoint } from "@headrace/core/endpoints";
import { adapterById } from "@headrace/providers/registry";
import type { Logger } from "pino";
import { headerLines } from "../http/header-lines.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { Recorder } from "../pipeline/record.ts";
import { openUpstream, type Upstream } from "../upstream/upstream.ts";
import { Keyring } from "./keyring.ts";
import { Recorders } from "./recorders.ts";
import { RunningRequests } from "./running.ts";
import type { LocalEndpoint, Model, Provider, Snapshot, Target } from "./snapshot.ts";
import { compileRoutes } from "./target-route.ts";

/** For a provider that no model uses. */
const SHORTEST_CONNECT_TIMEOUT_MS = 1_000;
/** The defaults of a model's clocks, for calls that are about none. */
const PROVIDER_FIRST_BYTE_MS = 600_000;
const PROVIDER_IDLE_MS = 60_000;

export interface CompileContext {
  readonly metrics: Metrics;
  readonly access: Logger;
}

/**
 * Compiles a validated config and opens its providers' pools; no connection is made yet.
 *
 * @throws Error when a file that the config names cannot be read
 */
export function compileSnapshot(config: Config, context: CompileContext): Snapshot {
  const upstreams = new Map(
    Object.entries(config.providers).map(([name, provider]) => {
      const options = {
        adapter: adapterById(provider.adapter),
        connectTimeoutMs: longestConnectMs(config, name),
      };
      return [name, openUpstream(name, provider, options)] as const;
    }),
  );
  const models = new Map<string, Model>();
  for (const [name, model] of Object.entries(config.models)) {
    models.set(name, compileModel(name, model, { upstreams, context }));
  }
  for (const [alias, name] of Object.entries(config.aliases)) {
    const model = models.get(name);
    if (model !== undefined) models.set(alias, model);
  }
  return {
    keyring: new Keyring(config.auth, config.keys),
    models,
    providerModels: Object.fromEntries([...models].map(([name, { targets }]) => [name, targets[0].model])),
    upstreams: [...upstreams.values()],
    providers: new Map(
      [...upstreams].map(([name, upstream]) => [
        name,
        compileProvider(upstream, longestConnectMs(config, name), context),
      ]),
    ),
    running: new RunningRequests(),
    forwardHeaders: [
      ...new Set([
        ...[...models.values()].flatMap(forwardedOf),
        ...[...upstreams.values()].flatMap((upstream) => upstream.forwardHeaders),
      ]),
    ],
    unroutedRecorders: openRecorders(context, NO_MODEL),
    localRecorders: {
      models: openRecorder(context, "models", NO_MODEL),
      capabilities: openRecorder(context, "capabilities", NO_MODEL),
      tokenize: openRecorder(context, "tokenize", NO_MODEL),
      none: openRecorder(context, "none", NO_MODEL),
    },
  };
}

/** What any route of a model's targets lets through. */
function forwardedOf({ targets }: Model): string[] {
  return targets.flatMap((target) =>
    Object.values(target.routes).flatMap(({ passing, translating }) => [
      ...(passing?.clientHeaders ?? []),
      ...(translating?.clientHeaders ?? []),
    ]),
  );
}

/** No call waits longer for a connection to this provider, so neither need a socket, nor what is queued behind it. */
function longestConnectMs({ models }: Config, provider: string): number {
  const users = Object.values(models).filter((model) =>
    model.targets.some((target) => target.provider === provider),
  );
  return Math.max(SHORTEST_CONNECT_TIMEOUT_MS, ...users.map((model) => model.timeouts.connectMs));
}

interface ModelScope {
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly context: CompileContext;
}

function compileModel(name: string, config: ModelConfig, scope: ModelScope): Model {
  const [first, ...others] = config.targets;
  const compile = (target: TargetConfig): Target => compileTarget(name, target, scope);
  return {
    name,
    targets: [compile(first), ...others.map(compile)],
    retry: { attempts: config.retry.attempts, statuses: new Set(config.retry.statuses) },
    timeouts: config.timeouts,
    plainTimeouts: { ...config.timeouts, firstByteMs: config.timeouts.plainFirstByteMs },
  };
}

function compileTarget(modelName: string, target: TargetConfig, { upstreams, context }: ModelScope): Target {
  if (target.provider === undefined) throw new Error(`model ${modelName} has a target that is not built yet`);
  const { provider, model } = target;
  const upstream = upstreams.get(provider);
  if (upstream === undefined) throw new Error(`model ${modelName} names a provider that is not there`);
  return {
    provider,
    model,
    upstream,
    routes: compileRoutes(upstream, model),
    unsupportedParams: upstream.unsupportedParams,
    headerLines: headerLines({ "x-headrace-provider": provider, "x-headrace-model": model }),
    recorders: openRecorders(context, { model: modelName, provider, target: model }),
  };
}

/** What it keeps may have been changed by a call that failed, so that none is repeated. */
function compileProvider(upstream: Upstream, connectMs: number, context: CompileContext): Provider {
  const { name } = upstream;
  const destination = {
    provider: name,
    model: "",
    upstream,
    unsupportedParams: upstream.unsupportedParams,
    headerLines: headerLines({ "x-headrace-provider": name }),
    recorders: openRecorders(context, { ...NO_MODEL, provider: name }),
  };
  return {
    targets: [destination],
    retry: { attempts: 1, statuses: new Set() },
    plainTimeouts: {
      connectMs,
      firstByteMs: PROVIDER_FIRST_BYTE_MS,
      plainFirstByteMs: PROVIDER_FIRST_BYTE_MS,
      idleMs: PROVIDER_IDLE_MS,
      totalMs: null,
    },
  };
}

interface RecorderLabels {
  readonly model: string;
  readonly provider: string;
  readonly target: string;
}

const NO_MODEL: RecorderLabels = { model: "", provider: "", target: "" };

function openRecorder(
  { metrics, access }: CompileContext,
  endpoint: Endpoint | RelayedEndpoint | LocalEndpoint,
  labels: RecorderLabels,
): Recorder {
  return {
    series: metrics.open({ endpoint, model: labels.model, provider: labels.provider }),
    access: access.child({ endpoint, ...labels }),
  };
}

function openRecorders(context: CompileContext, labels: RecorderLabels): Recorders {
  return new Recorders((endpoint) => openRecorder(context, endpoint, labels));
}
