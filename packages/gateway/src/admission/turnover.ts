const MIN_WAIT_MS = 1_000;
const MAX_WAIT_MS = 60_000;
/** What happened longer ago says little of what will. */
const WINDOW_MS = 10_000;

/** How quickly slots become free, as far as it has been seen lately. */
export class Turnover {
  #leaves = 0;
  #sinceMs = Number.NEGATIVE_INFINITY;

  /** Costs an addition, since it is told of every call. */
  countLeave(): void {
    this.#leaves++;
  }

  /** All slots are taken: only from now on leaves tell how quickly they are. */
  begin(nowMs: number): void {
    if (nowMs - this.#sinceMs < WINDOW_MS) return;
    this.#leaves = 0;
    this.#sinceMs = nowMs;
  }

  /** When somebody behind so many others may expect a slot, from 1 to 60 s. */
  expectedWaitMs(waiting: number, nowMs: number): number {
    const seenMs = Math.max(0, nowMs - this.#sinceMs);
    const intervalMs = Number.isFinite(seenMs) ? seenMs / Math.max(1, this.#leaves) : 0;
    if (seenMs >= WINDOW_MS) {
      // Half of what was seen goes on counting, so that the estimate neither jumps nor grows old.
      this.#sinceMs = nowMs - WINDOW_MS / 2;
      this.#leaves = Math.round(this.#leaves * (WINDOW_MS / 2 / seenMs));
    }
    return Math.min(MAX_WAIT_MS, Math.max(MIN_WAIT_MS, Math.ceil(intervalMs * (waiting + 1))));
  }
}
