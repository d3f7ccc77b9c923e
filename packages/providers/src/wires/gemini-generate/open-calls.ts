interface OpenCall {
  readonly id: string;
  answered: boolean;
}

/** Calls of one name, and up to where they have been answered in order. */
interface Queue {
  readonly calls: OpenCall[];
  next: number;
}

/** Calls that wait for their response: clients that leave ids out answer calls of a name in the order of the calls. */
export class OpenCalls {
  readonly #byId = new Map<string, OpenCall>();
  readonly #byName = new Map<string, Queue>();

  add(id: string, name: string): void {
    const call = { id, answered: false };
    this.#byId.set(id, call);
    const queue = this.#byName.get(name);
    if (queue === undefined) this.#byName.set(name, { calls: [call], next: 0 });
    else queue.calls.push(call);
  }

  /**
   * @param id - as the response gives it, "" for none
   * @returns the id of the call that is answered, or null when there is none
   */
  answer(id: string, name: string): string | null {
    const call = id === "" ? this.#nextOf(name) : this.#byId.get(id);
    if (call === undefined) return null;
    call.answered = true;
    return call.id;
  }

  #nextOf(name: string): OpenCall | undefined {
    const queue = this.#byName.get(name);
    if (queue === undefined) return undefined;
    while (queue.calls[queue.next]?.answered) queue.next++;
    return queue.calls[queue.next++];
  }
}
