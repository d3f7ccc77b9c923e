import type { RouteCall, RoutedTarget } from "../route.ts";
import { type Member, Members } from "./members.ts";
import { Strategy, type StrategyNode } from "./node.ts";

/** The cheapest that can be asked; one whose price is not known comes last. Among equals at random, in shares by weight. */
export class Cost<T extends RoutedTarget> extends Strategy<T> {
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
      const target = members.candidateAt(index);
      if (target !== null) measures[index] = target.blendedUsdPerMillion ?? Number.POSITIVE_INFINITY;
    }
    return members.leastMeasured(call);
  }
}
