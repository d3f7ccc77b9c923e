/** Everything that serves requests in one process: the front, the upstream pools and the CPU pool. */
import type { Config, TlsConfig } from "@headrace/core/config/types";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { ShareBudget } from "@headrace/routing/budget/share-budget";
import type { HealthNotice } from "@headrace/routing/health/health-notice";
import { targetOf } from "@headrace/routing/health/registry";
import type { HealthReport } from "@headrace/routing/health/target-health";
import { createOffload } from "@headrace/workers/offload";
import { type CpuPool, createCpuPool } from "@headrace/workers/pool";
import type { Logger } from "pino";
import type { GateSurroundings } from "../admission/concurrency-gate.ts";
import { Gates } from "../admission/gates.ts";
import { LoadShedder } from "../admission/load-shedder.ts";
import type { CallsQuery, ExplainedCall } from "../explain/explained-call.ts";
import { KeptCalls } from "../explain/kept-calls.ts";
import type { Readiness } from "../handlers/health.ts";
import { LocalCall } from "../handlers/local-call.ts";
import { createServer, type Server } from "../http/uws-server.ts";
import type { Logs } from "../observability/logger.ts";
import type { MetricJson } from "../observability/metric-table.ts";
import { Metrics } from "../observability/metrics.ts";
import type { KeptResponses } from "../responses/response-state.ts";
import type { ShadowTally } from "../shadow/shadow-tally.ts";
import { ShadowTraffic } from "../shadow/shadow-traffic.ts";
import { compileSnapshot } from "../snapshot/compile.ts";
import { meteredTargets } from "../snapshot/metered-targets.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { SnapshotsInForce, warmUpstreams } from "../snapshot/snapshots-in-force.ts";
import { Deadlines } from "../time/deadlines.ts";
import { SpoolBudget } from "../uploads/spool.ts";
import { KeptPools } from "../upstream/kept-pools.ts";
import type { ConfigVersion, GatewayUnit, ProcessHost, ProcessOptions } from "./gateway-unit.ts";
import { giveBackMemory } from "./give-back-memory.ts";
import { HealthWatch } from "./health-watch.ts";
import { dataRoutes, type RouteDeps, socketRoutes } from "./routes.ts";
import { SharedHealth } from "./shared-health.ts";
import { warmUp } from "./warm-up.ts";
import { workerThreads } from "./worker-threads.ts";

const MAX_WORKER_QUEUE = 1024;
const WORKER_TASK_TIMEOUT_MS = 30_000;
const WORKER_IDLE_TIMEOUT_MS = 60_000;

/**
 * Starts serving. Resolves once the port is open, which is after the request path has been warmed.
 *
 * @throws Error when the port cannot be had or a file of the config cannot be read
 */
export async function startGatewayProcess(options: ProcessOptions, host: ProcessHost): Promise<GatewayUnit> {
  const process = new GatewayProcess(options, host);
  await process.start();
  return process;
}

class GatewayProcess implements GatewayUnit {
  port = 0;
  readonly #options: ProcessOptions;
  readonly #logs: Logs;
  readonly #logger: Logger;
  readonly #kept: KeptResponses;
  readonly #health: SharedHealth;
  readonly #retryBudget: ShareBudget;
  readonly #hedgeBudget: ShareBudget;
  readonly #deadlines: Deadlines;
  readonly #gates: Gates;
  readonly #shedder: LoadShedder;
  readonly #pool: CpuPool;
  readonly #metrics: Metrics;
  readonly #calls: KeptCalls;
  readonly #shadows: ShadowTraffic;
  readonly #server: Server;
  readonly #pools = new KeptPools();
  readonly #snapshots: SnapshotsInForce;
  #watch: HealthWatch | null = null;
  #config: Config;
  #readiness: Readiness = "starting";

