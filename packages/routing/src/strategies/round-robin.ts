import type { RouteCall, RoutedTarget } from "../route.ts";
import { type Member, Members } from "./members.ts";
import { Strategy, type StrategyNode } from "./node.ts";

/** In turn, where all have the same weight. Who cannot be asked is passed over, and the turns stay even among the others. */
export class RoundRobin<T extends RoutedTarget> extends Strategy<T> {
  readonly #members: Members<T>;
  #next = 0;

  constructor(members: readonly Member<T>[]) {
    super(members.map(({ node }) => node));
    this.#members = new Members(members);
  }

  override pick(call: RouteCall<T>): T | null {
    const index = this.#nextIndex(call);
    if (index === -1) return null;
    this.#next = (index + 1) % this.#members.size;
    return this.#members.at(index)?.pick(call) ?? null;
  }

  protected override choose(call: RouteCall<T>): StrategyNode<T> | null {
    return this.#members.at(this.#nextIndex(call));
  }

  #nextIndex(call: RouteCall<T>): number {
    const members = this.#members;
    if (members.isFresh(this.#next, call)) return this.#next;
    if (members.survey(call) === 0) return -1;
    let index = this.#next;
    while (!members.isCandidate(index)) index = (index + 1) % members.size;
    return index;
  }
}

/**
 * In turn, in shares by weight, the turns of each as evenly spread as they can be: with 5, 1 and 1 the first comes as
 * A A B A C A A, not five times in a row. It is the smooth weighted round robin that nginx made known.
 */
export class WeightedRoundRobin<T extends RoutedTarget> extends Strategy<T> {
  readonly #members: Members<T>;
  /** By member, how far its turn is overdue. */
  readonly #due: Float64Array;

  constructor(members: readonly Member<T>[]) {
    super(members.map(({ node }) => node));
    this.#members = new Members(members);
    this.#due = new Float64Array(members.length);
  }

  override pick(call: RouteCall<T>): T | null {
    const index = this.#mostDue(call);
    if (index === -1) return null;
    this.#passTurn(index);
    return this.#members.at(index)?.pick(call) ?? null;
  }

  protected override choose(call: RouteCall<T>): StrategyNode<T> | null {
    return this.#members.at(this.#mostDue(call));
  }

  #mostDue(call: RouteCall<T>): number {
    const members = this.#members;
    if (members.survey(call) === 0) return -1;
    let most = -1;
    let mostDue = Number.NEGATIVE_INFINITY;
    for (let index = 0; index < members.size; index += 1) {
      const due = (this.#due[index] ?? 0) + members.weightAt(index);
      if (due > mostDue && members.isCandidate(index)) {
        most = index;
        mostDue = due;
      }
    }
    return most;
  }

  /** Only who was in the running gains by it. */
  #passTurn(chosen: number): void {
    let total = 0;
    for (let index = 0; index < this.#members.size; index += 1) {
      if (!this.#members.isCandidate(index)) continue;
      const weight = this.#members.weightAt(index);
      total += weight;
      this.#due[index] = (this.#due[index] ?? 0) + weight;
    }
    this.#due[chosen] = (this.#due[chosen] ?? 0) - total;
  }
}
