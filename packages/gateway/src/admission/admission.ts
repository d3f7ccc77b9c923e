import type { Priority } from "@headrace/core/config/types-traffic";
import type { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ConcurrencyGate } from "./concurrency-gate.ts";
import { type TurnOwner, Waiter, type WaiterOwner } from "./waiter.ts";

/** Told of the time that a call spends in queues. */
export interface QueueClock {
  beginQueueing(): void;
  endQueueing(): void;
}

export interface AdmissionOptions {
  readonly priority: Priority;
  readonly clock: QueueClock;
  /** Null for what has no limit. */
  readonly gates: readonly [key: ConcurrencyGate | null, model: ConcurrencyGate | null];
}

/**
 * Leads a call through the gates of its key and of its model, in this order, and keeps its slots until it ends.
 *
 * A call that waits for its model's gate keeps its key's slot, and one that waits for a target's gate keeps both. All
 * calls take slots in this one order, and who has a target's slot waits for none, so that nobody ever waits in a circle;
 * and a key cannot fill a model's queue beyond its own limit.
 */
export class Admission implements TurnOwner {
  readonly #owner: WaiterOwner;
  readonly #options: AdmissionOptions;
  /** Gates that it has been through, from the first on. */
  #entered = 0;
  #waiter: Waiter | null = null;
  #over = false;

  /** @param owner - told once, maybe at once, when it has all slots, or when it gets none */
  constructor(owner: WaiterOwner, options: AdmissionOptions) {
    this.#owner = owner;
    this.#options = options;
  }

  /** Call once. */
  enter(): void {
    const { gates, priority, clock } = this.#options;
    for (const gate of gates.slice(this.#entered)) {
      if (gate === null || gate.tryEnter()) {
        this.#entered++;
        continue;
      }
      clock.beginQueueing();
      this.#waiter = new Waiter(priority, this);
      this.#waiter.waitAt([gate]);
      return;
    }
    this.#owner.onAdmitted();
  }

  /** Gives everything back, the place in a queue included. Only the first call counts. */
  leave(): void {
    if (this.#over) return;
    this.#over = true;
    const { gates } = this.#options;
    this.#waiter?.leave();
    this.#waiter = null;
    for (const gate of gates.slice(0, this.#entered)) gate?.leave();
  }

  onTurn(): void {
    this.#waiter = null;
    this.#entered++;
    this.#options.clock.endQueueing();
    this.enter();
  }

  onRefused(error: GatewayError): void {
    this.#waiter = null;
    this.#options.clock.endQueueing();
    this.leave();
    this.#owner.onRefused(error);
  }
}
