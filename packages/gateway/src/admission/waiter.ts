import type { Priority } from "@headrace/core/config/types-traffic";
import type { GatewayError } from "@headrace/core/errors/gateway-error";
import type { Deadlined } from "../time/deadlines.ts";

const NEVER = Number.POSITIVE_INFINITY;

/** Whose turn it will be. Hears one of the two, once, unless it is forgotten before; neither may throw. */
export interface WaiterOwner {
  /** A slot is its own now, to be given back with `leave`. */
  onAdmitted(): void;
  /** `queue_full` or `queue_timeout`. It may be told before `wait` returns. */
  onRefused(error: GatewayError): void;
}

/** The queue that a waiter is in. */
export interface WaitingPlace {
  /** It has waited as long as it may. */
  expire(waiter: Waiter): void;
  /** Its client has left: it is told nothing. */
  forget(waiter: Waiter): void;
}

/** A call in a queue. The list of those that wait is made of these, so that one of them can leave from anywhere. */
export class Waiter implements Deadlined {
  deadlineAtMs: number = NEVER;
  deadlineSlot = -1;
  readonly priority: Priority;
  readonly owner: WaiterOwner;
  /** Where it waits; null before and after. Only the queue writes what follows. */
  place: WaitingPlace | null = null;
  /** Grows with each that comes. */
  order = 0;
  before: Waiter | null = null;
  behind: Waiter | null = null;

  constructor(priority: Priority, owner: WaiterOwner) {
    this.priority = priority;
    this.owner = owner;
  }

  /** Gives its place up, if it has one. */
  leave(): void {
    this.place?.forget(this);
  }

  onDeadline(): void {
    this.place?.expire(this);
  }
}
