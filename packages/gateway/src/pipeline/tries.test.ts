import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ErrorCode } from "@headrace/core/errors/table";
import { ShareBudget } from "@headrace/routing/budget/share-budget";
import fc from "fast-check";
import type { Model, Target } from "../snapshot/snapshot.ts";
import { snapshotOf } from "../testing/compiled.ts";
import { NO_FACTS } from "../testing/no-facts.ts";
import { Tries, type Try, type TryFailure } from "./tries.ts";

// The same cases in every run; another seed tries others.
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20_260_101) });

const RETRY_AFTER_CAP_MS = 2000;

function modelWith(targets: number, attempts: number): Model {
  const model = snapshotOf({
    providers: { p: { adapter: "openai-compatible", baseUrl: "http://127.0.0.1:9/v1" } },
    models: {
      m: {
        strategy: { type: "fallback" },
        targets: Array.from({ length: targets }, (_, i) => ({ provider: "p", model: `t${i}` })),
        retry: { attempts, statuses: [429, 503], maxTries: 20 },
      },
    },
    keys: [{ name: "ci", key: "sk-12345678" }],
  }).models.get("m");
  assert.ok(model !== undefined);
  return model;
}

/** One target with two attempts, at a provider with three keys. */
function modelWithKeys(maxTries: number): Model {
  const apiKeys = ["key-of-a-1", "key-of-b-2", "key-of-c-3"].map((key) => ({ key }));
  const model = snapshotOf({
    providers: { p: { adapter: "openai-compatible", baseUrl: "http://127.0.0.1:9/v1", apiKeys } },
    models: { m: { targets: [{ provider: "p", model: "t0" }], retry: { attempts: 2, maxTries } } },
    keys: [{ name: "ci", key: "sk-12345678" }],
  }).models.get("m");
  assert.ok(model !== undefined);
  return model;
}

function triesOf(model: Model, random: () => number): Tries {
  const retryBudget = new ShareBudget({ share: 1, burst: 100 });
  const hedgeBudget = new ShareBudget({ share: 1, burst: 100 });
  return new Tries(model, { nowMs: () => 0, random, retryBudget, hedgeBudget }, NO_FACTS);
}

/** A provider's answer with a status. */
const answered = (status: number, retryAfterMs: number | null): TryFailure => ({
  status,
  code: null,
  retryAfterMs,
  refusal: null,
});

const failed = (code: ErrorCode): TryFailure => ({ status: 502, code, retryAfterMs: null, refusal: null });

const names = (tries: readonly (Try | null)[]): (string | null)[] =>
  tries.map((next) => next?.target.model ?? null);

