import assert from "node:assert/strict";
import { test } from "node:test";
import { HEALTH_DEFAULTS } from "@headrace/routing/health/options";
import { HealthRegistry, healthKey } from "@headrace/routing/health/registry";
import { AggregatorRegistry } from "prom-client";
import { parsePrometheus } from "../testing/prometheus-text.ts";
import { targetMetrics } from "./target-metrics.ts";

const KEY = healthKey({ provider: "p", model: "m", baseUrl: "http://127.0.0.1:9" });

function processOf() {
  const registry = new HealthRegistry({ random: () => 0, onNotice: () => {} });
  const health = registry.get(KEY, HEALTH_DEFAULTS);
  const metrics = () =>
    targetMetrics([{ provider: "p", model: "m", reports: registry.describe(1_000), forgottenOpenings: 0 }]);
  return { health, metrics };
}

test("target metrics: how many processes see a target in which state, and how often it was left alone", async () => {
  const first = processOf();
  const second = processOf();
  const third = processOf();
  for (const { health } of [first, second]) {
    for (let call = 0; call < 5; call += 1)
      health.onEnded(1_000, { mark: health.onSent(1_000, 1), outcome: "failed", retryAfterMs: null });
  }
  third.health.apply(1_000, { key: KEY, kind: "paced", forMs: 1_000 });
  const json = [first, second, third].map(({ metrics }) => metrics());
  const samples = parsePrometheus(await AggregatorRegistry.aggregate(json).metrics());
  const states = samples.filter(({ name }) => name === "headrace_target_state");
  assert.deepEqual(Object.fromEntries(states.map(({ labels, value }) => [labels.state, value])), {
    available: 0,
    paced: 1,
    failing: 2,
    probing: 0,
    "rate-limited": 0,
    ejected: 0,
  });
  assert.ok(states.every(({ labels }) => labels.provider === "p" && labels.model === "m"));
  const opened = samples.filter(({ name }) => name === "headrace_circuit_opened_total");
  assert.deepEqual(
    opened.map(({ labels, value }) => [labels, value]),
    [[{ provider: "p", model: "m" }, 2]],
  );
});

test("target metrics: what a wildcard stands for is told together, those that were forgotten too", async () => {
  const registry = new HealthRegistry({ random: () => 0, onNotice: () => {} });
  for (const name of ["gpt-1", "gpt-2", "gpt-3"]) {
    const health = registry.get(healthKey({ provider: "p", model: name, baseUrl: "" }), HEALTH_DEFAULTS);
    for (let call = 0; name !== "gpt-1" && call < 5; call += 1)
      health.onEnded(1_000, { mark: health.onSent(1_000, 1), outcome: "failed", retryAfterMs: null });
  }
  const target = { provider: "p", model: "gpt-*", reports: registry.describe(1_000), forgottenOpenings: 4 };
  const samples = parsePrometheus(await AggregatorRegistry.aggregate([targetMetrics([target])]).metrics());
  const seen = samples.filter(({ value }) => value > 0).map(({ labels, value }) => [labels, value]);
  assert.deepEqual(seen, [
    [{ provider: "p", model: "gpt-*", state: "available" }, 1],
    [{ provider: "p", model: "gpt-*", state: "failing" }, 2],
    [{ provider: "p", model: "gpt-*" }, 6],
  ]);
});
