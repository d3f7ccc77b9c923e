/** Kinds of change that last for a time. */
export type TimedNoticeKind = "open" | "cooling" | "paced" | "ejected";

/**
 * A change of a target's health, for the other processes of the machine. Plain data; it carries a duration and no
 * time, because their clocks begin at different moments.
 */
export interface HealthNotice {
  /** The target's, as in {@link HealthRegistry}. */
  readonly key: string;
  readonly kind: TimedNoticeKind | "closed";
  /** How long it will last from now on; 0 for closed. */
  readonly forMs: number;
}

/** Changes that move the end of a time by less are not told. */
const LEAST_MOVE_MS = 100;

/**
 * Lets a notice through when it says more than the last one. Ends only ever move forward and are capped by who sets
 * them, so that whatever calls do there is at most one notice of a kind for each {@link LEAST_MOVE_MS}.
 */
export class NoticeGate {
  readonly #toldUntilMs: Record<TimedNoticeKind, number> = { open: 0, cooling: 0, paced: 0, ejected: 0 };

  /** @returns false when the others know it, or nearly so */
  passes(kind: TimedNoticeKind, untilMs: number): boolean {
    if (untilMs < this.#toldUntilMs[kind] + LEAST_MOVE_MS) return false;
    this.#toldUntilMs[kind] = untilMs;
    return true;
  }

  /** Another process told it: it need not be told again. */
  heard(kind: TimedNoticeKind, untilMs: number): void {
    this.#toldUntilMs[kind] = Math.max(this.#toldUntilMs[kind], untilMs);
  }

  /** The circuit closed: its next opening is news, however short. */
  closed(): void {
    this.#toldUntilMs.open = 0;
  }
}
