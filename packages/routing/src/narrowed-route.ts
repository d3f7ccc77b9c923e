import type { RouteCall, RoutedTarget, RouteNode } from "./route.ts";

/** A route without some of its targets, for a call that only the others can serve. */
export class NarrowedRoute<T extends RoutedTarget> implements RouteNode<T> {
  readonly targets: readonly T[];
  readonly #route: RouteNode<T>;
  readonly #kept: ReadonlySet<T>;

  constructor(route: RouteNode<T>, keeps: (target: T) => boolean) {
    this.#route = route;
    this.targets = route.targets.filter(keeps);
    this.#kept = new Set(this.targets);
  }

  pick(call: RouteCall<T>): T | null {
    return this.#route.pick({
      nowMs: call.nowMs,
      random: call.random,
      facts: call.facts,
      mayAsk: (target) => this.#kept.has(target) && call.mayAsk(target),
      triesOf: (target) => call.triesOf(target),
    });
  }
}
