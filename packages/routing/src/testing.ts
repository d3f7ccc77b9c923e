import type {
  GroupTargetConfig,
  ProviderTargetConfig,
  StrategyConfig,
  TargetConfig,
  TargetList,
} from "@headrace/core/config/types-routing";
import { type CompiledRoute, compileRoute, type RouteConfig, type RouteMeans } from "./compile-route.ts";
import type { CallFacts, RouteCall, RoutedTarget, TargetVitals } from "./route.ts";

/** A target whose health tests set as they like. */
export class TestTarget implements RoutedTarget, TargetVitals {
  readonly index: number;
  readonly model: string;
  readonly unavailableUntilMs = 0;
  readonly unusableUntilMs = 0;
  readonly pacedUntilMs = 0;
  blendedUsdPerMillion: number | null = null;
  inFlight = 0;
  latency = 0;

  constructor(index: number, model: string) {
    this.index = index;
    this.model = model;
  }

  get health(): TargetVitals {
    return this;
  }

  latencyMs(): number {
    return this.latency;
  }
}

export const FACTS: CallFacts = {
  model: "chat",
  endpoint: "/v1/chat/completions",
  keyName: "",
  tags: [],
  stream: false,
  inputTokens: 0,
  wallMs: Date.UTC(2026, 0, 1),
  header: () => "",
  body: null,
};

/** A call whose answers to the route tests set as they like. */
export class TestCall implements RouteCall<TestTarget> {
  readonly nowMs = 1_000;
  readonly random: () => number;
  facts: CallFacts;
  /** Models of targets. */
  readonly refused: Set<string> = new Set<string>();
  readonly tries: Map<TestTarget, number> = new Map<TestTarget, number>();

  constructor(random: () => number = seededRandom(1), facts: Partial<CallFacts> = {}) {
    this.random = random;
    this.facts = { ...FACTS, ...facts };
  }

  mayAsk(target: TestTarget): boolean {
    return !this.refused.has(target.model);
  }

  triesOf(target: TestTarget): number {
    return this.tries.get(target) ?? 0;
  }

  tried(target: TestTarget): void {
    this.tries.set(target, this.triesOf(target) + 1);
  }

  refuse(...models: readonly string[]): this {
    for (const model of models) this.refused.add(model);
    return this;
  }
}

/** From 0 up to 1, the same every time (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The target `model` at some provider. */
export function leaf(model: string, weight = 1): ProviderTargetConfig {
  return { provider: "p", model, weight };
}

export function group(strategy: StrategyConfig, ...targets: TargetConfig[]): GroupTargetConfig {
  return { strategy, targets: listOf(targets), weight: 1 };
}

export function listOf(targets: readonly TargetConfig[]): TargetList {
  const [first, ...rest] = targets;
  if (first === undefined) throw new Error("a list of targets is not empty");
  return [first, ...rest];
}

/** `count` targets m0, m1, … of weight 1, or of those weights. */
export function leaves(count: number, weights: readonly number[] = []): ProviderTargetConfig[] {
  return Array.from({ length: count }, (_, index) => leaf(`m${index}`, weights[index] ?? 1));
}

export type TestRoute = CompiledRoute<TestTarget>;

/** A route over targets that are as good as each other. */
export function routeOf(
  strategy: StrategyConfig,
  targets: readonly TargetConfig[],
  means: Partial<RouteMeans<TestTarget>> = {},
): TestRoute {
  const config: RouteConfig = { strategy, targets: listOf(targets) };
  return compileRoute(config, {
    models: {},
    leaf: ({ model }, index) => new TestTarget(index, model),
    onRuleFault: ({ error }) => {
      throw error;
    },
    ...means,
  });
}

/** How often each model is picked in so many calls of the same kind. */
export function picksOf(route: TestRoute, call: TestCall, calls: number): Record<string, number> {
  const picks: Record<string, number> = {};
  for (let done = 0; done < calls; done += 1) {
    const model = route.node.pick(call)?.model ?? "none";
    picks[model] = (picks[model] ?? 0) + 1;
  }
  return picks;
}
