import type { ConcurrencyConfig } from "@headrace/core/config/types-routing";
import type { Priority } from "@headrace/core/config/types-traffic";
import type { LeasedSlots, LeasingGate } from "./leased-slots.ts";
import type { Leases } from "./leases.ts";
import { Turnover } from "./turnover.ts";
import type { Line, LineSurroundings, Place } from "./waiter.ts";
import { WaitingList } from "./waiting-list.ts";

export interface GateSurroundings extends LineSurroundings {
  /** Runs what it is given when the code that runs now has returned. */
  readonly defer: (run: () => void) => void;
  /** Told of what one who was admitted has thrown; the others get their slots all the same. */
  readonly onBug: (error: unknown) => void;
}

/** For a gate whose config has none any more. */
export const UNLIMITED: ConcurrencyConfig = {
  limit: Number.POSITIVE_INFINITY,
  queue: { max: 0, deadlineMs: 0 },
};

/** Each such grant goes to the oldest of a lower class, so that none of them waits for ever. */
const FAIR_GRANT = 8;

/** The first comes first. */
const CLASSES: readonly Priority[] = ["high", "normal", "low"];

/**
 * So many calls at a time, and a bounded queue for those that come when all slots are taken.
 *
 * Slots that become free are granted behind the code that gives them back: who leaves has then told its own client
 * first, and calls that fail at once when they are admitted make a loop and no recursion.
 */
export class ConcurrencyGate implements Line, LeasingGate {
  readonly name: string;
  readonly surroundings: GateSurroundings;
  readonly #classes: Readonly<Record<Priority, WaitingList>> = {
    high: new WaitingList(),
    normal: new WaitingList(),
    low: new WaitingList(),
  };
  /** Slots to fill: all of the limit, or what this process has of it. */
  slots: number;
  readonly #turnover = new Turnover();
  readonly #grant = (): void => this.grantNow();
  #lease: LeasedSlots | null = null;
  #limit: number;
  #maxWaiting: number;
  #deadlineMs: number;
  #inside = 0;
  #waiting = 0;
  /** Those of them that count against the queue's bound. */
  #byRight = 0;
  /** Those who wait only for what other processes may have to spare. */
  #asking = 0;
  /** Grants since a lower class had one, while one waits. */
  #passed = 0;
  #isGranting = false;

  /** @param name - for errors and metrics */
  constructor(name: string, config: ConcurrencyConfig, surroundings: GateSurroundings) {
    this.name = name;
    this.surroundings = surroundings;
    this.#limit = config.limit;
    this.slots = config.limit;
    this.#maxWaiting = config.queue.max;
    this.#deadlineMs = config.queue.deadlineMs;
  }

  /** Calls that have a slot. */
  get inside(): number {
    return this.#inside;
  }

  /** Calls that have a place in its queue; those that have one elsewhere and would take a slot of its, too, do not count. */
  get waiting(): number {
    return this.#byRight;
  }

  get queued(): number {
    return this.#waiting;
  }

  get deadlineMs(): number {
    return this.#deadlineMs;
  }

  get limit(): number {
    return this.#limit;
  }

  /** From here on the limit is that of several processes together. */
  leaseFrom(leases: Pick<Leases, "open">, id: string): void {
    this.slots = 0;
    this.#lease = leases.open(id, this);
  }

  /** True when `tryEnter` would succeed: nobody overtakes those that wait. */
  get hasRoom(): boolean {
    return this.#inside < this.slots && this.#waiting === 0;
  }

  /** Takes effect on those that are inside or wait already, too; nobody is turned out. */
  configure({ limit, queue }: ConcurrencyConfig): void {
    this.#limit = limit;
    this.#maxWaiting = queue.max;
    this.#deadlineMs = queue.deadlineMs;
    if (this.#lease === null) this.slots = limit;
    else this.#lease.declare(limit);
    this.#grantSoon();
  }

  /** Takes a slot when there is a free one. */
  tryEnter(): boolean {
    if (this.#inside >= this.slots || this.#waiting !== 0) return false;
    this.#inside++;
    return true;
  }

  add(place: Place): void {
    this.#turnover.begin(this.surroundings.nowMs());
    this.#classes[place.waiter.priority].add(place);
    this.#waiting++;
    if (this.#byRight < this.#maxWaiting) {
      place.byRight = true;
      this.#byRight++;
    } else if (this.#lease !== null && this.#asking < this.#lease.hopesFor) {
      place.byRight = true;
      place.isAsking = true;
      this.#asking++;
    }
    this.#lease?.onChange();
    this.#grantSoon();
  }

  remove(place: Place): void {
    this.#classes[place.waiter.priority].remove(place);
    this.#waiting--;
    if (place.isAsking) this.#asking--;
    else if (place.byRight) this.#byRight--;
    place.byRight = false;
    place.isAsking = false;
    this.#lease?.onChange();
  }

  takeRightFor(place: Place): Place | null {
    if (this.#maxWaiting === 0) return null;
    for (const name of CLASSES.toReversed()) {
      if (name === place.waiter.priority) return null;
      const newest = this.#classes[name].newestByRight();
      if (newest === null) continue;
      place.isAsking = newest.isAsking;
      newest.byRight = false;
      newest.isAsking = false;
      place.byRight = true;
      return newest;
    }
    return null;
  }

  stopAsking(): void {
    if (this.#asking === 0) return;
    const displaced: Place[] = [];
    for (const name of CLASSES)
      for (let place = this.#classes[name].oldest; place !== null; place = place.behind) {
        if (!place.isAsking) continue;
        place.isAsking = false;
        this.#asking--;
        place.byRight = this.#byRight < this.#maxWaiting;
        if (place.byRight) this.#byRight++;
        else displaced.push(place);
      }
    for (const { waiter } of displaced) waiter.onDisplaced();
  }

  expectedWaitMs(): number {
    return this.#turnover.expectedWaitMs(this.#waiting, this.surroundings.nowMs());
  }

  /** Gives a slot back. */
  leave(): void {
    if (this.#inside === 0) throw new Error(`${this.name}: a slot was given back that nobody had`);
    this.#inside--;
    this.#turnover.countLeave();
    this.#lease?.onChange();
    this.#grantSoon();
  }

  #grantSoon(): void {
    if (this.#isGranting || this.#waiting === 0 || this.#inside >= this.slots) return;
    this.#isGranting = true;
    this.surroundings.defer(this.#grant);
  }

  grantNow(): void {
    try {
      while (this.#inside < this.slots) {
        const next = this.#next();
        if (next === null) break;
        this.#inside++;
        this.#admit(next);
      }
    } finally {
      this.#isGranting = false;
    }
  }

  #admit(place: Place): void {
    try {
      place.waiter.admit(place);
    } catch (error) {
      this.surroundings.onBug(error);
    }
  }

  #next(): Place | null {
    const { high, normal, low } = this.#classes;
    const first = high.oldest ?? normal.oldest ?? low.oldest;
    const below = first === high.oldest ? older(normal.oldest, low.oldest) : low.oldest;
    if (first === null || below === null || below === first) {
      this.#passed = 0;
      return first;
    }
    this.#passed++;
    if (this.#passed < FAIR_GRANT) return first;
    this.#passed = 0;
    return below;
  }
}

function older(one: Place | null, other: Place | null): Place | null {
  if (one === null || other === null) return one ?? other;
  return one.waiter.sinceMs <= other.waiter.sinceMs ? one : other;
}
