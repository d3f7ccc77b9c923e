import type { RouteCall, RoutedTarget, RouteNode } from "../route.ts";

/** A node that can be asked what it would do. */
export interface StrategyNode<T extends RoutedTarget> extends RouteNode<T> {
  /** A target that {@link pick} might give now, without moving a turn on. Null exactly when `pick` would be null. */
  peek(call: RouteCall<T>): T | null;
}

/** A target as the end of a branch. */
export class Leaf<T extends RoutedTarget> implements StrategyNode<T> {
  readonly targets: readonly [T];
  readonly target: T;

  constructor(target: T) {
    this.target = target;
    this.targets = [target];
  }

  pick(call: RouteCall<T>): T | null {
    return call.mayAsk(this.target) ? this.target : null;
  }

  peek(call: RouteCall<T>): T | null {
    return this.pick(call);
  }
}

/** A strategy: all that one has of its own is which child it turns to. */
export abstract class Strategy<T extends RoutedTarget> implements StrategyNode<T> {
  readonly targets: readonly T[];

  constructor(children: readonly StrategyNode<T>[]) {
    this.targets = allTargets(children);
  }

  pick(call: RouteCall<T>): T | null {
    return this.choose(call)?.pick(call) ?? null;
  }

  peek(call: RouteCall<T>): T | null {
    return this.choose(call)?.peek(call) ?? null;
  }

  /** The child, or null when none can be asked. Changes nothing. */
  protected abstract choose(call: RouteCall<T>): StrategyNode<T> | null;
}

/** The leaves below, in order. */
export function allTargets<T extends RoutedTarget>(nodes: readonly StrategyNode<T>[]): readonly T[] {
  return nodes.flatMap(({ targets }) => targets);
}
