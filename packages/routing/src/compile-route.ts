import type {
  ProviderTargetConfig,
  RulesStrategyConfig,
  StrategyConfig,
  TargetConfig,
  TargetList,
  TargetReference,
} from "@headrace/core/config/types-routing";
import type { RoutedTarget, RouteNeeds, RouteNode } from "./route.ts";
import { parseRule } from "./rules/lazy-rules.ts";
import { Affinity, type ReadAffinity } from "./strategies/affinity.ts";
import { affinityKey } from "./strategies/affinity-key.ts";
import { Cost } from "./strategies/cost.ts";
import { Fallback } from "./strategies/fallback.ts";
import { LeastBusy } from "./strategies/least-busy.ts";
import { LeastLatency } from "./strategies/least-latency.ts";
import type { Member } from "./strategies/members.ts";
import { Leaf, type StrategyNode } from "./strategies/node.ts";
import { RoundRobin, WeightedRoundRobin } from "./strategies/round-robin.ts";
import { Rules } from "./strategies/rules.ts";
import { Weighted } from "./strategies/weighted.ts";

/** A model of the configuration, as far as a route goes; checked, so that its references and rules are sound. */
export interface RouteConfig {
  readonly strategy: StrategyConfig;
  readonly targets: TargetList;
}

/** A rule that could not tell whether it holds, so that it does not. */
export interface RuleFaultReport {
  /** Its place in the list, from 0. */
  readonly rule: number;
  readonly when: string;
  /** An `UndecidedRule`, whose message has nothing of the call in it. */
  readonly error: unknown;
}

export interface RouteMeans<T extends RoutedTarget> {
  /** All of the configuration: targets may name others. */
  readonly models: Readonly<Record<string, RouteConfig>>;
  /** Makes a leaf; `index` is to be its {@link RoutedTarget.index}. */
  readonly leaf: (target: ProviderTargetConfig, index: number) => T;
  /** Heard at each evaluation, of which a call may have several. Must not throw. Absent = nobody hears of it. */
  readonly onRuleFault?: (report: RuleFaultReport) => void;
}

export interface CompiledRoute<T extends RoutedTarget> {
  readonly node: RouteNode<T>;
  /** All leaves, by their index. Those without weight where it counts are not among them. */
  readonly targets: readonly T[];
  readonly needs: RouteNeeds;
  /** What is right but may not be meant, in words. */
  readonly warnings: readonly string[];
}

/**
 * Makes a model's route. To be done when a configuration is loaded.
 *
 * @throws RuleFault for a rule that nobody has checked
 */
export function compileRoute<T extends RoutedTarget>(
  config: RouteConfig,
  means: RouteMeans<T>,
): CompiledRoute<T> {
  const compiler = new RouteCompiler(means);
  const node = compiler.compile(config);
  return {
    node,
    targets: compiler.targets,
    needs: { headers: [...compiler.headers].toSorted(), body: compiler.readsBody },
    warnings: compiler.warnings,
  };
}

/** Of strategies that choose by weight among what has any. */
interface Balance {
  /** Its members are meant to do as well as each other. */
  readonly alike: boolean;
  readonly over: <T extends RoutedTarget>(
    members: readonly Member<T>[],
    key: ReadAffinity,
  ) => StrategyNode<T>;
}

/** All of them; the others tell apart what they choose among, by order or by a rule. */
const BALANCED: Readonly<Partial<Record<StrategyConfig["type"], Balance>>> = {
  weighted: { alike: true, over: (members) => new Weighted(members) },
  "round-robin": { alike: true, over: inTurn },
  "least-latency": { alike: true, over: (members) => new LeastLatency(members) },
  "least-busy": { alike: true, over: (members) => new LeastBusy(members) },
  cost: { alike: true, over: (members) => new Cost(members) },
  sticky: { alike: true, over: (members, key) => new Affinity(members, key) },
  // Whoever sets two targets against each other wants to see how they differ.
  ab: { alike: false, over: (members, key) => new Affinity(members, key) },
};

/** Whether one target of such a group should do as well as another, so that they can be compared. */
export function balancesAlike({ type }: StrategyConfig): boolean {
  return BALANCED[type]?.alike === true;
}

