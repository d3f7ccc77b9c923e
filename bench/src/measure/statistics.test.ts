import assert from "node:assert/strict";
import { test } from "node:test";
import { median, pairedInterval, quantile, unpairedInterval } from "./statistics.ts";

test("median and quantiles interpolate and do not reorder their input", () => {
  const values = [3, 1, 2, 4];
  assert.equal(median(values), 2.5);
  assert.equal(quantile(values, 0), 1);
  assert.equal(quantile(values, 1), 4);
  assert.equal(quantile([10], 0.99), 10);
  assert.deepEqual(values, [3, 1, 2, 4]);
  assert.ok(Number.isNaN(median([])));
});

test("the interval of a clear shift excludes zero and holds the shift", () => {
  const differences = [1.1, 0.9, 1.0, 1.2, 0.8, 1.05, 0.95, 1.0];
  const { low, high } = pairedInterval(differences);
  assert.ok(low > 0.8 && low <= 1 && high >= 1 && high < 1.2, `${low} to ${high}`);
});

test("the interval of pure noise holds zero", () => {
  const { low, high } = pairedInterval([-1, 0.5, 0.2, -0.4, 0.9, -0.7, 0.1, -0.2]);
  assert.ok(low < 0 && high > 0, `${low} to ${high}`);
});

test("coverage: about 95 of 100 intervals hold the true median", () => {
  // A linear congruential source: the samples must not come from the generator under test.
  let state = 12345;
  const uniform = (): number => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
  let held = 0;
  for (let trial = 0; trial < 100; trial++) {
    const sample = Array.from({ length: 30 }, () => uniform() + uniform() + uniform() - 1.5);
    const { low, high } = pairedInterval(sample, { resamples: 400, seed: trial + 1 });
    if (low <= 0 && high >= 0) held++;
  }
  assert.ok(held >= 87, `${held} of 100`);
});

test("the same seed gives the same interval, unpaired samples may differ in size", () => {
  const before = [10, 11, 12, 10.5];
  const after = [20, 21, 19];
  const interval = unpairedInterval(before, after, { seed: 7 });
  assert.deepEqual(interval, unpairedInterval(before, after, { seed: 7 }));
  assert.ok(interval.low > 6 && interval.high < 12);
});
