import type { Model, Target } from "../snapshot/snapshot.ts";

/** The next try of a request, and how long to wait before it. */
export interface Try {
  readonly target: Target;
  readonly delayMs: number;
}

const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 1000;
/** A provider that wants a longer pause than this is left for the next target. */
const MAX_RETRY_AFTER_MS = 2000;

/**
 * The tries of one request in their order: each target up to `retry.attempts` times, then the next one. Repeating a
 * target waits with full jitter, so that the clients of a provider that stumbled do not come back all at once.
 */
export class Tries {
  readonly #model: Model;
  readonly #random: () => number;
  #targetIndex = 0;
  #onTarget = 1;
  /** Tries begun so far. */
  count = 0;

  constructor(model: Model, random: () => number) {
    this.#model = model;
    this.#random = random;
  }

  first(): Target {
    this.count = 1;
    return this.#model.targets[0];
  }

  /** The try after one that failed with `status`, or null when there is none or another would not help. */
  next(status: number, retryAfterMs: number | null): Try | null {
    const { retry, targets } = this.#model;
    if (!retry.statuses.has(status)) return null;
    const tooLong = retryAfterMs !== null && retryAfterMs > MAX_RETRY_AFTER_MS;
    const current = targets[this.#targetIndex];
    if (this.#onTarget < retry.attempts && !tooLong && current !== undefined) {
      const backoffMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (this.#onTarget - 1));
      this.#onTarget++;
      this.count++;
      return { target: current, delayMs: Math.max(retryAfterMs ?? 0, this.#random() * backoffMs) };
    }
    this.#targetIndex++;
    this.#onTarget = 1;
    const following = targets[this.#targetIndex];
    if (following === undefined) return null;
    this.count++;
    return { target: following, delayMs: 0 };
  }
}
