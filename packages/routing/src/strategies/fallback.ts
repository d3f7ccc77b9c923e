import type { RouteCall, RoutedTarget } from "../route.ts";
import { allTargets, type StrategyNode } from "./node.ts";

/** The first that can be asked, in the order of the config, tried or not. */
export class Fallback<T extends RoutedTarget> implements StrategyNode<T> {
  readonly targets: readonly T[];
  readonly #children: readonly StrategyNode<T>[];

  constructor(children: readonly StrategyNode<T>[]) {
    this.targets = allTargets(children);
    this.#children = children;
  }

  pick(call: RouteCall<T>): T | null {
    for (let index = 0; index < this.#children.length; index += 1) {
      const target = this.#children[index]?.pick(call) ?? null;
      if (target !== null) return target;
    }
    return null;
  }

  peek(call: RouteCall<T>): T | null {
    for (let index = 0; index < this.#children.length; index += 1) {
      const target = this.#children[index]?.peek(call) ?? null;
      if (target !== null) return target;
    }
    return null;
  }
}
