import type { Priority } from "@headrace/core/config/types-traffic";

/** How late the event loop has to be, in times of the configured delay, for calls of a class to be refused. */
interface Threshold {
  /** From here on some are, … */
  readonly from: number;
  /** … and from here on as many as may be. */
  readonly all: number;
  /** The share that is. */
  readonly most: number;
}

const THRESHOLDS: Readonly<Record<Priority, Threshold>> = {
  low: { from: 1, all: 2, most: 1 },
  normal: { from: 1.5, all: 3, most: 1 },
  // Never all: what still gets through shows that somebody is alive.
  high: { from: 3, all: 4.4, most: 0.9 },
};
const CLASSES = ["high", "normal", "low"] as const satisfies readonly Priority[];

/** Once begun, it goes on until the delay is so much below the class's threshold, … */
const CALM = 0.8;
/** … and refuses at least this share: one that stops at once at its threshold would begin again at once. */
const MIN_SHARE = 0.1;
/** Of so many readings the middle one counts: two pauses close together, however long, are none of the load's. */
const MEDIAN_OF = 5;
const MIDDLE = (MEDIAN_OF - 1) / 2;
/** What it counts. Readings are a tenth of a second apart, so the average goes back about a third of one. */
const READING_WEIGHT = 0.3;
/** More is not worse, and would be long to forget. */
const MAX_READING = 4.5;

/**
 * Decides whom to refuse, by how late the event loop is: first some of the calls of the lowest class, then more of them
 * and some of the next class.
 */
export class Shedding {
  /** The average delay in times of the configured one. */
  pressure = 0;
  readonly #latest: number[] = Array.from({ length: MEDIAN_OF }, () => 0);
  #at = 0;
  readonly #shares: Record<Priority, number> = { high: 0, normal: 0, low: 0 };
  /** Refusals of a class that are due, so that a share is met without chance. */
  readonly #due: Record<Priority, number> = { high: 0, normal: 0, low: 0 };

  /** @param delay - in times of the configured one */
  read(delay: number): void {
    this.#latest[this.#at] = Math.min(MAX_READING, Math.max(0, delay));
    this.#at = (this.#at + 1) % MEDIAN_OF;
    const reading = this.#latest.toSorted((one, other) => one - other)[MIDDLE] ?? 0;
    this.pressure += READING_WEIGHT * (reading - this.pressure);
    for (const name of CLASSES) this.#shares[name] = this.#shareOf(name);
  }

  /** Forgets what it has seen. */
  reset(): void {
    this.pressure = 0;
    this.#latest.fill(0);
    for (const name of CLASSES) this.#shares[name] = this.#due[name] = 0;
  }

  /** The share of a class's calls that is refused at present, from 0 to 1. */
  shareOf(priority: Priority): number {
    return this.#shares[priority];
  }

  /** Whether this call is one of those. */
  refuses(priority: Priority): boolean {
    const share = this.#shares[priority];
    if (share === 0) return false;
    this.#due[priority] += share;
    if (this.#due[priority] < 1) return false;
    this.#due[priority] -= 1;
    return true;
  }

  #shareOf(priority: Priority): number {
    const { from, all, most } = THRESHOLDS[priority];
    const isShedding = this.#shares[priority] > 0;
    if (this.pressure < (isShedding ? from * CALM : from)) return 0;
    return Math.min(1, Math.max(MIN_SHARE, (this.pressure - from) / (all - from))) * most;
  }
}
