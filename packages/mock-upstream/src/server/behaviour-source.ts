import { DEFAULT_BEHAVIOUR, type MockBehaviour } from "../behaviour/fields.ts";
import { type BehaviourPatch, patchFromObject } from "../behaviour/parse.ts";
import { resolveBehaviour } from "../behaviour/resolve.ts";

/** The behaviour in force before a request has its say: run options, then standing faults, then queued ones. */
export class BehaviourSource {
  readonly #run: MockBehaviour;
  #standing: MockBehaviour;
  #queue: { behaviour: MockBehaviour; left: number }[] = [];

  /** Throws a RangeError that names the field when the patch is wrong. */
  constructor(patch: BehaviourPatch) {
    this.#run = behaviourOf(DEFAULT_BEHAVIOUR, patch);
    this.#standing = this.#run;
  }

  /** Without `times` replaces the standing faults; with it the patch rules that many requests, after earlier ones. */
  set(patch: BehaviourPatch, times?: number): void {
    const behaviour = behaviourOf(this.#run, patch);
    if (times === undefined) this.#standing = behaviour;
    else if (times > 0) this.#queue.push({ behaviour, left: times });
  }

  /** Back to the run's own behaviour. */
  clear(): void {
    this.#standing = this.#run;
    this.#queue = [];
  }

  /** The behaviour in force when no fault is queued. */
  get standing(): MockBehaviour {
    return this.#standing;
  }

  /** The behaviour for one request; uses up a queued fault. */
  take(): MockBehaviour {
    const queued = this.#queue[0];
    if (queued === undefined) return this.#standing;
    queued.left -= 1;
    if (queued.left === 0) this.#queue.shift();
    return queued.behaviour;
  }
}

function behaviourOf(base: MockBehaviour, patch: BehaviourPatch): MockBehaviour {
  const resolved = resolveBehaviour(base, patchFromObject(patch));
  if (!resolved.ok) throw new RangeError(resolved.problem);
  return resolved.behaviour;
}
