import type { HealthNotice } from "@headrace/routing/health/health-notice";
import type { Logger } from "pino";
import type { ProcessHealth } from "../admin/health-routes.ts";
import { type CallsQuery, type ExplainedCall, newestOf } from "../explain/explained-call.ts";
import type { Logs } from "../observability/logger.ts";
import type { MetricJson } from "../observability/metric-table.ts";
import type { ConfigVersion, GatewayUnit } from "../process/gateway-unit.ts";
import { type MemoryConversationStore, openConversationStore } from "../responses/conversation-store.ts";
import type { ShadowTally } from "../shadow/shadow-tally.ts";
import { startChildUnit } from "./child-unit.ts";
import { FleetMetrics } from "./fleet-metrics.ts";
import { KnownHealth } from "./known-health.ts";
import { SlotBank } from "./slot-bank.ts";

type StartGatewayProcess = typeof import("../process/gateway-process.ts").startGatewayProcess;

const FIRST_RESTART_DELAY_MS = 100;
const MAX_RESTART_DELAY_MS = 10_000;
/** A child that lived this long was healthy: its next restart is quick again. */
const HEALTHY_AFTER_MS = 30_000;
/** What has expired is not given to anybody before; this only frees its memory. */
const SWEEP_INTERVAL_MS = 60_000;

/** The gateway processes behind one port, kept at their number. */
export class Fleet {
  readonly #size: number;
  readonly #logs: Logs;
  readonly #logger: Logger;
  readonly #units = new Map<number, GatewayUnit>();
  /** Restarts of a process in a row, by its index. */
  readonly #restarts = new Map<number, number>();
  readonly #metrics = new FleetMetrics();
  readonly #known = new KnownHealth();
  readonly #bank: SlotBank;
  /** All processes keep their responses here. */
  readonly #store: MemoryConversationStore | null;
  #sweeping: NodeJS.Timeout | null = null;
  #current: ConfigVersion;
  #port = 0;
  #stopping = false;

  constructor(size: number, current: ConfigVersion, logs: Logs) {
    this.#size = size;
    this.#bank = new SlotBank(size);
    this.#current = current;
    this.#logs = logs;
    this.#logger = logs.logger;
    this.#store = openConversationStore(current.config.responses);
  }

  get port(): number {
    return this.#port;
  }

  /** True while every process serves. */
  get complete(): boolean {
    return this.#units.size === this.#size && !this.#stopping;
  }

