import type { RouteCall, RoutedTarget, TargetVitals } from "../route.ts";
import { type Member, Members } from "./members.ts";
import { Strategy, type StrategyNode } from "./node.ts";
import { BLIND_DRAWS } from "./weighted.ts";

const NONE = -1;

/**
 * The better one of two drawn at random, by the time to first byte and the calls in flight. All going to the best one
 * would bury it before its latency could tell.
 */
export class LeastLatency<T extends RoutedTarget> extends Strategy<T> {
  readonly #members: Members<T>;

  constructor(members: readonly Member<T>[]) {
    super(members.map(({ node }) => node));
    this.#members = new Members(members);
  }

  /** The first that is drawn: that there is one need not wait for which of two is the better. */
  override peek(call: RouteCall<T>): T | null {
    const one = this.#drawFresh(call, NONE);
    return one === NONE ? super.peek(call) : this.#members.foundAt(one, call);
  }

  protected override choose(call: RouteCall<T>): StrategyNode<T> | null {
    const members = this.#members;
    const one = this.#drawFresh(call, NONE);
    const other = one === NONE ? NONE : this.#drawFresh(call, one);
    if (other !== NONE) return this.#better(call, one, other);
    const candidates = members.survey(call);
    if (candidates === 0) return null;
    const nth = drawIndex(call, candidates);
    const first = members.nthCandidate(nth);
    if (candidates === 1) return members.at(first);
    return this.#better(call, first, members.nthCandidate(drawOther(call, nth, candidates)));
  }

  /** Any of those that can be asked and were not tried, as likely as each other; NONE when it has hit none. */
  #drawFresh(call: RouteCall<T>, except: number): number {
    const members = this.#members;
    for (let draws = 0; draws < BLIND_DRAWS; draws += 1) {
      const index = except === NONE ? drawIndex(call, members.size) : drawOther(call, except, members.size);
      if (members.isFresh(index, call)) return index;
    }
    return NONE;
  }

  #better(call: RouteCall<T>, one: number, other: number): StrategyNode<T> | null {
    const first = this.#members.foundAt(one, call);
    const second = this.#members.foundAt(other, call);
    if (first === null || second === null) return this.#members.at(first === null ? other : one);
    return this.#members.at(isBetter(second.health, first.health, call.nowMs) ? other : one);
  }
}

/**
 * By the latency that one more call would meet. One of which nothing is known goes first while it has nothing to do, and
 * counts as fast as the other from then on, so that it is not run down before it has answered.
 */
function isBetter(one: TargetVitals, other: TargetVitals, nowMs: number): boolean {
  const oneMs = one.latencyMs(nowMs);
  const otherMs = other.latencyMs(nowMs);
  if (oneMs > 0 && otherMs > 0) return oneMs * (one.inFlight + 1) < otherMs * (other.inFlight + 1);
  if (oneMs === 0 && one.inFlight === 0) return otherMs > 0 || other.inFlight > 0;
  if (otherMs === 0 && other.inFlight === 0) return false;
  return one.inFlight < other.inFlight;
}

function drawIndex<T extends RoutedTarget>(call: RouteCall<T>, size: number): number {
  return Math.floor(call.random() * size);
}

/** Another one, where there are two. */
function drawOther<T extends RoutedTarget>(call: RouteCall<T>, index: number, size: number): number {
  if (size < 2) return index;
  const drawn = drawIndex(call, size - 1);
  return drawn < index ? drawn : drawn + 1;
}
