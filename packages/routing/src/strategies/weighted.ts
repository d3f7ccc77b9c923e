import type { RouteCall, RoutedTarget } from "../route.ts";
import { type Member, Members } from "./members.ts";
import { Strategy, type StrategyNode } from "./node.ts";

/**
 * Draws that may hit a member that is not to be had before all are looked at. Any number gives the same shares; this one
 * finds one of two halves in 94 of 100 calls.
 */
export const BLIND_DRAWS = 4;

/** At random, in shares by weight. */
export class Weighted<T extends RoutedTarget> extends Strategy<T> {
  readonly #draw: WeightedDraw<T>;

  constructor(members: readonly Member<T>[]) {
    super(members.map(({ node }) => node));
    this.#draw = new WeightedDraw(new Members(members));
  }

  protected override choose(call: RouteCall<T>): StrategyNode<T> | null {
    return this.#draw.draw(call);
  }
}

/** Draws among members in shares by weight, which those that cannot be asked leave to the others. */
export class WeightedDraw<T extends RoutedTarget> {
  readonly #members: Members<T>;
  /** The weights up to and with each member. */
  readonly #sums: Float64Array;

  constructor(members: Members<T>) {
    this.#members = members;
    let sum = 0;
    this.#sums = members.weights.map((weight) => {
      sum += weight;
      return sum;
    });
  }

  draw(call: RouteCall<T>): StrategyNode<T> | null {
    for (let draws = 0; draws < BLIND_DRAWS; draws += 1) {
      const index = this.#memberAt(call.random() * this.#members.totalWeight);
      if (this.#members.isFresh(index, call)) return this.#members.at(index);
    }
    return this.#drawCandidate(call);
  }

  /** The first whose sum is above; the last member where rounding left none. */
  #memberAt(point: number): number {
    let low = 0;
    let high = this.#sums.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sums[middle] ?? 0) > point) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #drawCandidate(call: RouteCall<T>): StrategyNode<T> | null {
    const members = this.#members;
    if (members.survey(call) === 0) return null;
    let total = 0;
    for (let index = 0; index < members.size; index += 1) {
      if (members.isCandidate(index)) total += members.weightAt(index);
    }
    let left = call.random() * total;
    let last = -1;
    for (let index = 0; index < members.size && left >= 0; index += 1) {
      if (!members.isCandidate(index)) continue;
      left -= members.weightAt(index);
      last = index;
    }
    return members.at(last);
  }
}