  /** @throws Error when a process cannot start */
  async start(): Promise<void> {
    if (this.#store !== null)
      this.#sweeping = setInterval(() => this.#store?.dropExpired(), SWEEP_INTERVAL_MS).unref();
    await Promise.all(Array.from({ length: this.#size }, (_, index) => this.#startUnit(index)));
  }

  /** The metrics of every process; for one that does not answer, what it said last. */
  async metrics(): Promise<MetricJson[][]> {
    await Promise.all(Array.from(this.#units, ([index, unit]) => this.#updateMetrics(index, unit)));
    return this.#metrics.all();
  }

  /** The newest calls of every process that fit; those of one that does not answer are left out. */
  async calls(query: CallsQuery): Promise<ExplainedCall[]> {
    return newestOf(await this.#askAll((unit) => unit.calls(query), "where its calls went"), query.limit);
  }

  /** How the copies of every process's calls went; those of one that does not answer are left out. */
  async shadows(): Promise<ShadowTally[]> {
    return (await this.#askAll((unit) => unit.shadows(), "how copies of its calls went")).flat();
  }

  /** What each process knows of its targets. */
  health(): Promise<readonly ProcessHealth[]> {
    const inOrder = [...this.#units].sort(([one], [other]) => one - other);
    const asked = inOrder.map(async ([index, unit]) => {
      try {
        return { process: index, targets: await unit.targets() };
      } catch (error) {
        this.#logger.warn({ err: error, index }, "a gateway process did not tell how its targets are");
        return { process: index, targets: null };
      }
    });
    return Promise.all(asked);
  }

  /** @throws Error when a process could not take the new config; those that could are told to go back */
  async reload(next: ConfigVersion): Promise<void> {
    const units = [...this.#units.values()];
    const results = await Promise.allSettled(units.map((unit) => unit.reload(next)));
    const failed = results.find((result) => result.status === "rejected");
    if (failed === undefined) {
      this.#current = next;
      const late = [...this.#units.values()].filter((unit) => !units.includes(unit));
      await Promise.all(late.map((unit) => this.#catchUp(unit)));
      return;
    }
    const swapped = units.filter((_, i) => results[i]?.status === "fulfilled");
    await Promise.allSettled(swapped.map((unit) => unit.reload(this.#current)));
    throw failed.reason;
  }

  async drain(): Promise<void> {
    this.#stopping = true;
    if (this.#sweeping !== null) clearInterval(this.#sweeping);
    await Promise.all([...this.#units.values()].map((unit) => unit.drain()));
  }

  async #startUnit(index: number): Promise<void> {
    const startedWith = this.#current;
    const options = { ...startedWith, index, fleetSize: this.#size };
    const startedAtMs = performance.now();
    const store = this.#store;
    const unit =
      this.#size === 1
        ? await startHere(options, { logs: this.#logs, store, tell: () => {}, leases: null })
        : await startChildUnit(options, {
            store,
            bank: this.#bank,
            onHealth: (notices) => this.#spread(index, notices),
            onExit: (reason) => this.#onExit(index, reason, startedAtMs),
          });
    this.#port = unit.port;
    if (this.#stopping) {
      await unit.drain();
      return;
    }
    this.#units.set(index, unit);
    unit.learn(this.#known.notices(performance.now()));
    if (this.#current !== startedWith) await this.#catchUp(unit);
  }

  /** What one process has learnt of a target saves the others from learning it. */
  #spread(from: number, notices: readonly HealthNotice[]): void {
    this.#known.note(performance.now(), notices);
    for (const [index, unit] of this.#units) if (index !== from) unit.learn(notices);
  }

  #askAll<Told>(ask: (unit: GatewayUnit) => Promise<Told[]>, what: string): Promise<Told[][]> {
    const asked = Array.from(this.#units, async ([index, unit]) => {
      try {
        return await ask(unit);
      } catch (error) {
        this.#logger.warn({ err: error, index }, `a gateway process did not tell ${what}`);
        return [];
      }
    });
    return Promise.all(asked);
  }

  async #updateMetrics(index: number, unit: GatewayUnit): Promise<void> {
    try {
      this.#metrics.update(index, await unit.metrics());
    } catch (error) {
      this.#logger.warn({ err: error, index }, "a gateway process did not answer a scrape");
    }
  }

  /** For a process that was starting while the others took a new config. */
  async #catchUp(unit: GatewayUnit): Promise<void> {
    try {
      await unit.reload(this.#current);
    } catch (error) {
      this.#logger.error(
        { err: error },
        "a new gateway process runs on the configuration before the last one",
      );
    }
  }

  #onExit(index: number, reason: string, startedAtMs: number): void {
    this.#units.delete(index);
    this.#metrics.end(index);
    if (this.#stopping) return;
    this.#logger.error({ index, reason }, "a gateway process died and will be replaced");
    if (performance.now() - startedAtMs > HEALTHY_AFTER_MS) this.#restarts.delete(index);
    this.#replace(index);
  }

  #replace(index: number): void {
    const restarts = this.#restarts.get(index) ?? 0;
    this.#restarts.set(index, restarts + 1);
    const delayMs = Math.min(MAX_RESTART_DELAY_MS, FIRST_RESTART_DELAY_MS * 2 ** restarts);
    setTimeout(() => {
      if (this.#stopping) return;
      this.#startUnit(index).then(
        () => this.#logger.info({ index }, "the gateway process was replaced"),
        (error: unknown) => {
          this.#logger.error({ err: error, index }, "a gateway process could not be replaced; trying again");
          this.#replace(index);
        },
      );
    }, delayMs).unref();
  }
}

/** Loaded here: where children serve, their supervisor needs none of it. */
async function startHere(...given: Parameters<StartGatewayProcess>): Promise<GatewayUnit> {
  const { startGatewayProcess } = await import("../process/gateway-process.ts");
  return startGatewayProcess(...given);
}
