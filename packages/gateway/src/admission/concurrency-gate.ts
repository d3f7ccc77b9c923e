import type { ConcurrencyConfig } from "@headrace/core/config/types-routing";
import type { Priority } from "@headrace/core/config/types-traffic";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ErrorCode } from "@headrace/core/errors/table";
import type { Deadlines } from "../time/deadlines.ts";
import { Turnover } from "./turnover.ts";
import type { Waiter, WaitingPlace } from "./waiter.ts";
import { WaitingList } from "./waiting-list.ts";

export interface GateSurroundings {
  /** Of the process's monotonic clock. */
  readonly nowMs: () => number;
  readonly deadlines: Pick<Deadlines, "add" | "delete">;
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
export class ConcurrencyGate implements WaitingPlace {
  readonly name: string;
  readonly #surroundings: GateSurroundings;
  readonly #classes: Readonly<Record<Priority, WaitingList>> = {
    high: new WaitingList(),
    normal: new WaitingList(),
    low: new WaitingList(),
  };
  readonly #turnover = new Turnover();
  readonly #grant = (): void => this.#grantFree();
  #limit: number;
  #maxWaiting: number;
  #deadlineMs: number;
  #inside = 0;
  #waiting = 0;
  #arrivals = 0;
  /** Grants since a lower class had one, while one waits. */
  #passed = 0;
  #isGranting = false;

  /** @param name - for errors and metrics */
  constructor(name: string, config: ConcurrencyConfig, surroundings: GateSurroundings) {
    this.name = name;
    this.#surroundings = surroundings;
    this.#limit = config.limit;
    this.#maxWaiting = config.queue.max;
    this.#deadlineMs = config.queue.deadlineMs;
  }

  /** Calls that have a slot. */
  get inside(): number {
    return this.#inside;
  }

  get waiting(): number {
    return this.#waiting;
  }

  get limit(): number {
    return this.#limit;
  }

  /** True when `tryEnter` would succeed: nobody overtakes those that wait. */
  get hasRoom(): boolean {
    return this.#inside < this.#limit && this.#waiting === 0;
  }

  /** Takes effect on those that are inside or wait already, too; nobody is turned out. */
  configure({ limit, queue }: ConcurrencyConfig): void {
    this.#limit = limit;
    this.#maxWaiting = queue.max;
    this.#deadlineMs = queue.deadlineMs;
    this.#grantSoon();
  }

  /** Takes a slot when there is a free one. */
  tryEnter(): boolean {
    if (this.#inside >= this.#limit || this.#waiting !== 0) return false;
    this.#inside++;
    return true;
  }

  /** Puts a call in the queue. Whoever finds it full takes the place of the newest of a lower class, if there is one. */
  wait(waiter: Waiter): void {
    const { deadlines, nowMs } = this.#surroundings;
    const atMs = nowMs();
    this.#turnover.begin(atMs);
    if (this.#waiting >= this.#maxWaiting && !this.#makeRoomFor(waiter.priority)) {
      waiter.owner.onRefused(this.#refusal("queue_full"));
      return;
    }
    waiter.place = this;
    waiter.order = this.#arrivals++;
    this.#classes[waiter.priority].push(waiter);
    this.#waiting++;
    waiter.deadlineAtMs = atMs + this.#deadlineMs;
    deadlines.add(waiter);
    this.#grantSoon();
  }

  /** Gives a slot back. */
  leave(): void {
    if (this.#inside === 0) throw new Error(`${this.name}: a slot was given back that nobody had`);
    this.#inside--;
    this.#turnover.countLeave();
    this.#grantSoon();
  }

  forget(waiter: Waiter): void {
    if (waiter.place === this) this.#remove(waiter);
  }

  expire(waiter: Waiter): void {
    if (waiter.place !== this) return;
    this.#remove(waiter);
    waiter.owner.onRefused(this.#refusal("queue_timeout"));
  }

  #remove(waiter: Waiter): void {
    this.#surroundings.deadlines.delete(waiter);
    this.#classes[waiter.priority].remove(waiter);
    waiter.place = null;
    this.#waiting--;
  }

  /** @returns whether there is a place now */
  #makeRoomFor(priority: Priority): boolean {
    if (this.#maxWaiting === 0) return false;
    const lowest = CLASSES.findLast((name) => this.#classes[name].newest !== null);
    if (lowest === undefined || CLASSES.indexOf(lowest) <= CLASSES.indexOf(priority)) return false;
    const { newest } = this.#classes[lowest];
    if (newest === null) return false;
    this.#remove(newest);
    newest.owner.onRefused(this.#refusal("queue_full"));
    return this.#waiting < this.#maxWaiting;
  }

  #refusal(code: ErrorCode): GatewayError {
    const retryAfterMs = this.#turnover.expectedWaitMs(this.#waiting, this.#surroundings.nowMs());
    return new GatewayError(code, { retryAfterMs });
  }

  #grantSoon(): void {
    if (this.#isGranting || this.#waiting === 0 || this.#inside >= this.#limit) return;
    this.#isGranting = true;
    this.#surroundings.defer(this.#grant);
  }

  #grantFree(): void {
    try {
      while (this.#inside < this.#limit) {
        const next = this.#next();
        if (next === null) break;
        this.#remove(next);
        this.#inside++;
        this.#admit(next);
      }
    } finally {
      this.#isGranting = false;
    }
  }

  #admit({ owner }: Waiter): void {
    try {
      owner.onAdmitted();
    } catch (error) {
      this.#surroundings.onBug(error);
    }
  }

  #next(): Waiter | null {
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

function older(one: Waiter | null, other: Waiter | null): Waiter | null {
  if (one === null || other === null) return one ?? other;
  return one.order < other.order ? one : other;
}
