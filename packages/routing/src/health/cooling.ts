import type { CoolingOptions } from "./options.ts";

/** Leaves a target alone that answered "too many requests", as long as its provider asks, or longer at each repeat. */
export class Cooling {
  untilMs = 0;
  #options: CoolingOptions;
  #doublings = 0;

  constructor(options: CoolingOptions) {
    this.#options = options;
  }

  configure(options: CoolingOptions): void {
    this.#options = options;
  }

  /** @param askedMs - what the provider asks for; null, 0 and nonsense = it names no time */
  refused(nowMs: number, askedMs: number | null): void {
    const { baseMs, maxMs } = this.#options;
    if (askedMs !== null && askedMs > 0) {
      this.holdFor(nowMs, Math.min(askedMs, maxMs));
      return;
    }
    // A burst of calls that were under way together is refused together: that is one refusal, not many.
    if (nowMs < this.untilMs) return;
    const repeated = this.untilMs > 0 && nowMs - this.untilMs < maxMs;
    this.#doublings = repeated ? this.#doublings + 1 : 0;
    this.untilMs = nowMs + Math.min(maxMs, baseMs * 2 ** this.#doublings);
  }

  /** Never shortens a time that was asked for before. */
  holdFor(nowMs: number, forMs: number): void {
    this.untilMs = Math.max(this.untilMs, nowMs + forMs);
  }

  /** An answer that comes while the target still cools belongs to a call sent before. */
  served(nowMs: number): void {
    if (nowMs >= this.untilMs) this.untilMs = 0;
  }
}
