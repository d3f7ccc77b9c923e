import type { Priority } from "@headrace/core/config/types-traffic";
import type { GatewayError } from "@headrace/core/errors/gateway-error";
import type { QueueClock } from "../admission/admission.ts";
import type { ConcurrencyGate } from "../admission/concurrency-gate.ts";
import { type TurnOwner, Waiter } from "../admission/waiter.ts";
import type { Destination } from "../snapshot/snapshot.ts";
import { noTargetAvailable } from "./no-target.ts";
import type { Tries } from "./tries.ts";

/** Who has a call that waits, and is told where it goes on. */
export interface QueueOwner<T> {
  /** @param hasSlot - whether it has a slot there, or is to see for itself */
  onTarget(target: T, hasSlot: boolean): void;
  onNoTarget(error: GatewayError): void;
}

export interface QueueOptions<T extends Destination> {
  readonly tries: Tries<T>;
  readonly clock: QueueClock;
  readonly priority: Priority;
}

/**
 * A call's place in the queues of the targets that it could be sent to, when none of them has a free slot. It waits for
 * all of them at once; where that is of no use it goes on with the models that may stand in for its own.
 */
export class TargetQueue<T extends Destination> implements TurnOwner<ConcurrencyGate> {
  readonly #owner: QueueOwner<T>;
  readonly #options: QueueOptions<T>;
  #waiter: Waiter<ConcurrencyGate> | null = null;
  /** Since when it waits for the try that comes next, wherever that is. */
  #sinceMs: number | null = null;

  constructor(owner: QueueOwner<T>, options: QueueOptions<T>) {
    this.#owner = owner;
    this.#options = options;
  }

  /** Waits for the targets that may be asked now, when the one that was chosen has no free slot. */
  wait(): void {
    const { tries, clock, priority } = this.#options;
    this.#sinceMs ??= tries.nowMs;
    clock.beginQueueing();
    this.#waiter = new Waiter(priority, this, this.#sinceMs);
    this.#waiter.waitAt(tries.gatesToWaitAt());
  }

  /** A try has begun: if the call waits again, it comes anew. */
  served(): void {
    this.#sinceMs = null;
  }

  /** Gives its places up: it is told nothing. */
  leave(): void {
    this.#waiter?.leave();
    this.#waiter = null;
  }

  /** It has a slot, but much may have changed while it waited. */
  onTurn(gate: ConcurrencyGate): void {
    this.#stepOut();
    const { tries } = this.#options;
    const chosen = tries.again(gate);
    if (chosen !== null && chosen.gate === gate) {
      this.#owner.onTarget(chosen, true);
      return;
    }
    gate.leave();
    if (chosen !== null) this.#owner.onTarget(chosen, false);
    else this.#owner.onNoTarget(noTargetAvailable(tries.targets, tries.nowMs));
  }

  onRefused(error: GatewayError): void {
    this.#stepOut();
    const target = this.#options.tries.pastQueue();
    if (target !== null) this.#owner.onTarget(target, false);
    else this.#owner.onNoTarget(error);
  }

  #stepOut(): void {
    this.#waiter = null;
    this.#options.clock.endQueueing();
  }
}
