import type { StallConfig } from "@headrace/core/config/types-routing";
import type { Deadlined, Deadlines } from "../time/deadlines.ts";

const NEVER = Number.POSITIVE_INFINITY;
/** Looks within the time that a stall may last, so that one is noticed a quarter of it late at most. */
const LOOKS = 4;

export interface StallGuardOptions {
  readonly stall: StallConfig;
  readonly deadlines: Pick<Deadlines, "nowMs" | "add" | "delete">;
  /** Output of the stream so far, roughly. */
  readonly outputTokens: () => number;
  readonly onStalled: () => void;
}

/** Ends a stream that stays slower than its model allows. It looks now and then, and costs nothing in between. */
export class StallGuard implements Deadlined {
  deadlineAtMs: number = NEVER;
  deadlineSlot = -1;
  readonly #options: StallGuardOptions;
  readonly #lookEveryMs: number;
  /** What there was at the last looks, the oldest first. */
  #seen: number[] = [];

  constructor(options: StallGuardOptions) {
    this.#options = options;
    this.#lookEveryMs = options.stall.afterMs / LOOKS;
    options.deadlines.add(this);
    this.restart();
  }

  /** From the beginning, for a client that takes more again. */
  restart(): void {
    const { deadlines, outputTokens } = this.#options;
    this.#seen = [outputTokens()];
    this.deadlineAtMs = deadlines.nowMs + this.#lookEveryMs;
  }

  /** While a client takes no more it is not the provider that is slow. */
  pause(): void {
    this.deadlineAtMs = NEVER;
  }

  stop(): void {
    this.deadlineAtMs = NEVER;
    this.#options.deadlines.delete(this);
  }

  onDeadline(): void {
    const { stall, deadlines, outputTokens, onStalled } = this.#options;
    const tokens = outputTokens();
    this.#seen.push(tokens);
    this.deadlineAtMs = deadlines.nowMs + this.#lookEveryMs;
    if (this.#seen.length <= LOOKS) return;
    const before = this.#seen.shift() ?? 0;
    if ((tokens - before) * 1_000 >= stall.minTokensPerSecond * stall.afterMs) return;
    this.stop();
    onStalled();
  }
}