  constructor(options: ProcessOptions, { logs, store, tell, leases }: ProcessHost) {
    const { config } = options;
    this.#health = new SharedHealth(tell);
    this.#retryBudget = new ShareBudget(config.routing.retryBudget);
    this.#hedgeBudget = new ShareBudget(config.routing.hedgeBudget);
    this.#options = options;
    this.#config = config;
    this.#logs = logs;
    this.#logger = logs.logger;
    this.#kept = {
      store,
      onLost: (error) => this.#logger.warn({ err: error }, "a response could not be kept"),
    };
    this.#deadlines = new Deadlines((error) =>
      this.#logger.error({ err: error }, "a bug in the gateway surfaced at a deadline"),
    );
    const surroundings: GateSurroundings = {
      nowMs: () => performance.now(),
      deadlines: this.#deadlines,
      defer: queueMicrotask,
      onBug: (error) => this.#logger.error({ err: error }, "a bug in the gateway surfaced in a queue"),
    };
    this.#gates = new Gates(surroundings, leases);
    this.#shedder = new LoadShedder(config.shedding);
    this.#pool = createCpuPool({
      threads: workerThreads(config.workers, options.fleetSize),
      maxQueue: MAX_WORKER_QUEUE,
      taskTimeoutMs: WORKER_TASK_TIMEOUT_MS,
      idleTimeoutMs: WORKER_IDLE_TIMEOUT_MS,
    });
    this.#metrics = new Metrics(options.index, () => ({
      openExchanges: this.#server.openExchanges,
      droppedLogLines: logs.dropped,
      workers: this.#pool.stats(),
      gates: this.#snapshots.current.gates.describe(),
      shed: this.#shedder.counts,
      eventLoopDelayMs: this.#shedder.delayMs,
      targets: meteredTargets(this.#snapshots.current, performance.now()),
    }));
    this.#calls = new KeptCalls(config.routing.explain.keep);
    this.#shadows = new ShadowTraffic({
      nowMs: () => performance.now(),
      random: Math.random,
      lateMs: () => this.#deadlines.lateMs,
      onBug: (error, requestId) =>
        this.#logger.error({ err: error, requestId }, "a bug in the gateway failed the copy of a call"),
    });
    this.#snapshots = new SnapshotsInForce(this.#compile(options));
    this.#server = this.#createServer(() => this.#snapshots.current, config.listen.tls);
  }

  async start(): Promise<void> {
    const { listen } = this.#config;
    await this.#warm();
    await warmUpstreams(this.#snapshots.current);
    this.port = await this.#server.listen(listen);
    this.#watchOver(this.#snapshots.current);
    this.#shedder.start();
    this.#readiness = "ready";
    this.#logger.info({ port: this.port, index: this.#options.index }, "listening");
  }

  async metrics(): Promise<MetricJson[]> {
    return this.#metrics.toJson();
  }

  async calls(query: CallsQuery): Promise<ExplainedCall[]> {
    return this.#calls.find(query);
  }

  async shadows(): Promise<ShadowTally[]> {
    return this.#shadows.tallies();
  }

  async targets(): Promise<readonly HealthReport[]> {
    return this.#health.registry.describe(performance.now());
  }

  async reload(next: ConfigVersion): Promise<void> {
    const compiled = this.#compile(next);
    await warmUpstreams(compiled);
    compiled.models.adopt(this.#snapshots.current.models, performance.now());
    this.#snapshots.replace(compiled);
    this.#shedder.configure(next.config.shedding);
    this.#watchOver(compiled);
    this.#config = next.config;
    this.#retryBudget.configure(next.config.routing.retryBudget);
    this.#calls.resize(next.config.routing.explain.keep);
    this.#hedgeBudget.configure(next.config.routing.hedgeBudget);
    this.#health.registry.retain(new Set(healthKeys(compiled)));
    this.#shadows.retain(
      [...compiled.models.all()].flatMap(({ shadow }) => (shadow === null ? [] : [shadow])),
    );
    this.#logger.info({ version: next.version, hash: next.hash }, "configuration reloaded");
  }

  learn(notices: readonly HealthNotice[]): void {
    this.#health.learn(notices);
  }

  async drain(): Promise<void> {
    this.#readiness = "draining";
    const { drainTimeoutMs } = this.#config;
    this.#logger.info({ openExchanges: this.#server.openExchanges, drainTimeoutMs }, "draining");
    this.#watch?.close();
    this.#shedder.close();
    this.#shadows.close();
    await this.#server.drain(drainTimeoutMs, () => this.#cutAll());
    await this.#snapshots.close();
    await this.#pool.close();
    this.#deadlines.close();
    this.#logger.info("drained");
  }

  #cutAll(): void {
    const message = "This gateway instance is shutting down and could not wait for the answer's end.";
    const error = new GatewayError("draining", { message });
    this.#snapshots.cutAll(error);
  }

  #watchOver({ watch }: Snapshot): void {
    this.#watch?.close();
    this.#watch = new HealthWatch(watch, {
      nowMs: () => performance.now(),
      random: Math.random,
      probes: this.#options.index === 0,
      onProbed: (provider, answered) => {
        if (answered) this.#logger.info({ provider }, "a provider answers its probes again");
        else this.#logger.warn({ provider }, "a provider does not answer its probes");
      },
      onEjected: ({ key }) => {
        const { provider, model } = targetOf(key);
        this.#logger.warn({ provider, model }, "a target does worse than the others of its group");
      },
    });
    this.#watch.start();
  }

  #compile({ config }: ConfigVersion): Snapshot {
    const { registry } = this.#health;
    return compileSnapshot(config, {
      metrics: this.#metrics,
      access: this.#logs.access,
      logger: this.#logger,
      calls: this.#calls,
      health: registry,
      gates: this.#gates,
      pools: this.#pools,
    });
  }

  /** Exercises the real request path on a server of its own, so that the first client meets compiled code. */
  async #warm(): Promise<void> {
    try {
      const tookMs = await warmUp((currentSnapshot) => this.#createServer(currentSnapshot), this.#config);
      const collectingMs = giveBackMemory();
      this.#logger.debug({ tookMs: Math.round(tookMs), collectingMs: Math.round(collectingMs) }, "warmed up");
    } catch (error) {
      this.#logger.warn({ err: error }, "the warm-up failed; the first requests will be slower");
    }
  }

  #createServer(currentSnapshot: () => Snapshot, tls?: TlsConfig): Server {
    const { limits, workers } = this.#config;
    const onBug = (error: unknown, requestId: string): void => {
      this.#logger.error({ err: error, requestId }, "a bug in the gateway failed a request");
    };
    const deps: RouteDeps = {
      currentSnapshot,
      offload: createOffload({
        pool: this.#pool,
        offloadAboveBytes: workers.offloadAboveBytes,
        maxDepth: limits.jsonDepth,
      }),
      pool: this.#pool,
      deadlines: this.#deadlines,
      shedder: this.#shedder,
      shadows: this.#shadows,
      nowMs: () => performance.now(),
      random: Math.random,
      retryBudget: this.#retryBudget,
      hedgeBudget: this.#hedgeBudget,
      readiness: () => this.#readiness,
      maxJsonDepth: limits.jsonDepth,
      spoolBudget: new SpoolBudget(limits.uploadSpoolBytes),
      uploadLimit: { bytes: limits.uploadBytes, name: "limits.uploadBytes" },
      kept: this.#kept,
      onBug,
    };
    return createServer({
      routes: dataRoutes(deps),
      socketRoutes: socketRoutes(deps),
      deadlines: this.#deadlines,
      bodyLimitBytes: limits.bodyBytes,
      headerTimeoutMs: limits.headerTimeoutMs,
      bodyTimeoutMs: limits.bodyTimeoutMs,
      ...(tls === undefined ? {} : { tls }),
      refuse: (exchange, error, lines) =>
        new LocalCall(exchange, currentSnapshot().localRecorders.none).refuse(error, { lines }),
      onBug,
    });
  }
}

function* healthKeys({ models, providers }: Snapshot): Generator<string> {
  for (const { health } of models.configured()) yield health.key;
  for (const { targets } of [...models.all(), ...providers.values()])
    for (const { health } of targets) yield health.key;
  for (const { shadow } of models.all()) if (shadow !== null) yield shadow.target.health.key;
}
