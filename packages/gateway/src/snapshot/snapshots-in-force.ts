import type { GatewayError } from "@headrace/core/errors/gateway-error";
import type { Snapshot } from "./snapshot.ts";

/** The snapshot that new requests begin with, and those of before that requests still run on. */
export class SnapshotsInForce {
  #current: Snapshot;
  readonly #replaced = new Set<Snapshot>();

  constructor(first: Snapshot) {
    this.#current = first;
    first.gates.apply();
  }

  get current(): Snapshot {
    return this.#current;
  }

  replace(next: Snapshot): void {
    const previous = this.#current;
    this.#current = next;
    next.gates.apply();
    // Not waited for: the requests that still run on it may take as long as they like.
    this.#replaced.add(previous);
    void previous.running.idle().then(() => {
      this.#replaced.delete(previous);
      return closeUpstreams(previous);
    });
  }

  /** Ends every request at once, with an error that its client cannot take for an answer. */
  cutAll(error: GatewayError): void {
    for (const { running } of [this.#current, ...this.#replaced]) running.cutAll(error);
  }

  /** For when no request runs any more. */
  close(): Promise<void> {
    return closeUpstreams(this.#current);
  }
}

/** Closes what only this snapshot uses. */
async function closeUpstreams({ upstreams }: Snapshot): Promise<void> {
  await Promise.all(upstreams.map((upstream) => upstream.close()));
}

/** Opens the connections that the config of a snapshot wants to be there before it is in force. */
export async function warmUpstreams({ upstreams }: Snapshot): Promise<void> {
  await Promise.all(upstreams.map((upstream) => upstream.warm()));
}
