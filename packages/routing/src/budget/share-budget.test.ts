import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ShareBudget } from "./share-budget.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

function takeAll(budget: ShareBudget): number {
  let taken = 0;
  while (budget.take()) taken += 1;
  return taken;
}

test("share budget: starts full and holds no more than its burst", () => {
  const budget = new ShareBudget({ share: 0.5, burst: 3 });
  assert.equal(budget.available, 3);
  for (let call = 0; call < 100; call += 1) budget.deposit();
  assert.equal(takeAll(budget), 3);
  assert.equal(budget.take(), false);
});

for (const [share, calls, extra] of [
  [0.1, 10, 1],
  [0.2, 4, 0],
  [0.2, 5, 1],
  [0.29, 100, 29],
  [0.7, 10, 7],
  [1, 3, 3],
  [0, 1_000, 0],
] as const) {
  test(`share budget: ${calls} calls earn ${extra} tries at a share of ${share}`, () => {
    const budget = new ShareBudget({ share, burst: 1_000 });
    takeAll(budget);
    for (let call = 0; call < calls; call += 1) budget.deposit();
    assert.equal(takeAll(budget), extra);
  });
}

test("share budget: with every call failing, retries settle at the share", () => {
  const budget = new ShareBudget({ share: 0.2, burst: 500 });
  let taken = 0;
  for (let call = 0; call < 100_000; call += 1) {
    budget.deposit();
    if (budget.take()) taken += 1;
  }
  // One call passes while the budget is full, so that its deposit is not held.
  assert.ok(taken >= 20_499 && taken <= 20_500, `${taken}`);
});

test("share budget: changed options keep what was saved, up to the new burst", () => {
  const budget = new ShareBudget({ share: 0.1, burst: 20 });
  budget.configure({ share: 0.1, burst: 5 });
  assert.equal(budget.available, 5);
  budget.configure({ share: 0.1, burst: 50 });
  assert.equal(budget.available, 5);
});

test("share budget: extra tries never pass share × calls + burst", (context) => {
  context.diagnostic(`fast-check seed ${seed}`);
  const options = fc.record({
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    burst: fc.double({ min: 0, max: 20, noNaN: true }),
  });
  const steps = fc.array(fc.constantFrom("call", "call", "extra"), { maxLength: 400 });
  fc.assert(
    fc.property(options, steps, ({ share, burst }, sequence) => {
      const budget = new ShareBudget({ share, burst });
      let calls = 0;
      let extra = 0;
      for (const step of sequence) {
        if (step === "call") {
          calls += 1;
          budget.deposit();
        } else if (budget.take()) extra += 1;
        assert.ok(extra <= share * calls + burst + 1e-6, `${extra} of ${calls}`);
      }
    }),
    { seed, numRuns: 300 },
  );
});

test("share budget: a try that was earned is given", (context) => {
  context.diagnostic(`fast-check seed ${seed}`);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.nat(1_000), (percent, calls) => {
      const budget = new ShareBudget({ share: percent / 100, burst: 2_000 });
      takeAll(budget);
      for (let call = 0; call < calls; call += 1) budget.deposit();
      assert.equal(takeAll(budget), Math.floor((percent * calls) / 100));
    }),
    { seed, numRuns: 200 },
  );
});
