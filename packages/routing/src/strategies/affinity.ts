import type { CallFacts, RouteCall, RoutedTarget } from "../route.ts";
import { type Member, Members } from "./members.ts";
import { Strategy, type StrategyNode } from "./node.ts";
import { scatter, stableHash } from "./stable-hash.ts";
import { WeightedDraw } from "./weighted.ts";

/** The hash of what stays with one target, 32 bits, unsigned; null for a call that has nothing of the kind. */
export type ReadAffinity = (facts: CallFacts) => number | null;

const HASHES = 2 ** 32;
/** Places in a key's order that are looked at before all members are; with half of them down 94 of 100 keys need no more. */
const BLIND_STEPS = 4;

/**
 * The same member for the same key, in shares by weight: for sticky and for ab. By weighted rendezvous hashing, each key
 * has an order of all members of its own, of which it gets the first that can be asked. So when a member goes only its own
 * keys move, evenly to all others, and they come back with it. Calls without a key are drawn at random.
 */
export class Affinity<T extends RoutedTarget> extends Strategy<T> {
  readonly #members: Members<T>;
  readonly #read: ReadAffinity;
  readonly #hashes: Uint32Array;
  readonly #isEven: boolean;
  readonly #draw: WeightedDraw<T>;
  #bestScore = 0;

  constructor(members: readonly Member<T>[], read: ReadAffinity) {
    super(members.map(({ node }) => node));
    this.#members = new Members(members);
    this.#read = read;
    this.#hashes = Uint32Array.from(members, ({ id }) => stableHash(id));
    this.#isEven = new Set(this.#members.weights).size === 1;
    this.#draw = new WeightedDraw(this.#members);
  }

  protected override choose(call: RouteCall<T>): StrategyNode<T> | null {
    const key = this.#read(call.facts);
    if (key === null) return this.#draw.draw(call);
    let below = Number.POSITIVE_INFINITY;
    for (let steps = 0; steps < BLIND_STEPS; steps += 1) {
      const next = this.#first(key, below, false);
      if (next === -1) break;
      if (this.#members.isFresh(next, call)) return this.#members.at(next);
      below = this.#bestScore;
    }
    if (this.#members.survey(call) === 0) return null;
    return this.#members.at(this.#first(key, Number.POSITIVE_INFINITY, true));
  }

  /** Of those that score less than `below`; its score is kept. -1 for none. */
  #first(key: number, below: number, onlyCandidates: boolean): number {
    const hashes = this.#hashes;
    const scattered = scatter(key);
    let first = -1;
    let best = Number.NEGATIVE_INFINITY;
    for (let index = 0; index < hashes.length; index += 1) {
      if (onlyCandidates && !this.#members.isCandidate(index)) continue;
      const hash = scatter(scattered ^ (hashes[index] ?? 0));
      const score = this.#isEven ? hash : this.#score(index, hash, best);
      if (score > best && score < below) {
        first = index;
        best = score;
      }
    }
    this.#bestScore = best;
    return first;
  }

  /**
   * Of exponentially distributed times with rates by weight, who comes first is in shares by weight.
   *
   * @param best - of those before; for one that is no better it may be anything that is no better
   */
  #score(index: number, hash: number, best: number): number {
    const uniform = (hash + 0.5) / HASHES;
    const weight = this.#members.weightAt(index);
    // ln(x) is at most x - 1, which spares most members the logarithm.
    const atMost = (uniform - 1) / weight;
    return atMost <= best ? atMost : Math.log(uniform) / weight;
  }
}
