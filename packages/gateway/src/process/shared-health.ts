import type { HealthNotice } from "@headrace/routing/health/health-notice";
import { HealthRegistry } from "@headrace/routing/health/registry";

/** Calls that fail together make one message. */
const GATHER_MS = 10;

/** What this process and the others of the machine know of targets. */
export class SharedHealth {
  readonly registry: HealthRegistry;
  readonly #tell: (notices: readonly HealthNotice[]) => void;
  /** The last one of each kind of each target, in the order in which they came. */
  #gathered = new Map<string, HealthNotice>();

  /** @param tell - the other processes */
  constructor(tell: (notices: readonly HealthNotice[]) => void) {
    this.#tell = tell;
    this.registry = new HealthRegistry({
      random: Math.random,
      onNotice: (notice) => this.#gather(notice),
    });
  }

  /** What another process has found out. */
  learn(notices: readonly HealthNotice[]): void {
    const nowMs = performance.now();
    for (const notice of notices) this.registry.apply(nowMs, notice);
  }

  #gather(notice: HealthNotice): void {
    const id = `${notice.kind}\u0000${notice.key}`;
    const isFirst = this.#gathered.size === 0;
    this.#gathered.delete(id);
    this.#gathered.set(id, notice);
    if (!isFirst) return;
    setTimeout(() => {
      const notices = [...this.#gathered.values()];
      this.#gathered = new Map();
      this.#tell(notices);
    }, GATHER_MS).unref();
  }
}