describe("Tries", () => {
  it("give each target its attempts before the next one", () => {
    const tries = triesOf(modelWith(2, 3), () => 0.5);
    assert.equal(tries.first()?.model, "t0");
    const following = Array.from({ length: 6 }, () => tries.next(answered(503, null)));
    assert.deepEqual(names(following), ["t0", "t0", "t1", "t1", "t1", null]);
    assert.equal(tries.count, 6);
  });

  it("back off twice as long each time, with full jitter, up to a second", () => {
    const delays = (random: number): (number | undefined)[] => {
      const tries = triesOf(modelWith(1, 7), () => random);
      tries.first();
      return Array.from({ length: 6 }, () => tries.next(answered(503, null))?.delayMs);
    };
    assert.deepEqual(delays(1), [100, 200, 400, 800, 1000, 1000]);
    assert.deepEqual(delays(0.5), [50, 100, 200, 400, 500, 500]);
    assert.deepEqual(delays(0), [0, 0, 0, 0, 0, 0]);
  });

  it("start at once on another target", () => {
    const tries = triesOf(modelWith(2, 1), () => 1);
    tries.first();
    assert.deepEqual(tries.next(answered(429, 500))?.delayMs, 0);
  });

  it("wait at least as long as the provider asks", () => {
    const tries = triesOf(modelWith(1, 2), () => 1);
    tries.first();
    assert.equal(tries.next(answered(429, RETRY_AFTER_CAP_MS))?.delayMs, RETRY_AFTER_CAP_MS);
  });

  it("leave a target that asks for too long a pause", () => {
    const tries = triesOf(modelWith(2, 5), () => 1);
    tries.first();
    assert.deepEqual(names([tries.next(answered(429, RETRY_AFTER_CAP_MS + 1))]), ["t1"]);
    assert.equal(tries.next(answered(429, RETRY_AFTER_CAP_MS + 1)), null);
    assert.equal(tries.count, 2);
  });

  it("repeat what was cut, whatever the statuses", () => {
    const tries = triesOf(modelWith(2, 2), () => 1);
    tries.first();
    assert.deepEqual(names([tries.next(failed("upstream_cut")), tries.next(failed("upstream_cut"))]), [
      "t0",
      "t1",
    ]);
  });

  it("come back to who could not be reached when nobody else is left, after a pause", () => {
    for (const code of ["upstream_unreachable", "upstream_connect_timeout"] as const) {
      const tries = triesOf(modelWith(2, 2), () => 1);
      tries.first();
      const following = Array.from({ length: 4 }, () => tries.next(failed(code)));
      assert.deepEqual(names(following), ["t1", "t0", "t1", null], code);
      assert.deepEqual(
        following.map((next) => next?.delayMs),
        [0, 100, 100, undefined],
        code,
      );
    }
  });

  it("make no more than the model allows, nor than the budget has", () => {
    const bounded = triesOf(
      { ...modelWith(2, 5), retry: { ...modelWith(2, 5).retry, maxTries: 3 } },
      () => 1,
    );
    bounded.first();
    assert.deepEqual(names(Array.from({ length: 3 }, () => bounded.next(answered(503, null)))), [
      "t0",
      "t0",
      null,
    ]);
    const poor = new ShareBudget({ share: 0, burst: 1 });
    const tries = new Tries(
      modelWith(1, 5),
      { nowMs: () => 0, random: () => 0, retryBudget: poor, hedgeBudget: poor },
      NO_FACTS,
    );
    tries.first();
    assert.deepEqual(names([tries.next(answered(503, null)), tries.next(answered(503, null))]), ["t0", null]);
  });

  it("ask a second target within the budgets of the model and of all calls", () => {
    const budget = (share: number): ShareBudget => new ShareBudget({ share, burst: share });
    for (const [own, all, asked] of [
      [1, 1, "t1"],
      [0, 1, undefined],
      [1, 0, undefined],
    ] as const) {
      const plan = { ...modelWith(2, 1), hedgeBudget: budget(own) };
      const deps = { nowMs: () => 0, random: () => 0, retryBudget: budget(1), hedgeBudget: budget(all) };
      const tries = new Tries(plan, deps, NO_FACTS);
      assert.equal(tries.beside(), null, "before the first there is none beside it");
      tries.first();
      assert.equal(tries.beside()?.model, asked);
    }
  });

  it("leave out targets in bad health, and prefer those with room", () => {
    const model = modelWith(3, 1);
    const [first, second] = model.targets;
    first.health.apply(0, { key: first.health.key, kind: "open", forMs: 5_000 });
    second?.health.apply(0, { key: second.health.key, kind: "paced", forMs: 5_000 });
    const tries = triesOf(model, () => 1);
    assert.equal(tries.first()?.model, "t2");
    assert.deepEqual(names([tries.next(answered(503, null)), tries.next(answered(503, null))]), ["t1", null]);
  });

  it("wait for the first that cools down, if that is soon", () => {
    const model = modelWith(2, 2);
    const tries = triesOf(model, () => 0);
    tries.first();
    for (const [index, forMs] of [1_500, 900].entries()) {
      const health = model.targets[index]?.health;
      health?.apply(0, { key: health.key, kind: "cooling", forMs });
    }
    assert.deepEqual(
      [tries.next(answered(429, 500))].map((next) => [next?.target.model, next?.delayMs]),
      [["t1", 900]],
    );
  });

  it("ask a provider that nobody can stand in for, though it has refused a moment ago", () => {
    const model = modelWith(1, 2);
    const [{ health }] = model.targets;
    health.apply(0, { key: health.key, kind: "cooling", forMs: 60_000 });
    assert.equal(triesOf(model, () => 0).first()?.model, "t0");
    health.apply(0, { key: health.key, kind: "open", forMs: 90_000 });
    assert.equal(triesOf(model, () => 0).first(), null);
  });

  it("do not send to the same target again what it may have worked on or will refuse again", () => {
    for (const code of [
      "upstream_first_byte_timeout",
      "upstream_invalid_response",
      "upstream_auth_failed",
    ] as const) {
      const tries = triesOf(modelWith(2, 2), () => 1);
      tries.first();
      assert.deepEqual(names([tries.next(failed(code)), tries.next(failed(code))]), ["t1", null], code);
    }
  });

  it("change to another key at once, whatever the statuses, and no more often than there are keys", () => {
    for (const status of [401, 402, 403, 429]) {
      const tries = triesOf(modelWithKeys(20), () => 1);
      tries.first();
      const refused = { status, code: null, retryAfterMs: 60_000, otherKey: true };
      const following = Array.from({ length: 3 }, () => tries.next(refused));
      assert.deepEqual(
        following.map((next) => [next?.target.model, next?.delayMs]),
        [
          ["t0", 0],
          ["t0", 0],
          [undefined, undefined],
        ],
        `${status}`,
      );
    }
  });

  it("with another key are none of the target's attempts", () => {
    const tries = triesOf(modelWithKeys(20), () => 1);
    tries.first();
    tries.next({ ...failed("upstream_auth_failed"), otherKey: true });
    assert.equal(tries.next(answered(503, null))?.delayMs, 100, "the first pause of a first repetition");
    assert.equal(tries.next(answered(503, null)), null);
  });

  it("with another key stay within the call's tries, and the budget, and leave a broken target alone", () => {
    const refused = { ...answered(429, null), otherKey: true };
    const bounded = triesOf(modelWithKeys(2), () => 1);
    bounded.first();
    assert.deepEqual(names([bounded.next(refused), bounded.next(refused)]), ["t0", null]);
    const poor = new ShareBudget({ share: 0, burst: 1 });
    const deps = { nowMs: () => 0, random: () => 0, retryBudget: poor, hedgeBudget: poor };
    const tries = new Tries(modelWithKeys(20), deps, NO_FACTS);
    tries.first();
    assert.deepEqual(names([tries.next(refused), tries.next(refused)]), ["t0", null]);
    const model = modelWithKeys(20);
    const broken = triesOf(model, () => 1);
    broken.first();
    const [{ health }] = model.targets;
    health.apply(0, { key: health.key, kind: "open", forMs: 5_000 });
    assert.equal(broken.next(refused), null);
  });

  it("end with a failure of our own", () => {
    const tries = triesOf(modelWith(2, 2), () => 1);
    tries.first();
    assert.equal(tries.next(failed("internal_error")), null);
    assert.equal(tries.next(failed("upstream_total_timeout")), null);
  });

  it("end with a status that another try would not help", () => {
    const tries = triesOf(modelWith(3, 3), () => 1);
    tries.first();
    assert.equal(tries.next(answered(400, null)), null);
    assert.equal(tries.count, 1);
  });

  it("never are more than attempts times targets, keep the order and the bounds of every wait", () => {
    const failure = fc.tuple(
      fc.constantFrom(429, 503),
      fc.option(fc.integer({ min: 0, max: 5000 }), { nil: null }),
    );
    const random = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.tuple(failure, random), { minLength: 25, maxLength: 25 }),
        (targets, attempts, steps) => {
          const model = modelWith(targets, attempts);
          let chance = 0;
          const tries = triesOf(model, () => chance);
          const indexOf = (target: Target | null): number =>
            target === null ? -1 : model.targets.indexOf(target);
          const order = [indexOf(tries.first())];
          for (const [[status, retryAfterMs], drawn] of steps) {
            chance = drawn;
            const next = tries.next(answered(status, retryAfterMs));
            if (next === null) break;
            order.push(indexOf(next.target));
            assert.ok(next.delayMs >= 0 && next.delayMs <= RETRY_AFTER_CAP_MS);
            if (order.at(-1) === order.at(-2)) assert.ok(next.delayMs >= (retryAfterMs ?? 0));
          }
          assert.equal(tries.count, order.length);
          assert.ok(order.length <= targets * attempts);
          assert.deepEqual(order, [...order].sort(), "a target that was left is not asked again");
          for (let i = 0; i < targets; i++) {
            assert.ok(order.filter((target) => target === i).length <= attempts);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it("go to a target whose circuit is open when there is no other, one call at a time and not at once", () => {
    const model = modelWith(2, 1);
    let nowMs = 0;
    const begin = (): Tries => {
      const budget = new ShareBudget({ share: 1, burst: 100 });
      const deps = { nowMs: () => nowMs, random: () => 0.5, retryBudget: budget, hedgeBudget: budget };
      return new Tries(model, deps, NO_FACTS);
    };
    for (const { health } of model.targets) {
      for (let calls = 0; calls < 5; calls++) {
        health.onEnded(0, { mark: health.onSent(0, 0), outcome: "failed", retryAfterMs: null });
      }
    }
    assert.equal(begin().first(), null);
    nowMs = 1_250;
    const early = begin().first();
    assert.equal(early?.model, "t0");
    assert.equal(begin().first()?.model, "t1");
    assert.equal(begin().first(), null);
    const mark = early?.health.onSent(nowMs, 0) ?? 0;
    early?.health.onFirstByte(nowMs, 1, mark);
    assert.equal(begin().first()?.model, "t0", "it is back long before its time");
  });

  it("do not go early to a target that asked to be left alone", () => {
    const model = modelWith(1, 1);
    const [{ health }] = model.targets;
    for (let calls = 0; calls < 5; calls++) {
      health.onEnded(0, { mark: health.onSent(0, 0), outcome: "failed", retryAfterMs: 60_000 });
    }
    assert.deepEqual([health.mayAskEarly(2_000), health.mayAskEarly(60_001)], [false, false]);
  });
});
