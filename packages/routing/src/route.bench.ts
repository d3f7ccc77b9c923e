import assert from "node:assert/strict";
import type { StrategyConfig, TargetConfig } from "@headrace/core/config/types-routing";
import { type MicroBench, microBench } from "@headrace/core/testing/micro-bench";
import { compileRoute } from "./compile-route.ts";
import { HEALTH_DEFAULTS } from "./health/options.ts";
import { TargetHealth } from "./health/target-health.ts";
import type { CallFacts, RouteCall, RoutedTarget, RouteNode } from "./route.ts";
import { group, listOf } from "./testing.ts";

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

/** A choice for one call after another of 64 that differ. */
function picking(name: string, open: () => RouteNode<BenchTarget>): MicroBench {
  return microBench(name, () => {
    const node = open();
    let calls = 0;
    return {
      run: () => {
        calls += 1;
        const call = CALLS[calls % CALLS.length];
        return call === undefined ? null : node.pick(call);
      },
      check: (target) => assert.equal(target?.health.unavailableUntilMs, 0),
    };
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

const ALL_THERE: readonly MicroBench[] = STRATEGIES.map(([name, strategy, isEven]) =>
  picking(`${name}, 100 targets`, () => routeOf(strategy, leaves(TARGETS, isEven))),
);

const HALF_DOWN: readonly MicroBench[] = STRATEGIES.map(([name, strategy, isEven]) =>
  picking(`${name}, 100 targets, half of them down`, () => {
    return routeOf(strategy, leaves(TARGETS, isEven), TARGETS / 2);
  }),
);

/** Ten groups of ten, half of all targets down. */
const NESTED: readonly MicroBench[] = [
  ...STRATEGIES.map(([name, strategy, isEven]) =>
    picking(`${name} of ten least-latency`, () => {
      const groups = Array.from({ length: 10 }, () =>
        group({ type: "least-latency" }, ...leaves(10, isEven)),
      );
      return routeOf(strategy, groups, TARGETS / 2);
    }),
  ),
  picking("fallback of ten weighted", () => {
    const groups = Array.from({ length: 10 }, () => group({ type: "weighted" }, ...leaves(10, false)));
    return routeOf({ type: "fallback" }, groups);
  }),
];

const RULES: readonly (readonly [string, ...whens: string[]])[] = [
  ["one over tokens and tags", 'tokens > 100000 || "gpu" in tags'],
  ["one over a header", 'headers["x-session-id"].startsWith("batch-")'],
  ["one over the body", 'has(body.metadata.tier) && body.metadata.tier == "silver"'],
  ["one through the messages", 'body.messages.exists(m, m.role == "tool")'],
  ["one with a pattern", 'model.matches("^gpt-[0-9]")'],
  ["one that cannot tell", "body.missing == 1"],
  ["ten over tokens", ...Array.from({ length: 10 }, (_, index) => `tokens > ${9_000 - index}`)],
];

function rulesOf(whens: readonly string[]): StrategyConfig {
  return { type: "rules", rules: whens.map((when) => ({ when, use: 1 })), otherwise: 0 };
}

export const benches: readonly MicroBench[] = [
  ...ALL_THERE,
  ...HALF_DOWN,
  ...NESTED,
  ...RULES.map(([name, ...whens]) =>
    picking(`rules, ${name}`, () => routeOf(rulesOf(whens), leaves(2, true))),
  ),
];
