import type { PacingOptions } from "./options.ts";
import { QuotaMeter } from "./quota-meter.ts";
import type { RateLimits } from "./rate-limits.ts";

/** How much one call moves the size that the next one is expected to have. */
const NEWEST_SHARE = 1 / 8;

/** Tells, before the provider refuses a call, that its limits are nearly used up. */
export class Pacing {
  /** Others are preferred until then. */
  untilMs = 0;
  readonly #requests = new QuotaMeter();
  readonly #tokens = new QuotaMeter();
  readonly #outputTokens = new QuotaMeter();
  #options: PacingOptions;
  #anyKnown = false;
  #typicalTokens = 0;

  constructor(options: PacingOptions) {
    this.#options = options;
  }

  configure(options: PacingOptions): void {
    this.#options = options;
  }

  onSent(nowMs: number, tokens: number): void {
    this.#typicalTokens += (tokens - this.#typicalTokens) * (this.#typicalTokens === 0 ? 1 : NEWEST_SHARE);
    if (!this.#anyKnown) return;
    this.#requests.spend(nowMs, 1);
    this.#tokens.spend(nowMs, tokens);
    this.#update(nowMs);
  }

  /** What an answer tells replaces all that was known before, from other processes too. */
  onLimits(nowMs: number, limits: RateLimits): void {
    this.#anyKnown = true;
    this.#requests.learn(nowMs, limits.requests, this.#options);
    this.#tokens.learn(nowMs, limits.tokens, this.#options);
    this.#outputTokens.learn(nowMs, limits.outputTokens, this.#options);
    this.untilMs = 0;
    this.#update(nowMs);
  }

  holdFor(nowMs: number, forMs: number): void {
    this.untilMs = Math.max(this.untilMs, nowMs + Math.min(forMs, this.#options.maxResetMs));
  }

  #update(nowMs: number): void {
    const { reserveShare } = this.#options;
    const untilMs = Math.max(
      this.#requests.pacedUntilMs(nowMs, 1, reserveShare),
      this.#tokens.pacedUntilMs(nowMs, this.#typicalTokens, reserveShare),
      this.#outputTokens.pacedUntilMs(nowMs, 0, reserveShare),
    );
    if (untilMs > this.untilMs) this.untilMs = untilMs;
  }
}
