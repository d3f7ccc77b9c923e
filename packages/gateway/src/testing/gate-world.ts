import type { GateSurroundings } from "../admission/concurrency-gate.ts";
import type { Deadlined } from "../time/deadlines.ts";

/** What gates stand in, with a clock that is moved by hand. */
export class GateWorld {
  nowMs = 0;
  readonly deadlines: Set<Deadlined> = new Set();
  readonly bugs: unknown[] = [];
  readonly #deferred: (() => void)[] = [];
  readonly surroundings: GateSurroundings = {
    nowMs: () => this.nowMs,
    deadlines: {
      add: (item) => void this.deadlines.add(item),
      delete: (item) => void this.deadlines.delete(item),
    },
    defer: (run) => void this.#deferred.push(run),
    onBug: (error) => this.bugs.push(error),
  };

  /** Lets everything run that was put off. */
  settle(): void {
    for (let run = this.#deferred.shift(); run !== undefined; run = this.#deferred.shift()) run();
  }

  pass(ms: number): void {
    this.nowMs += ms;
    for (const item of [...this.deadlines]) if (item.deadlineAtMs <= this.nowMs) item.onDeadline();
    this.settle();
  }
}
