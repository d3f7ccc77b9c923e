import type { Place } from "./waiter.ts";

/** Those of one class that wait, the oldest first. */
export class WaitingList {
  oldest: Place | null = null;
  newest: Place | null = null;

  /** Behind all that have waited as long: one that lines up again comes before those that came later. */
  add(place: Place): void {
    let before = this.newest;
    while (before !== null && before.waiter.sinceMs > place.waiter.sinceMs) before = before.before;
    const behind = before === null ? this.oldest : before.behind;
    place.before = before;
    place.behind = behind;
    if (before === null) this.oldest = place;
    else before.behind = place;
    if (behind === null) this.newest = place;
    else behind.before = place;
  }

  /** Takes out one that is in it, wherever that is. */
  remove(place: Place): void {
    const { before, behind } = place;
    if (before === null) this.oldest = behind;
    else before.behind = behind;
    if (behind === null) this.newest = before;
    else behind.before = before;
    place.before = null;
    place.behind = null;
  }

  /** The newest that counts, or null. */
  newestByRight(): Place | null {
    let place = this.newest;
    while (place !== null && !place.byRight) place = place.before;
    return place;
  }
}
