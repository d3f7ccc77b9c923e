import type { CallFacts, RouteCall, RoutedTarget } from "../route.ts";
import { Strategy, type StrategyNode } from "./node.ts";

/** Whether a call is of a kind. */
export interface RuleTest {
  /** @throws UndecidedRule when it cannot tell, as with a member of the body that is not there */
  evaluate(facts: CallFacts): boolean;
}

/** A rule, and where calls go for which it holds. */
export interface CompiledRule<T extends RoutedTarget> {
  readonly test: RuleTest;
  readonly use: StrategyNode<T>;
}

export interface RulesParts<T extends RoutedTarget> {
  /** In the order of the config. */
  readonly children: readonly StrategyNode<T>[];
  readonly rules: readonly CompiledRule<T>[];
  readonly otherwise: StrategyNode<T>;
  /** Hears of a rule that could not tell, by its index, and so does not hold. */
  readonly onFault: (rule: number, error: unknown) => void;
}

/**
 * The child of the first rule that holds, and no other one: a rule may be there to keep calls away from the others. Whoever
 * wants another target when it cannot be asked puts a group behind the rule.
 */
export class Rules<T extends RoutedTarget> extends Strategy<T> {
  readonly #parts: RulesParts<T>;

  constructor(parts: RulesParts<T>) {
    super(parts.children);
    this.#parts = parts;
  }

  protected override choose(call: RouteCall<T>): StrategyNode<T> | null {
    return this.#use(call.facts);
  }

  #use(facts: CallFacts): StrategyNode<T> {
    const { rules, otherwise } = this.#parts;
    for (let index = 0; index < rules.length; index += 1) {
      const rule = rules[index];
      if (rule !== undefined && this.#holds(index, rule.test, facts)) return rule.use;
    }
    return otherwise;
  }

  #holds(index: number, test: RuleTest, facts: CallFacts): boolean {
    try {
      return test.evaluate(facts);
    } catch (error) {
      this.#parts.onFault(index, error);
      return false;
    }
  }
}
