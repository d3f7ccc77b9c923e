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
    return this.#members.leastOf(call, priceOf);
  }
}

function priceOf<T extends RoutedTarget>(_index: number, { blendedUsdPerMillion }: T): number {
  return blendedUsdPerMillion ?? Number.POSITIVE_INFINITY;
}
