import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ShareBudget } from "@headrace/routing/budget/share-budget";
import type { Model } from "../snapshot/snapshot.ts";
import { snapshotOf } from "../testing/compiled.ts";
import { NO_FACTS } from "../testing/no-facts.ts";
import { Tries } from "./tries.ts";

/** Two targets in their order, of which each takes one call; and other models behind them. */
function limitedModel(fallbacks: readonly string[] = []): Model {
  const concurrency = { limit: 1 };
  const target = (name: string): object => ({ provider: "p", model: name, concurrency });
  const model = snapshotOf({
    providers: { p: { adapter: "openai-compatible", baseUrl: "http://127.0.0.1:9/v1" } },
    models: {
      m: {
        strategy: { type: "fallback" },
        targets: ["t0", "t1"].map(target),
        fallbacks: { other: [...fallbacks] },
      },
      narrow: { targets: [target("t2")] },
      wide: { targets: [{ provider: "p", model: "t3" }] },
    },
    keys: [{ name: "ci", key: "sk-12345678" }],
  }).models.get("m");
  assert.ok(model !== undefined);
  return model;
}

function triesOf(model: Model, waitsForSlots: boolean): Tries {
  const budget = (): ShareBudget => new ShareBudget({ share: 1, burst: 100 });
  const deps = { nowMs: () => 0, random: () => 0.5, retryBudget: budget(), hedgeBudget: budget() };
  const tries = new Tries(model, deps, NO_FACTS);
  tries.waitsForSlots = waitsForSlots;
  return tries;
}

const nameOf = (target: { readonly model: string } | null): string | null => target?.model ?? null;

describe("Tries at targets with limits", () => {
  it("pass over a target without a free slot", () => {
    const model = limitedModel();
    const [first] = model.targets;
    assert.ok(first.gate?.tryEnter());
    assert.equal(nameOf(triesOf(model, true).first()), "t1");
    first.gate?.leave();
    assert.equal(nameOf(triesOf(model, true).first()), "t0");
  });

  it("name a target to wait at only when all are taken, and only to who can wait", () => {
    const model = limitedModel();
    for (const { gate } of model.targets) assert.ok(gate?.tryEnter());
    assert.equal(nameOf(triesOf(model, false).first()), null);
    assert.equal(nameOf(triesOf(model, true).first()), "t0");
  });

  it("name all targets to wait at, and other models only when that was in vain", () => {
    const model = limitedModel(["narrow", "wide"]);
    const gates = model.targets.map(({ gate }) => gate);
    for (const gate of gates) assert.ok(gate?.tryEnter());
    const tries = triesOf(model, true);
    assert.equal(nameOf(tries.first()), "t0");
    assert.deepEqual(tries.gatesToWaitAt(), gates);
    assert.equal(nameOf(tries.pastQueue()), "t2");
    const [narrow] = tries.targets;
    const gate = narrow?.gate ?? null;
    assert.ok(gate?.tryEnter());
    assert.deepEqual(tries.gatesToWaitAt(), [gate]);
    assert.equal(nameOf(tries.pastQueue()), "t3");
    assert.deepEqual(tries.gatesToWaitAt(), []);
    assert.equal(tries.pastQueue(), null);
    assert.equal(nameOf(triesOf(model, false).first()), "t3", "who cannot wait is led on at once");
  });

  it("name no target to wait at that a failure has ruled out", () => {
    const model = limitedModel();
    const tries = triesOf(model, true);
    const first = tries.first();
    assert.ok(first?.gate?.tryEnter());
    assert.ok(model.targets[1]?.gate?.tryEnter());
    const next = tries.next({ status: 504, code: "upstream_first_byte_timeout", retryAfterMs: null });
    assert.equal(nameOf(next?.target ?? null), "t1");
    assert.deepEqual(tries.gatesToWaitAt(), [model.targets[1]?.gate]);
  });

  it("choose again with the slot that a call has got: that target, or a better one", () => {
    const model = limitedModel();
    const [first, second] = model.targets;
    for (const { gate } of model.targets) assert.ok(gate?.tryEnter());
    const tries = triesOf(model, true);
    tries.first();
    assert.equal(nameOf(tries.again(first.gate)), "t0");
    assert.equal(tries.count, 1);
    first.health.apply(0, { kind: "cooling", key: first.health.key, forMs: 5_000 });
    second?.gate?.leave();
    assert.equal(nameOf(tries.again(first.gate)), "t1");
    assert.equal(tries.count, 1);
  });

  it("ask no second target that has no free slot beside a slow one", () => {
    const model = limitedModel();
    const [, second] = model.targets;
    const tries = triesOf(model, true);
    assert.equal(nameOf(tries.first()), "t0");
    assert.ok(second?.gate?.tryEnter());
    assert.equal(nameOf(tries.beside()), null);
  });
});
