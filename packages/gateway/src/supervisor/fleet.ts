import type { Logger } from "pino";
import type { MetricJson } from "../observability/metric-table.ts";
import { type ConfigVersion, type GatewayUnit, startGatewayProcess } from "../process/gateway-process.ts";
import { startChildUnit } from "./child-unit.ts";

const FIRST_RESTART_DELAY_MS = 100;
const MAX_RESTART_DELAY_MS = 10_000;
/** A child that lived this long was healthy: the next restart is quick again. */
const HEALTHY_AFTER_MS = 30_000;

/** The gateway processes behind one port, kept at their number. */
export class Fleet {
  readonly #size: number;
  readonly #logger: Logger;
  readonly #units = new Map<number, GatewayUnit>();
  #current: ConfigVersion;
  #port = 0;
  #stopping = false;

  constructor(size: number, current: ConfigVersion, logger: Logger) {
    this.#size = size;
    this.#current = current;
    this.#logger = logger;
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
    // The first one settles the port for all, should any free one be asked for.
    await this.#startUnit(0);
    await Promise.all(Array.from({ length: this.#size - 1 }, (_, i) => this.#startUnit(i + 1)));
  }

  /** The metrics of every process that answers. */
  async metrics(): Promise<MetricJson[][]> {
    return Promise.all([...this.#units.values()].map((unit) => unit.metrics()));
  }

  /** @throws Error when a process could not take the new config; those that could are told to go back */
  async reload(next: ConfigVersion): Promise<void> {
    const units = [...this.#units.values()];
    const results = await Promise.allSettled(units.map((unit) => unit.reload(next)));
    const failed = results.find((result) => result.status === "rejected");
    if (failed === undefined) {
      this.#current = next;
      return;
    }
    await Promise.allSettled(units.map((unit) => unit.reload(this.#current)));
    throw failed.reason;
  }

  async drain(): Promise<void> {
    this.#stopping = true;
    await Promise.all([...this.#units.values()].map((unit) => unit.drain()));
  }

  async #startUnit(index: number): Promise<void> {
    const { config } = this.#current;
    const listen = this.#port === 0 ? config.listen : { ...config.listen, port: this.#port };
    const options = { ...this.#current, config: { ...config, listen }, index, shared: this.#size > 1 };
    const startedAtMs = performance.now();
    const unit =
      this.#size === 1
        ? await startGatewayProcess(options)
        : await startChildUnit(options, (reason) => this.#onExit(index, reason, startedAtMs));
    this.#port = unit.port;
    if (this.#stopping) await unit.drain();
    else this.#units.set(index, unit);
  }

  #onExit(index: number, reason: string, startedAtMs: number): void {
    this.#units.delete(index);
    if (this.#stopping) return;
    this.#logger.error({ index, reason }, "a gateway process died and will be replaced");
    const wasHealthy = performance.now() - startedAtMs > HEALTHY_AFTER_MS;
    this.#replace(index, wasHealthy ? 0 : FIRST_RESTART_DELAY_MS);
  }

  #replace(index: number, delayMs: number): void {
    setTimeout(() => {
      if (this.#stopping) return;
      this.#startUnit(index).then(
        () => this.#logger.info({ index }, "the gateway process was replaced"),
        (error: unknown) => {
          this.#logger.error(
            { err: error, index, shared: this.#size > 1 },
            "a gateway process could not be replaced; trying again",
          );
          this.#replace(index, Math.min(MAX_RESTART_DELAY_MS, Math.max(FIRST_RESTART_DELAY_MS, delayMs * 2)));
        },
      );
    }, delayMs).unref();
  }
}
