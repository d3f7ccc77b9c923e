import type { PacingOptions } from "./options.ts";
import type { Quota } from "./rate-limits.ts";

/** What is left of one limit: as the last answer told it, less what was sent since, and what came back meanwhile. */
export class QuotaMeter {
  #known = false;
  /** 0 = not told. */
  #limit = 0;
  #remaining = 0;
  #refillPerMs = 0;
  #countedAtMs = 0;
  #resetAtMs = 0;

  /** Forgets everything that it knew. */
  learn(nowMs: number, quota: Quota | null, options: PacingOptions): void {
    this.#known = quota !== null;
    if (quota === null) return;
    const resetMs = quota.resetMs ?? options.unknownResetMs;
    this.#limit = quota.limit ?? 0;
    this.#remaining = this.#limit > 0 ? Math.min(quota.remaining, this.#limit) : quota.remaining;
    this.#countedAtMs = nowMs;
    this.#resetAtMs = nowMs + Math.min(resetMs, options.maxResetMs);
    const used = this.#limit - this.#remaining;
    this.#refillPerMs = quota.refill === "gradually" && used > 0 && resetMs > 0 ? used / resetMs : 0;
  }

  spend(nowMs: number, amount: number): void {
    if (!this.#known) return;
    this.#count(nowMs);
    this.#remaining = Math.max(0, this.#remaining - amount);
  }

  /**
   * Until when there is too little left for a call that needs `need`, or to leave the reserve untouched. A limit that
   * refills gradually is waited for until twice as much is there, lest the target is taken and left in turns.
   *
   * @returns 0 when there is enough, or nothing is known
   */
  pacedUntilMs(nowMs: number, need: number, reserveShare: number): number {
    if (!this.#known) return 0;
    this.#count(nowMs);
    if (!this.#known) return 0;
    // A call that needs more than the whole limit shall not keep the target out for good.
    const most = this.#limit > 0 ? this.#limit / 2 : Number.POSITIVE_INFINITY;
    const floor = Math.min(most, Math.max(need, reserveShare * this.#limit));
    if (this.#remaining >= floor) return 0;
    if (this.#refillPerMs === 0) return this.#resetAtMs;
    return Math.min(this.#resetAtMs, nowMs + (2 * floor - this.#remaining) / this.#refillPerMs);
  }

  #count(nowMs: number): void {
    if (nowMs >= this.#resetAtMs) this.#known = false;
    else if (this.#refillPerMs > 0) {
      const back = (nowMs - this.#countedAtMs) * this.#refillPerMs;
      this.#remaining = Math.min(this.#limit, this.#remaining + back);
      this.#countedAtMs = nowMs;
    }
  }
}
