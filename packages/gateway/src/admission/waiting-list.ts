import type { Waiter } from "./waiter.ts";

/** Those of one class that wait, the oldest first. */
export class WaitingList {
  oldest: Waiter | null = null;
  newest: Waiter | null = null;

  push(waiter: Waiter): void {
    waiter.before = this.newest;
    if (this.newest === null) this.oldest = waiter;
    else this.newest.behind = waiter;
    this.newest = waiter;
  }

  /** Takes out one that is in it, wherever that is. */
  remove(waiter: Waiter): void {
    const { before, behind } = waiter;
    if (before === null) this.oldest = behind;
    else before.behind = behind;
    if (behind === null) this.newest = before;
    else behind.before = before;
    waiter.before = null;
    waiter.behind = null;
  }
}
