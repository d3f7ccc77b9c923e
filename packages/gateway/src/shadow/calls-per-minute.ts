const MINUTE_MS = 60_000;
/** Forgotten starts are let go when they are so many, and half of all. */
const MIN_FORGOTTEN = 1_024;

/** Lets at most so many calls begin in any sixty seconds. */
export class CallsPerMinute {
  #limit: number;
  /** Of the last minute, oldest first, behind those that are forgotten. */
  #startsMs: number[] = [];
  #forgotten = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** What began before still counts. */
  configure(limit: number): void {
    this.#limit = limit;
  }

  take(nowMs: number): boolean {
    this.#forget(nowMs - MINUTE_MS);
    if (this.#startsMs.length - this.#forgotten >= this.#limit) return false;
    this.#startsMs.push(nowMs);
    return true;
  }

  #forget(untilMs: number): void {
    while ((this.#startsMs[this.#forgotten] ?? Number.POSITIVE_INFINITY) <= untilMs) this.#forgotten++;
    if (this.#forgotten < MIN_FORGOTTEN || this.#forgotten * 2 < this.#startsMs.length) return;
    this.#startsMs = this.#startsMs.slice(this.#forgotten);
    this.#forgotten = 0;
  }
}
