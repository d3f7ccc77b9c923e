import { GatewayError } from "@headrace/core/errors/gateway-error";
import { SYSTEM_TIMING, type Timing } from "./timing.ts";
import { tokenFailure } from "./token-failure.ts";

/** A token, or whatever else is lent for a time. */
export interface Token<T> {
  readonly value: T;
  /** Milliseconds since 1970; infinite for one that stays. */
  readonly expiresAtMs: number;
}

export interface TokenKeeperOptions<T> {
  /** What is kept, for messages: `an access token from Google`. */
  readonly what: string;
  fetch(): Promise<Token<T>>;
  /** How long before a token's end the next one is fetched. */
  readonly marginMs: number;
  /** What must not stand in a message. */
  readonly secrets: readonly string[];
  readonly timing?: Timing;
}

/** A token so near to its end may be refused when it arrives. */
const UNUSABLE_MS = 10_000;
/** Share of the margin within which processes that began together spread. */
const JITTER_SHARE = 0.3;
const FETCH_TIMEOUT_MS = 10_000;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;
/** A token is not fetched sooner after another only because a request with it was refused. */
const DOUBT_PAUSE_MS = 60_000;

/**
 * Keeps a token and gets the next one before its end, away from the requests: only the very first, or one after an
 * outage, waits. However many wait, they wait for one fetch. After a failed one the next is tried at growing intervals;
 * until then a token that still holds is given out, and without one the failure is told at once.
 *
 * Phases: made, without any effect; then `get`, which begins it all; then `close`.
 */
export class TokenKeeper<T> {
  readonly #options: TokenKeeperOptions<T>;
  readonly #timing: Timing;
  #token: Token<T> | null = null;
  #fetching: Promise<T> | null = null;
  #fetchedAtMs = Number.NEGATIVE_INFINITY;
  #failure: { readonly error: GatewayError; readonly untilMs: number } | null = null;
  #failures = 0;
  #cancelTimer: (() => void) | null = null;
  /** Ends the fetch that runs. */
  #giveUp: ((error: Error) => void) | null = null;
  #closed = false;

  constructor(options: TokenKeeperOptions<T>) {
    this.#options = options;
    this.#timing = options.timing ?? SYSTEM_TIMING;
  }

  /** The token that is kept, or null. */
  get current(): T | null {
    return this.#token?.value ?? null;
  }

  /**
   * Never throws; the promise rejects with a GatewayError, `upstream_auth_failed` or `upstream_unreachable`, and with
   * `draining` after `close`.
   */
  get(): T | Promise<T> {
    const nowMs = this.#timing.nowMs();
    if (this.#token !== null && nowMs < this.#token.expiresAtMs - UNUSABLE_MS) return this.#token.value;
    if (this.#fetching !== null) return this.#fetching;
    if (this.#failure !== null && nowMs < this.#failure.untilMs) return Promise.reject(this.#failure.error);
    return this.#fetch();
  }

  /** A request with the token was refused: it may have been taken back, so another is fetched. */
  doubt(): void {
    if (this.#closed || this.#fetching !== null) return;
    if (this.#timing.nowMs() >= this.#fetchedAtMs + DOUBT_PAUSE_MS) this.#fetchAside();
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer?.();
    this.#giveUp?.(new GatewayError("draining"));
    return Promise.resolve();
  }

  #fetch(): Promise<T> {
    if (this.#closed) return Promise.reject(new GatewayError("draining"));
    this.#cancelTimer?.();
    this.#fetchedAtMs = this.#timing.nowMs();
    const fetching = this.#fetchInTime().then(
      (token) => this.#keep(token),
      (error: unknown) => this.#fail(error),
    );
    this.#fetching = fetching;
    return fetching;
  }

  /** Nobody waits for it, so its failure is told to those who come. */
  #fetchAside(): void {
    this.#fetch().catch(() => {});
  }

  async #fetchInTime(): Promise<Token<T>> {
    const givenUp = Promise.withResolvers<never>();
    this.#giveUp = givenUp.reject;
    const cancel = this.#timing.schedule(FETCH_TIMEOUT_MS, () =>
      givenUp.reject(new Error(`there was no answer within ${FETCH_TIMEOUT_MS / 1000} seconds`)),
    );
    try {
      return await Promise.race([this.#options.fetch(), givenUp.promise]);
    } finally {
      this.#giveUp = null;
      cancel();
    }
  }

  #keep(token: Token<T>): T {
    this.#fetching = null;
    this.#token = token;
    this.#failure = null;
    this.#failures = 0;
    this.#schedule(this.#untilRefreshMs(token));
    return token.value;
  }

  #fail(cause: unknown): never {
    this.#fetching = null;
    if (this.#closed) throw cause;
    const { what, secrets } = this.#options;
    const error = tokenFailure(what, cause, secrets);
    const backoffMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.#failures++, 16));
    const delayMs = backoffMs * (1 - this.#timing.random() * JITTER_SHARE);
    this.#failure = { error, untilMs: this.#timing.nowMs() + delayMs };
    this.#schedule(delayMs);
    throw error;
  }

  #untilRefreshMs({ expiresAtMs }: Token<T>): number {
    const lifeMs = expiresAtMs - this.#timing.nowMs();
    const marginMs = this.#options.marginMs * (1 - this.#timing.random() * JITTER_SHARE);
    // One that has less left than the margin, because its giver holds on to it, is looked after at half of that.
    return Math.max(FIRST_RETRY_MS, lifeMs > marginMs ? lifeMs - marginMs : lifeMs / 2);
  }

  #schedule(delayMs: number): void {
    if (this.#closed || delayMs === Number.POSITIVE_INFINITY) return;
    this.#cancelTimer = this.#timing.schedule(delayMs, () => this.#fetchAside());
  }
}
