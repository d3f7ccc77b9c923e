import type { ErrorCode } from "@headrace/core/errors/table";
import type { RetryPolicy, Target } from "../snapshot/snapshot.ts";

/** The next try of a request, and how long to wait before it. */
export interface Try<T = Target> {
  readonly target: T;
  readonly delayMs: number;
}

/** Where a request may go, and how often. */
export interface TriesPlan<T> {
  /** In the order in which they are tried. */
  readonly targets: readonly [T, ...T[]];
  readonly retry: RetryPolicy;
}

/** How a try failed. */
export interface TryFailure {
  /** Of the provider's answer, or of our own error. */
  readonly status: number;
  /** Our own error, or null for an answer of the provider. */
  readonly code: ErrorCode | null;
  /** How long the provider asks to be left alone, or null. */
  readonly retryAfterMs: number | null;
}

type Remedy = "same-target" | "next-target" | "none";

/**
 * What helps against failures that no provider put into a status. A request that took all its time, or whose answer
 * cannot be used, was most likely worked on and billed, so it is not sent to the same place again. What is not named
 * here is final.
 */
const REMEDIES: Readonly<Partial<Record<ErrorCode, Remedy>>> = {
  upstream_unreachable: "same-target",
  upstream_connect_timeout: "same-target",
  upstream_cut: "same-target",
  upstream_first_byte_timeout: "next-target",
  upstream_idle_timeout: "next-target",
  upstream_invalid_response: "next-target",
  upstream_event_too_large: "next-target",
  upstream_auth_failed: "next-target",
  unsupported_param: "next-target",
  endpoint_not_served: "next-target",
};

const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 1000;
/** A provider that wants a longer pause than this is left for the next target. */
const MAX_RETRY_AFTER_MS = 2000;

/**
 * The tries of one request in their order: each target up to `retry.attempts` times, then the next one. Repeating a
 * target waits with full jitter, so that the clients of a provider that stumbled do not come back all at once.
 */
export class Tries<T = Target> {
  readonly #model: TriesPlan<T>;
  readonly #random: () => number;
  #targetIndex = 0;
  #onTarget = 1;
  /** Tries begun so far. */
  count = 0;

  constructor(model: TriesPlan<T>, random: () => number) {
    this.#model = model;
    this.#random = random;
  }

  first(): T {
    this.count = 1;
    return this.#model.targets[0];
  }

  /** The try after one that failed, or null when there is none or another would not help. */
  next(failure: TryFailure): Try<T> | null {
    const { retry, targets } = this.#model;
    const remedy = this.#remedy(failure);
    if (remedy === "none") return null;
    const { retryAfterMs } = failure;
    const tooLong = retryAfterMs !== null && retryAfterMs > MAX_RETRY_AFTER_MS;
    const current = targets[this.#targetIndex];
    const again = remedy === "same-target" && !tooLong && this.#onTarget < retry.attempts;
    if (again && current !== undefined) {
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

  /** A provider's status, in a head or in an error event, is the config's to judge. */
  #remedy({ status, code }: TryFailure): Remedy {
    if (code !== null && code !== "upstream_error") return REMEDIES[code] ?? "none";
    return this.#model.retry.statuses.has(status) ? "same-target" : "none";
  }
}
