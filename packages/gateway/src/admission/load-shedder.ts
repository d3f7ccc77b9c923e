import type { Priority, SheddingConfig } from "@headrace/core/config/types-traffic";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { Shedding } from "./shedding.ts";

const READ_EVERY_MS = 100;

/** What it has refused so far, by class. */
export type ShedCounts = Readonly<Record<Priority, number>>;

/**
 * Refuses calls while the process is late with its work, before all of them become slow. How late it is shows in a
 * timer of its own: it fires as much behind its time as an arriving call has to wait.
 */
export class LoadShedder {
  readonly #counts: Record<Priority, number> = { high: 0, normal: 0, low: 0 };
  readonly #shedding = new Shedding();
  #config: SheddingConfig;
  #timer: NodeJS.Timeout | null = null;
  #dueAtMs = 0;

  constructor(config: SheddingConfig) {
    this.#config = config;
  }

  get counts(): ShedCounts {
    return this.#counts;
  }

  /** How late the event loop is, as it is judged; 0 when nobody looks. */
  get delayMs(): number {
    return this.#shedding.pressure * (this.#config.eventLoopDelayMs ?? 0);
  }

  configure(config: SheddingConfig): void {
    if (config.eventLoopDelayMs !== this.#config.eventLoopDelayMs) this.#shedding.reset();
    this.#config = config;
  }

  /** Looks at the event loop from now on. */
  start(): void {
    this.#dueAtMs = performance.now() + READ_EVERY_MS;
    this.#timer = setTimeout(() => this.#read(), READ_EVERY_MS).unref();
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** @throws GatewayError `overloaded` when the process has no time for another call of this class */
  admit(priority: Priority): void {
    if (!this.#shedding.refuses(priority)) return;
    this.#counts[priority]++;
    throw new GatewayError("overloaded", { retryAfterMs: this.#config.retryAfterMs });
  }

  #read(): void {
    const { eventLoopDelayMs } = this.#config;
    if (eventLoopDelayMs !== null)
      this.#shedding.read((performance.now() - this.#dueAtMs) / eventLoopDelayMs);
    this.start();
  }
}
