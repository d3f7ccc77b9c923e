import type { Priority } from "@headrace/core/config/types-traffic";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ErrorCode } from "@headrace/core/errors/table";
import type { Deadlined, Deadlines } from "../time/deadlines.ts";

const NEVER = Number.POSITIVE_INFINITY;

/** Who waits until it may go on. Hears one of the two, once, unless it leaves before; neither may throw. */
export interface WaiterOwner {
  onAdmitted(): void;
  /** `queue_full` or `queue_timeout`. */
  onRefused(error: GatewayError): void;
}

/** Whose turn it will be. Hears one of the two, once, unless it leaves before; neither may throw. */
export interface TurnOwner<L extends Line = Line> {
  /** A slot of this line's is its own now, to be given back with `leave`. */
  onTurn(line: L): void;
  /** `queue_full` or `queue_timeout`. It may be told before `waitAt` returns. */
  onRefused(error: GatewayError): void;
}

/** A queue, as those see it that wait in it. */
export interface Line {
  readonly surroundings: LineSurroundings;
  /** How long one may wait who has a place by right. */
  readonly deadlineMs: number;
  /** Lines up. The place is by right when the queue has room for it. */
  add(place: Place): void;
  remove(place: Place): void;
  /** Gives a place the right of one of a lower class; null when nobody's can be had. */
  takeRightFor(place: Place): Place | null;
  /** When somebody who comes now may expect a slot. */
  expectedWaitMs(): number;
}

export interface LineSurroundings {
  /** Of the process's monotonic clock. */
  readonly nowMs: () => number;
  readonly deadlines: Pick<Deadlines, "add" | "delete">;
}

/** Where a waiter stands in one line. The lists are made of these, so that one can leave from anywhere. */
export class Place {
  readonly waiter: Waiter;
  readonly line: Line;
  /**
   * Whether it counts against the queue's bound. Who has such a place in one line stands in the others too when they
   * are full: it is to have whichever slot is free first, and nobody who comes later is to have that.
   */
  byRight = false;
  /** It counts only until it is known whether other processes have a slot to spare. */
  isAsking = false;
  before: Place | null = null;
  behind: Place | null = null;

  constructor(waiter: Waiter, line: Line) {
    this.waiter = waiter;
    this.line = line;
  }
}

/** A call that waits, in one line or in several at once, for the first slot that is free in any of them. */
export class Waiter<L extends Line = Line> implements Deadlined {
  deadlineAtMs: number = NEVER;
  deadlineSlot = -1;
  readonly priority: Priority;
  readonly #owner: TurnOwner<L>;
  /** Its arrival, by which it stands in every line. */
  #sinceMs: number | null;
  /** By the index of their lines; none before and after. */
  #places: readonly Place[] = [];
  #lines: readonly L[] = [];

  /** @param sinceMs - when it came, if it has waited before and what it waited for was not to be had */
  constructor(priority: Priority, owner: TurnOwner<L>, sinceMs: number | null = null) {
    this.priority = priority;
    this.#owner = owner;
    this.#sinceMs = sinceMs;
  }

  get sinceMs(): number {
    return this.#sinceMs ?? 0;
  }

  /** Lines up everywhere at once; call it when no line has a free slot. Refused when none of them has room for it. */
  waitAt(lines: readonly L[]): void {
    const [first] = lines;
    if (first === undefined) throw new Error("nowhere to wait");
    this.#sinceMs ??= first.surroundings.nowMs();
    this.#lines = lines;
    this.#places = lines.map((line) => new Place(this, line));
    for (const place of this.#places) place.line.add(place);
    if (this.#hasRight) {
      this.#arm();
      return;
    }
    // Only now at the cost of another call, which may have nowhere else to wait.
    const displaced = this.#takeRight();
    if (displaced === null) {
      this.#refuse("queue_full");
      return;
    }
    this.#arm();
    displaced.waiter.onDisplaced();
  }

  /** Gives its places up, if it has any: it is told nothing. */
  leave(): void {
    if (this.#places.length > 0) this.#end();
  }

  /** For the line whose slot it has now. */
  admit(place: Place): void {
    const line = this.#lines[this.#places.indexOf(place)];
    if (line === undefined) throw new Error("admitted where it does not wait");
    this.#end();
    this.#owner.onTurn(line);
  }

  /** One of its places counts no more. */
  onDisplaced(): void {
    if (this.#places.length === 0) return;
    if (this.#hasRight) this.#arm();
    else this.#refuse("queue_full");
  }

  onDeadline(): void {
    if (this.#places.length > 0) this.#refuse("queue_timeout");
  }

  get #hasRight(): boolean {
    return this.#places.some(({ byRight }) => byRight);
  }

  #takeRight(): Place | null {
    for (const place of this.#places) {
      const displaced = place.line.takeRightFor(place);
      if (displaced !== null) return displaced;
    }
    return null;
  }

  /** It may wait as long as the most patient line allows in which it is by right. */
  #arm(): void {
    const [first] = this.#lines;
    const patienceMs = this.#places.map(({ byRight, line }) => (byRight ? line.deadlineMs : 0));
    this.deadlineAtMs = this.sinceMs + Math.max(...patienceMs);
    first?.surroundings.deadlines.add(this);
  }

  #refuse(code: ErrorCode): void {
    const lines = this.#lines;
    this.#end();
    const retryAfterMs = Math.min(...lines.map((line) => line.expectedWaitMs()));
    this.#owner.onRefused(new GatewayError(code, { retryAfterMs }));
  }

  #end(): void {
    const [first] = this.#lines;
    first?.surroundings.deadlines.delete(this);
    for (const place of this.#places) place.line.remove(place);
    this.#places = [];
    this.#lines = [];
  }
}
