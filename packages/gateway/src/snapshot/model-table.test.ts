import assert from "node:assert/strict";
import { test } from "node:test";
import type { TargetHealth } from "@headrace/routing/health/target-health";
import { snapshotOf } from "../testing/compiled.ts";
import { meteredTargets } from "./metered-targets.ts";
import { MAX_MATCHED, type ModelTable } from "./model-table.ts";
import type { Snapshot } from "./snapshot.ts";

const PROVIDER = { adapter: "openai-compatible", baseUrl: "http://127.0.0.1:9/v1" };

function open(): Snapshot {
  const any = { provider: "p", model: "*" };
  return snapshotOf({
    providers: { p: PROVIDER },
    models: {
      "gpt-*": { strategy: { type: "fallback" }, targets: [any, { provider: "p", model: "spare" }] },
      "gpt-*-mini": { targets: [any] },
      "gpt-4o": { targets: [{ provider: "p", model: "named" }] },
    },
    keys: [{ name: "ci", key: "sk-12345678" }],
  });
}

function healthOf(models: ModelTable, name: string): TargetHealth {
  const health = models.get(name)?.targets[0].health;
  assert.ok(health !== undefined);
  return health;
}

function breakDown(health: TargetHealth): void {
  for (let call = 0; call < 5; call += 1)
    health.onEnded(0, { mark: health.onSent(0, 0), outcome: "failed", retryAfterMs: null });
}

const known = ({ models }: Snapshot): string[] => models.matched().map(({ name }) => name);

test("model table: knows the names that were asked for last, whatever a client makes up", () => {
  const snapshot = open();
  const { models } = snapshot;
  const kept = healthOf(models, "gpt-kept");
  for (let index = 0; index < 3 * MAX_MATCHED; index += 1) {
    models.get(`gpt-${index}`);
    assert.equal(healthOf(models, "gpt-kept"), kept, "one that is in use stays");
  }
  assert.equal(known(snapshot).length, MAX_MATCHED);
  assert.deepEqual(known(snapshot).slice(-2), [`gpt-${3 * MAX_MATCHED - 1}`, "gpt-kept"]);
  assert.equal(models.get("claude"), undefined);
  assert.equal(models.get("gpt-*"), undefined);
});

test("model table: a name that is forgotten is met anew, what its wildcard leads to besides is not", () => {
  const { models } = open();
  const own = healthOf(models, "gpt-own");
  const spare = models.get("gpt-own")?.targets[1]?.health;
  for (let index = 0; index < MAX_MATCHED; index += 1) models.get(`gpt-${index}`);
  assert.notEqual(healthOf(models, "gpt-own"), own);
  assert.equal(models.get("gpt-own")?.targets[1]?.health, spare);
});

test("model table: metrics tell of what the config names, and of all that a wildcard stands for as one", () => {
  const snapshot = open();
  const { models } = snapshot;
  const told = (): (readonly [string, number, number])[] =>
    meteredTargets(snapshot, 0).map(({ model, reports, forgottenOpenings }) => {
      return [
        model,
        reports.length,
        forgottenOpenings + reports.reduce((sum, { openings }) => sum + openings, 0),
      ];
    });
  const configured = [
    ["named", 1, 0],
    ["spare", 1, 0],
    ["", 1, 0],
  ] as const;
  assert.deepEqual(told(), [...configured, ["gpt-*", 0, 0], ["gpt-*-mini", 0, 0]]);
  breakDown(healthOf(models, "gpt-1"));
  breakDown(healthOf(models, "gpt-1-mini"));
  models.get("gpt-2");
  assert.deepEqual(told(), [...configured, ["gpt-*", 2, 1], ["gpt-*-mini", 1, 1]]);
  for (let index = 0; index < MAX_MATCHED; index += 1) models.get(`gpt-made-up-${index}`);
  assert.deepEqual(
    told(),
    [...configured, ["gpt-*", MAX_MATCHED, 1], ["gpt-*-mini", 0, 1]],
    "no count is lost",
  );
});

test("model table: takes over the names of which a target is left alone", () => {
  const before = open();
  const after = open();
  breakDown(healthOf(before.models, "gpt-down"));
  healthOf(before.models, "gpt-up");
  after.models.adopt(before.models, 0);
  assert.deepEqual(known(after), ["gpt-down"]);
});
