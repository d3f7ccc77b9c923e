interface OpenCall {
  readonly id: string;
  answered: boolean;
}

/** Calls that wait for their response: clients that leave ids out answer calls of a name in the order of the calls. */
export class OpenCalls {
  readonly #byId = new Map<string, OpenCall>();
  readonly #byName = new Map<string, OpenCall[]>();

  add(id: string, name: string): void {
    const call = { id, answered: false };
    this.#byId.set(id, call);
    const sameName = this.#byName.get(name);
    if (sameName === undefined) this.#byName.set(name, [call]);
    else sameName.push(call);
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
    const sameName = this.#byName.get(name) ?? [];
    for (let call = sameName.shift(); call !== undefined; call = sameName.shift()) {
      if (!call.answered) return call;
    }
    return undefined;
  }
}
