import { parseArgs } from "node:util";
import type { StrategyConfig, TargetConfig } from "@headrace/core/config/types-routing";
import { bench, do_not_optimize, group, run } from "mitata";
import { compileRoute } from "../src/compile-route.ts";
import { HEALTH_DEFAULTS } from "../src/health/options.ts";
import { TargetHealth } from "../src/health/target-health.ts";
import type { CallFacts, RouteCall, RoutedTarget, RouteNode } from "../src/route.ts";
import { listOf, group as nested } from "../src/testing.ts";

/**
 * What it costs to choose among 100 targets. Run:
 * `node --expose-gc --conditions=headrace-source packages/routing/bench/route.bench.ts [--json]`.
 */
const { values } = parseArgs({ options: { json: { type: "boolean", default: false } } });

const TARGETS = 100;
const SURROUNDINGS = { random: Math.random, onNotice: (): void => {} };

/** Parsed, as a request's is: texts that were put together here would be read through one more pointer at each place. */
const BODY: unknown = JSON.parse(
  JSON.stringify({
    model: "chat",
    messages: [
      { role: "system", content: "You answer questions about the weather. ".repeat(100) },
      { role: "user", content: "Will it rain in Brno tomorrow afternoon? ".repeat(5) },
    ],
    tools: [{ type: "function", function: { name: "forecast", description: "The forecast for a town." } }],
    metadata: { tier: "gold" },
  }),
);

interface BenchTarget extends RoutedTarget {
  readonly health: TargetHealth;
}

/** A call as the gateway makes it: its tries stand in a short list. */
class BenchCall implements RouteCall<BenchTarget> {
  nowMs = 1_000_000;
  readonly random = Math.random;
  readonly tried: BenchTarget[] = [];
  facts: CallFacts;

  constructor(keyName: string) {
    this.facts = {
      model: "chat",
      endpoint: "/v1/chat/completions",
      keyName,
      tags: ["batch", "eu"],
      stream: true,
      inputTokens: 1_200,
      wallMs: Date.UTC(2026, 0, 1),
      header: (name) => (name === "x-session-id" ? `session-of-${keyName}` : ""),
      body: BODY,
    };
  }

  mayAsk(target: BenchTarget): boolean {
    return target.health.unavailableUntilMs <= this.nowMs && this.triesOf(target) < 2;
  }

  triesOf(target: BenchTarget): number {
    let tries = 0;
    for (let index = 0; index < this.tried.length; index += 1) if (this.tried[index] === target) tries += 1;
    return tries;
  }
}

const CALLS: readonly BenchCall[] = Array.from({ length: 64 }, (_, index) => new BenchCall(`key-${index}`));
let calls = 0;

function routeOf(
  strategy: StrategyConfig,
  targets: readonly TargetConfig[],
  down = 0,
): RouteNode<BenchTarget> {
  const { node } = compileRoute<BenchTarget>(
    { strategy, targets: listOf(targets) },
    {
      models: {},
      leaf: ({ model }, index) => {
        const health = new TargetHealth(model, HEALTH_DEFAULTS, SURROUNDINGS);
        if (index % 2 === 0 && index < down * 2) health.unavailableUntilMs = Number.MAX_VALUE;
        health.onFirstByte(1_000_000, 50 + index, 0);
        health.inFlight = index % 7;
        return { index, health, blendedUsdPerMillion: 1 + (index % 10) };
      },
    },
  );
  return node;
}

function leaves(count: number, isEven: boolean): TargetConfig[] {
  return Array.from({ length: count }, (_, index) => {
    return { provider: "p", model: `m${index}`, weight: isEven ? 1 : 1 + (index % 5) };
  });
}

function benchPick(name: string, node: RouteNode<BenchTarget>): void {
  bench(name, () => {
    calls += 1;
    const call = CALLS[calls % CALLS.length];
    if (call !== undefined) do_not_optimize(node.pick(call));
  });
}

const STRATEGIES: readonly (readonly [string, StrategyConfig, isEven: boolean])[] = [
  ["fallback", { type: "fallback" }, true],
  ["weighted", { type: "weighted" }, false],
  ["round-robin", { type: "round-robin" }, true],
  ["round-robin, weights", { type: "round-robin" }, false],
  ["least-latency", { type: "least-latency" }, true],
  ["least-busy", { type: "least-busy" }, false],
  ["cost", { type: "cost" }, true],
  ["sticky by key", { type: "sticky", by: "key" }, true],
  ["sticky by key, weights", { type: "sticky", by: "key" }, false],
  ["sticky by header", { type: "sticky", by: "header", header: "x-session-id" }, true],
  ["sticky by prefix", { type: "sticky", by: "prefix" }, true],
  ["ab, weights", { type: "ab", by: "key", salt: "spring" }, false],
];

group("among 100 targets, all of them to be had", () => {
  for (const [name, strategy, isEven] of STRATEGIES) {
    benchPick(name, routeOf(strategy, leaves(TARGETS, isEven)));
  }
});

group("among 100 targets, half of them down", () => {
  for (const [name, strategy, isEven] of STRATEGIES) {
    benchPick(`${name}, half down`, routeOf(strategy, leaves(TARGETS, isEven), TARGETS / 2));
  }
});

group("among 100 targets in 10 groups", () => {
  for (const [name, strategy, isEven] of STRATEGIES) {
    const groups = Array.from({ length: 10 }, () => nested({ type: "least-latency" }, ...leaves(10, isEven)));
    benchPick(`${name} of least-latency`, routeOf(strategy, groups, TARGETS / 2));
  }
  const groups = Array.from({ length: 10 }, () => nested({ type: "weighted" }, ...leaves(10, false)));
  benchPick("fallback of weighted", routeOf({ type: "fallback" }, groups));
});

group("rules", () => {
  const rules = (...whens: string[]): RouteNode<BenchTarget> => {
    const strategy: StrategyConfig = {
      type: "rules",
      rules: whens.map((when) => ({ when, use: 1 })),
      otherwise: 0,
    };
    return routeOf(strategy, leaves(2, true));
  };
  benchPick("one over tokens and tags", rules('tokens > 100000 || "gpu" in tags'));
  benchPick("one over a header", rules('headers["x-session-id"].startsWith("batch-")'));
  benchPick("one over the body", rules('has(body.metadata.tier) && body.metadata.tier == "silver"'));
  benchPick("one through the messages", rules('body.messages.exists(m, m.role == "tool")'));
  benchPick("one with a pattern", rules('model.matches("^gpt-[0-9]")'));
  benchPick("one that cannot tell", rules("body.missing == 1"));
  benchPick(
    "ten over tokens",
    rules(...Array.from({ length: 10 }, (_, index) => `tokens > ${9_000 - index}`)),
  );
});

await run(values.json ? { format: "json" } : {});
