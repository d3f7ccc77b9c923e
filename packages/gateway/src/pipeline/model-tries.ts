import type { Destination } from "../snapshot/snapshot.ts";
import type { Remedy } from "./remedies.ts";
import type { TriesPlan } from "./tries-plan.ts";

/** What a call knows of one of its targets. */
interface Tried {
  count: number;
  /** Those of them that were there for another key. */
  otherKeys: number;
  /** Of its failures so far, the one that says most about asking again. */
  remedy: Remedy;
  /** Before this it is not to be asked again, in ms of the clock. */
  notBeforeMs: number;
}

/** The tries of one call at one model: at which target it is, and what it knows of those it has been at. */
export class ModelTries<T extends Destination> {
  readonly plan: TriesPlan<T>;
  #current: T | null = null;
  /** By the target's index; null until one has failed, since until then there was one try, at the current target. */
  #tried: (Tried | undefined)[] | null = null;

  constructor(plan: TriesPlan<T>) {
    this.plan = plan;
  }

  get current(): T | null {
    return this.#current;
  }

  /** Another try, there. */
  begin(target: T): void {
    if (this.#tried !== null) this.of(target).count++; // before it is the current one, which counts as tried
    this.#current = target;
  }

  /** The present try was none. */
  unbegin(): void {
    if (this.#tried !== null && this.#current !== null) this.of(this.#current).count--;
  }

  /** To be written to; the first failure is the time to begin with it. */
  of(target: T): Tried {
    this.#tried ??= [];
    const known = this.#tried[target.index];
    if (known !== undefined) return known;
    const count = target === this.#current ? 1 : 0;
    const tried: Tried = { count, otherKeys: 0, remedy: "again", notBeforeMs: 0 };
    this.#tried[target.index] = tried;
    return tried;
  }

  /** To be read; undefined for a target that nothing is known of. */
  known(target: T): Readonly<Tried> | undefined {
    return this.#tried?.[target.index];
  }
}
