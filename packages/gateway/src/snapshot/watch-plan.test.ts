import assert from "node:assert/strict";
import { test } from "node:test";
import { MODEL_DEFAULTS } from "@headrace/core/config/defaults";
import type { ModelConfig } from "@headrace/core/config/types";
import type { ProviderTargetConfig, StrategyConfig, TargetConfig } from "@headrace/core/config/types-routing";
import { targetOf } from "@headrace/routing/health/registry";
import type { TargetHealth } from "@headrace/routing/health/target-health";
import { configOf, snapshotOf } from "../testing/compiled.ts";
import { planWatch } from "./watch-plan.ts";

const PROVIDER = { adapter: "openai-compatible", baseUrl: "http://127.0.0.1:9/v1" };
const KEYS = [{ name: "ci", key: "sk-12345678" }];
const leaf = (model: string, provider = "p"): object => ({ provider, model });

const names = (targets: readonly TargetHealth[]): string[] => targets.map(({ key }) => targetOf(key).model);

test("watch plan: providers with a probe, each with all of its targets once", () => {
  const { watch } = snapshotOf({
    providers: { p: { ...PROVIDER, probe: { intervalMs: 5_000 } }, q: PROVIDER },
    models: {
      a: { strategy: { type: "fallback" }, targets: [leaf("one"), leaf("two"), leaf("one", "q")] },
      b: { targets: [leaf("one")] },
    },
    aliases: { c: "a" },
    keys: KEYS,
  });
  assert.deepEqual(
    watch.probed.map(({ upstream, probe, targets }) => [upstream.name, probe.intervalMs, names(targets())]),
    [["p", 5_000, ["one", "two", ""]]],
  );
});

type Targets = readonly [TargetConfig, ...TargetConfig[]];

const one = (model: string, weight = 1): ProviderTargetConfig => ({ provider: "p", model, weight });
const ref = (model: string): TargetConfig => ({ model, weight: 1 });
const group = (type: StrategyConfig, ...targets: Targets): TargetConfig => {
  return { strategy: type, targets, weight: 1 };
};
const model = (strategy: StrategyConfig, ...targets: Targets): ModelConfig => {
  return { ...MODEL_DEFAULTS, strategy, targets };
};
const AB: StrategyConfig = { type: "ab", by: "key" };

/** Of models whose targets are among a, b, c, d and e. */
function groupsOf(models: Readonly<Record<string, ModelConfig>>): (readonly string[])[] {
  const content = {
    providers: { p: PROVIDER },
    models: Object.fromEntries(
      Object.keys(models).map((name) => [
        name,
        { strategy: { type: "fallback" }, targets: [..."abcde"].map((letter) => leaf(letter)) },
      ]),
    ),
    keys: KEYS,
  };
  const compiled = snapshotOf(content);
  const config = { ...configOf(content), models };
  return planWatch(config, { ...compiled, upstreams: new Map() }).groups.flatMap(({ members }) =>
    members().map(names),
  );
}

for (const type of ["weighted", "round-robin", "least-latency", "least-busy", "cost"] as const) {
  test(`watch plan: the targets of ${type} are compared`, () => {
    assert.deepEqual(groupsOf({ m: model({ type }, one("a"), one("b"), one("c")) }), [["a", "b", "c"]]);
  });
}

test("watch plan: what is tried in turn, by a rule, or for a comparison is not compared", () => {
  assert.deepEqual(
    groupsOf({
      m: model({ type: "fallback" }, one("a"), one("b")),
      n: model(AB, one("a"), one("b")),
      o: model({ type: "rules", rules: [], otherwise: 0 }, one("a"), one("b")),
      p: model({ type: "single" }, one("a")),
      q: model({ type: "sticky", by: "key" }, one("a"), one("a")),
    }),
    [],
  );
});

test("watch plan: groups within groups are found, and what is below a fallback is none of the group around it", () => {
  const inner = group({ type: "round-robin" }, one("a"), one("b"));
  assert.deepEqual(groupsOf({ m: model({ type: "fallback" }, inner, one("c")) }), [["a", "b"]]);
  assert.deepEqual(groupsOf({ m: model({ type: "weighted" }, inner, one("c")) }), [
    ["a", "b", "c"],
    ["a", "b"],
  ]);
  const chain = group({ type: "fallback" }, one("a"), one("b"));
  assert.deepEqual(groupsOf({ m: model({ type: "weighted" }, chain, one("c"), one("d")) }), [["c", "d"]]);
});

test("watch plan: other models stand for their targets", () => {
  const models = {
    m: model({ type: "least-latency" }, ref("n"), ref("o"), ref("q")),
    n: model({ type: "single" }, one("a")),
    o: model({ type: "weighted" }, one("b"), one("c")),
    q: model({ type: "fallback" }, one("d"), one("e")),
  };
  assert.deepEqual(groupsOf(models), [
    ["a", "b", "c"],
    ["b", "c"],
  ]);
});

test("watch plan: nobody is compared where the config forbids it, or who has no equal", () => {
  const off = { ...MODEL_DEFAULTS.outliers, enabled: false };
  const twice = model({ type: "weighted" }, one("a"), one("a"));
  assert.deepEqual(
    groupsOf({ m: { ...model({ type: "weighted" }, one("a"), one("b")), outliers: off }, n: twice }),
    [],
  );
});

test("watch plan: behind a wildcard the targets of each name that is asked for are compared with each other", () => {
  const provider = (name: string): object => ({ provider: name, model: "*" });
  const { watch, models } = snapshotOf({
    providers: { p: PROVIDER, q: PROVIDER },
    models: {
      "gpt-*": { strategy: { type: "round-robin" }, targets: [provider("p"), provider("q")] },
      "claude-*": { strategy: { type: "weighted" }, targets: [leaf("fixed"), leaf("fixed", "q")] },
    },
    keys: KEYS,
  });
  const compared = (): string[] =>
    watch.groups.flatMap(({ members }) => members().map((group) => names(group).join()));
  assert.deepEqual(compared(), []);
  for (const name of ["gpt-1", "gpt-2", "claude-1", "claude-2", "nobody"]) models.get(name);
  assert.deepEqual(compared(), ["gpt-1,gpt-1", "gpt-2,gpt-2", "fixed,fixed"]);
});
