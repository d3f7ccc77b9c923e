import assert from "node:assert/strict";
import { test } from "node:test";
import type { HealthNotice } from "./health-notice.ts";
import { HEALTH_DEFAULTS } from "./options.ts";
import { HealthRegistry, healthKey } from "./registry.ts";

const MAIN = healthKey({ provider: "openai", model: "gpt-4o", baseUrl: "https://api.example" });
const SPARE = healthKey({ provider: "openai", model: "gpt-4o", baseUrl: "https://other.example" });

function open() {
  const notices: HealthNotice[] = [];
  const registry = new HealthRegistry({ random: () => 0, onNotice: (notice) => notices.push(notice) });
  const fail = (key: string, nowMs: number): void => {
    const health = registry.get(key, HEALTH_DEFAULTS);
    for (let time = 0; time < 5; time += 1) {
      health.onEnded(nowMs, { mark: health.onSent(nowMs, 1), outcome: "failed", retryAfterMs: null });
    }
  };
  return { registry, notices, fail };
}

test("health registry: a target keeps its health over reloads, another base URL is another target", () => {
  const { registry, fail } = open();
  fail(MAIN, 0);
  const again = registry.get(MAIN, { ...HEALTH_DEFAULTS, cooling: { baseMs: 1, maxMs: 1 } });
  assert.equal(again.unavailableUntilMs, 5_000);
  assert.equal(registry.get(SPARE, HEALTH_DEFAULTS).unavailableUntilMs, 0);
});

test("health registry: forgets what no model leads to any more", () => {
  const { registry, fail } = open();
  fail(MAIN, 0);
  fail(SPARE, 0);
  const kept = registry.get(MAIN, HEALTH_DEFAULTS);
  registry.retain(new Set([MAIN]));
  assert.deepEqual(
    registry.describe(0).map(({ key }) => key),
    [MAIN],
  );
  assert.equal(registry.get(MAIN, HEALTH_DEFAULTS), kept);
  assert.equal(registry.get(SPARE, HEALTH_DEFAULTS).unavailableUntilMs, 0);
});

test("health registry: processes tell each other, in durations, and without echo", () => {
  const here = open();
  const there = open();
  there.registry.get(MAIN, HEALTH_DEFAULTS);
  here.fail(MAIN, 1_000_000);
  here.fail(SPARE, 1_000_000);
  for (const notice of here.notices) there.registry.apply(7_000, structuredClone(notice));
  assert.equal(there.registry.get(MAIN, HEALTH_DEFAULTS).unavailableUntilMs, 12_000);
  assert.deepEqual(there.notices, []);
  assert.deepEqual(
    there.registry.describe(7_000).map(({ key, state }) => [key, state]),
    [[MAIN, "open"]],
    "a target that it does not know is not made up",
  );
});