function inTurn<T extends RoutedTarget>(members: readonly Member<T>[]): StrategyNode<T> {
  const isEven = new Set(members.map(({ weight }) => weight)).size === 1;
  return isEven ? new RoundRobin(members) : new WeightedRoundRobin(members);
}

class RouteCompiler<T extends RoutedTarget> {
  readonly targets: T[] = [];
  readonly headers = new Set<string>();
  readonly warnings: string[] = [];
  readsBody = false;
  readonly #means: RouteMeans<T>;

  constructor(means: RouteMeans<T>) {
    this.#means = means;
  }

  compile({ strategy, targets }: RouteConfig): StrategyNode<T> {
    if (strategy.type === "rules") return this.#rules(strategy, targets);
    if (strategy.type === "single" || strategy.type === "fallback") {
      const children = targets.map((target) => this.#child(target));
      const [first] = children;
      return first !== undefined && children.length === 1 ? first : new Fallback(children);
    }
    const members = this.#members(targets);
    if (strategy.type === "cost") this.#warnOfPrices(members);
    const [only] = members;
    if (only !== undefined && members.length === 1) return only.node;
    const balance = BALANCED[strategy.type];
    if (balance === undefined) throw new Error(`there is no strategy ${strategy.type}`);
    return balance.over(members, this.#keyOf(strategy));
  }

  #keyOf(strategy: StrategyConfig): ReadAffinity {
    if (strategy.type !== "sticky" && strategy.type !== "ab") return () => null;
    const { read, needs } = affinityKey(strategy);
    this.#need(needs);
    return read;
  }

  #child(target: TargetConfig): StrategyNode<T> {
    if (target.targets !== undefined) return this.compile(target);
    if (target.provider !== undefined) {
      const leaf = this.#means.leaf(target, this.targets.length);
      this.targets.push(leaf);
      return new Leaf(leaf);
    }
    const { models } = this.#means;
    const model = Object.hasOwn(models, target.model) ? models[target.model] : undefined;
    if (model === undefined) throw new Error(`there is no model ${target.model}`);
    return this.compile(model);
  }

  #members(targets: TargetList): Member<T>[] {
    const weighty = targets.filter(({ weight }) => weight > 0);
    const times = new Map<string, number>();
    return weighty.map((target) => {
      const identity = identityOf(target);
      const time = (times.get(identity) ?? 0) + 1;
      times.set(identity, time);
      const id = time === 1 ? identity : `${identity}#${time}`;
      return { node: this.#child(target), weight: target.weight, id };
    });
  }

  #rules(strategy: RulesStrategyConfig, targets: TargetList): StrategyNode<T> {
    const children = targets.map((target) => this.#child(target));
    const childOf = (reference: TargetReference): StrategyNode<T> => {
      const isIndex = typeof reference === "number";
      const child = children[isIndex ? reference : targets.findIndex(({ name }) => name === reference)];
      if (child === undefined) throw new Error(`there is no target ${reference}`);
      return child;
    };
    const rules = strategy.rules.map(({ when, use }) => {
      const test = parseRule(when);
      this.#need(test.needs);
      return { test, use: childOf(use) };
    });
    const onFault = (rule: number, error: unknown): void => {
      this.#means.onRuleFault?.({ rule, when: strategy.rules[rule]?.when ?? "", error });
    };
    return new Rules({ children, rules, otherwise: childOf(strategy.otherwise), onFault });
  }

  #need({ headers, body }: RouteNeeds): void {
    for (const name of headers) this.headers.add(name);
    if (body) this.readsBody = true;
  }

  #warnOfPrices(members: readonly Member<T>[]): void {
    for (const { node, id } of members) {
      if (node.targets.every(({ blendedUsdPerMillion }) => blendedUsdPerMillion !== null)) continue;
      this.warnings.push(`the strategy "cost" asks ${id} last, because no price is known for it`);
    }
  }
}

/** What a target is, wherever it stands, so that affinity outlives an edit of the list. */
function identityOf(target: TargetConfig): string {
  if (target.name !== undefined) return target.name;
  if (target.targets !== undefined) return `[${target.targets.map(identityOf).join(",")}]`;
  return target.provider === undefined ? target.model : `${target.provider}/${target.model}`;
}
