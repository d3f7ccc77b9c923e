import type { RouteCall, RoutedTarget } from "../route.ts";
import { type Member, Members } from "./members.ts";
import { Strategy, type StrategyNode } from "./node.ts";

/** The one that has fewest calls in flight for its weight; among equals at random, in shares by weight. */
export class LeastBusy<T extends RoutedTarget> extends Strategy<T> {
  readonly #members: Members<T>;

  constructor(members: readonly Member<T>[]) {
    super(members.map(({ node }) => node));
    this.#members = new Members(members);
  }

  protected override choose(call: RouteCall<T>): StrategyNode<T> | null {
    const members = this.#members;
    if (members.survey(call) === 0) return null;
    const { measures } = members;
    for (let index = 0; index < measures.length; index += 1) {
      if (members.isCandidate(index)) measures[index] = inFlight(members.at(index)) / members.weightAt(index);
    }
    return members.leastMeasured(call);
  }
}

/** A group's weight is that of all of it, so its calls are too. */
function inFlight<T extends RoutedTarget>(node: StrategyNode<T> | null): number {
  if (node === null) return 0;
  const { targets } = node;
  let sum = 0;
  for (let index = 0; index < targets.length; index += 1) sum += targets[index]?.health.inFlight ?? 0;
  return sum;
}
