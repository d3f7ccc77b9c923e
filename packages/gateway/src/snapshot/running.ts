import type { GatewayError } from "@headrace/core/errors/gateway-error";

/** A request that may still use a snapshot's connections. */
export interface Running {
  /** Its place among the running requests, or -1; only {@link RunningRequests} writes it. */
  runningSlot: number;
  /** Ends it at once, with an error that its client cannot take for an answer. It must leave on that. */
  cut(error: GatewayError): void;
}

/**
 * The requests that run on a snapshot. A request may open connections long after the snapshot has been replaced, for
 * another try or when its body is slow to come, so they are closed behind the last one only.
 *
 * An array with places rather than a Set, for the reason that time/deadlines.ts gives.
 */
export class RunningRequests {
  readonly #items: Running[] = [];
  #onIdle: (() => void) | null = null;

  add(item: Running): void {
    item.runningSlot = this.#items.length;
    this.#items.push(item);
  }

  delete(item: Running): void {
    const slot = item.runningSlot;
    if (slot === -1) return;
    item.runningSlot = -1;
    const last = this.#items.pop();
    if (last !== undefined && last !== item) {
      this.#items[slot] = last;
      last.runningSlot = slot;
    }
    if (this.#items.length === 0 && this.#onIdle !== null) this.#onIdle();
  }

  cutAll(error: GatewayError): void {
    for (const item of [...this.#items]) item.cut(error);
  }

  /** Resolves when none is left. Call once, when no more will begin. */
  idle(): Promise<void> {
    if (this.#items.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
    });
  }
}
