import type { RouteCall, RoutedTarget } from "../route.ts";
import { type Member, Members } from "./members.ts";
import { Strategy, type StrategyNode } from "./node.ts";

/** The one that has fewest calls in flight for its weight; among equals at random, in shares by weight. */
export class LeastBusy<T extends RoutedTarget> extends Strategy<T> {
  readonly #members: Members<T>;
  readonly #busy = (index: number): number => {
    return inFlight(this.#members.at(index)) / this.#members.weightAt(index);
  };

  constructor(members: readonly Member<T>[]) {
    super(members.map(({ node }) => node));
    this.#members = new Members(members);
  }

  protected override choose(call: RouteCall<T>): StrategyNode<T> | null {
    return this.#members.leastOf(call, this.#busy);
  }
}

/** A group's weight is that of all of it, so its calls are too. */
function inFlight<T extends RoutedTarget>(node: StrategyNode<T> | null): number {
  let sum = 0;
  const targets = node?.targets ?? [];
  for (let index = 0; index < targets.length; index += 1) sum += targets[index]?.health.inFlight ?? 0;
  return sum;
}
