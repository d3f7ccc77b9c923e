/** How long a target that does worse than the others of its group is put out of it. */
export interface EjectionTimes {
  readonly ejectMs: number;
  readonly maxEjectMs: number;
}

/** Longer at each repeat, as long as the repeats are less than `maxEjectMs` apart. */
export class Ejection {
  untilMs = 0;
  #repeats = 0;

  eject(nowMs: number, times: EjectionTimes): void {
    const repeated = this.untilMs > 0 && nowMs - this.untilMs < times.maxEjectMs;
    this.#repeats = repeated ? this.#repeats + 1 : 1;
    this.untilMs = nowMs + Math.min(times.maxEjectMs, times.ejectMs * this.#repeats);
  }

  holdFor(nowMs: number, forMs: number): void {
    this.untilMs = Math.max(this.untilMs, nowMs + forMs);
  }
}
