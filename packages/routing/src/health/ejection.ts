const MOST_REPEATS = 10;

/** How long a target that does worse than the others of its group is put out of it: longer at each repeat. */
export class Ejection {
  untilMs = 0;
  #repeats = 0;

  /** Repeats that are more than ten times `ejectMs` apart are none. */
  eject(nowMs: number, ejectMs: number): void {
    const repeated = this.untilMs > 0 && nowMs - this.untilMs < MOST_REPEATS * ejectMs;
    this.#repeats = repeated ? Math.min(MOST_REPEATS, this.#repeats + 1) : 1;
    this.untilMs = nowMs + ejectMs * this.#repeats;
  }

  holdFor(nowMs: number, forMs: number): void {
    this.untilMs = Math.max(this.untilMs, nowMs + forMs);
  }
}
