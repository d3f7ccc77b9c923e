import type { PacingOptions } from "./options.ts";
import { Pacing } from "./pacing.ts";
import type { RateLimits } from "./rate-limits.ts";

/**
 * The pacing of a target whose provider is shown several keys in turn, each of which has limits of its own. With one key
 * it is that key's {@link Pacing}.
 */
export class KeyPacing {
  /** Others are preferred until then: before it no key has room. */
  untilMs = 0;
  #keys: readonly Pacing[];

  constructor(options: PacingOptions, keys: number) {
    this.#keys = pacingOf(keys, options);
  }

  /** Other keys than before are not told apart by their number: the next answer to each says what it has left. */
  configure(options: PacingOptions, keys: number): void {
    if (keys !== this.#keys.length) {
      this.#keys = pacingOf(keys, options);
      this.#settle();
    } else for (const key of this.#keys) key.configure(options);
  }

  onSent(nowMs: number, tokens: number, key: number): void {
    this.#keys[key]?.onSent(nowMs, tokens);
    this.#settle();
  }

  onLimits(nowMs: number, limits: RateLimits, key: number): void {
    this.#keys[key]?.onLimits(nowMs, limits);
    this.#settle();
  }

  /** All of its keys. */
  holdFor(nowMs: number, forMs: number): void {
    for (const key of this.#keys) key.holdFor(nowMs, forMs);
    this.#settle();
  }

  holdKeyFor(nowMs: number, forMs: number, key: number): void {
    this.#keys[key]?.holdFor(nowMs, forMs);
    this.#settle();
  }

  /** Until when this key has no room; in the past for one that has, or of which nothing is known. */
  keyUntilMs(key: number): number {
    return this.#keys[key]?.untilMs ?? 0;
  }

  #settle(): void {
    const keys = this.#keys;
    let untilMs = keys[0]?.untilMs ?? 0;
    for (let index = 1; index < keys.length; index += 1) {
      untilMs = Math.min(untilMs, keys[index]?.untilMs ?? 0);
    }
    this.untilMs = untilMs;
  }
}

function pacingOf(keys: number, options: PacingOptions): readonly Pacing[] {
  return Array.from({ length: Math.max(1, keys) }, () => new Pacing(options));
}
