import type { RouteCall, RoutedTarget } from "../route.ts";
import { Leaf, type StrategyNode } from "./node.ts";

/** A child of a strategy that balances. */
export interface Member<T extends RoutedTarget> {
  readonly node: StrategyNode<T>;
  /** More than 0. */
  readonly weight: number;
  /** What it is, wherever it stands in the list: the same in every process and after each reload. */
  readonly id: string;
}

/** The tries of one that cannot be asked: more than anybody's, in 31 bits, which need no memory of their own. */
const NEVER = 2 ** 30 - 1;

/**
 * The children of a strategy that balances. Those whose targets have been tried least in a call come first, so that a
 * further try goes elsewhere.
 */
export class Members<T extends RoutedTarget> {
  readonly weights: Float64Array;
  readonly totalWeight: number;
  /** By member, for {@link leastMeasured}. */
  readonly measures: Float64Array;
  readonly #nodes: readonly StrategyNode<T>[];
  /** Of the last survey. Kept, as a choice is made in one go and shall make no garbage. */
  readonly #tries: Int32Array;
  readonly #peeked: (T | null)[];
  #fewest = NEVER;
  /** Most members are leaves, which need no call through their node. */
  readonly #leaves: readonly (T | null)[];

  constructor(members: readonly Member<T>[]) {
    this.#nodes = members.map(({ node }) => node);
    this.weights = Float64Array.from(members, ({ weight }) => weight);
    this.totalWeight = this.weights.reduce((sum, weight) => sum + weight, 0);
    this.#tries = new Int32Array(members.length);
    this.measures = new Float64Array(members.length);
    this.#peeked = members.map(() => null);
    this.#leaves = this.#nodes.map((node) => (node instanceof Leaf ? node.target : null));
  }

  get size(): number {
    return this.#nodes.length;
  }

  /** @returns null for an index that is none of a member */
  at(index: number): StrategyNode<T> | null {
    return this.#nodes[index] ?? null;
  }

  weightAt(index: number): number {
    return this.weights[index] ?? 0;
  }

  /** What a member would give now; null when it cannot be asked. */
  peekAt(index: number, call: RouteCall<T>): T | null {
    const leaf = this.#leaves[index];
    if (leaf !== null && leaf !== undefined) return call.mayAsk(leaf) ? leaf : null;
    return this.at(index)?.peek(call) ?? null;
  }

  /** The same for one that was found a moment ago to be one that can be asked. */
  foundAt(index: number, call: RouteCall<T>): T | null {
    return this.#leaves[index] ?? this.at(index)?.peek(call) ?? null;
  }

  /** Whether a member can be asked and what it would give was not tried yet; then no other can come before it. */
  isFresh(index: number, call: RouteCall<T>): boolean {
    const target = this.peekAt(index, call);
    return target !== null && call.triesOf(target) === 0;
  }

  /**
   * Looks at every member.
   *
   * @returns how many can be chosen, for which {@link isCandidate} is true until the next survey
   */
  survey(call: RouteCall<T>): number {
    const tries = this.#tries;
    let fewest = NEVER;
    let candidates = 0;
    for (let index = 0; index < tries.length; index += 1) {
      const target = this.peekAt(index, call);
      this.#peeked[index] = target;
      const count = target === null ? NEVER : call.triesOf(target);
      tries[index] = count;
      if (count < fewest) {
        fewest = count;
        candidates = 1;
      } else if (count === fewest && count < NEVER) candidates += 1;
    }
    this.#fewest = fewest;
    return candidates;
  }

  /** Whether, at the last survey, it could be asked and none that could had fewer tries. */
  isCandidate(index: number): boolean {
    return this.#fewest !== NEVER && this.#tries[index] === this.#fewest;
  }

  /** What a candidate would have given at the last survey. */
  candidateAt(index: number): T | null {
    return this.isCandidate(index) ? (this.#peeked[index] ?? null) : null;
  }

  /**
   * The candidate of the last survey that has least of what stands in {@link measures}: at least 0, may be infinite. Among
   * equals at random, in shares by weight.
   *
   * @returns null when there is no candidate
   */
  leastMeasured(call: RouteCall<T>): StrategyNode<T> | null {
    const { measures } = this;
    let chosen = -1;
    let least = Number.POSITIVE_INFINITY;
    let weightOfEquals = 0;
    for (let index = 0; index < measures.length; index += 1) {
      const measured = measures[index] ?? 0;
      if (measured > least || !this.isCandidate(index)) continue;
      const weight = this.weightAt(index);
      weightOfEquals = measured < least ? weight : weightOfEquals + weight;
      // Each of the equals stays with its share of them, without a list of who they are.
      if (measured < least || call.random() * weightOfEquals < weight) chosen = index;
      least = measured;
    }
    return this.at(chosen);
  }

  /** The nth candidate of the last survey, from 0; -1 when there are fewer. */
  nthCandidate(nth: number): number {
    let left = nth;
    for (let index = 0; index < this.size; index += 1) {
      if (this.isCandidate(index) && left-- === 0) return index;
    }
    return -1;
  }
}
