import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LatencyHistogram } from "./latency-histogram.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

function near(actual: number | null, expected: number): void {
  assert.ok(actual !== null && Math.abs(actual / expected - 1) <= 0.1, `${actual} is not near ${expected}`);
}

test("latency histogram: tells nothing before twenty samples", () => {
  const histogram = new LatencyHistogram();
  for (let sample = 0; sample < 19; sample += 1) histogram.record(0, 100);
  assert.equal(histogram.quantileMs(0.95), null);
  histogram.record(0, 100);
  near(histogram.quantileMs(0.95), 100);
});

test("latency histogram: finds the slow tail", () => {
  const histogram = new LatencyHistogram();
  for (let sample = 0; sample < 200; sample += 1) histogram.record(0, sample % 10 === 0 ? 4_000 : 100);
  near(histogram.quantileMs(0.5), 100);
  near(histogram.quantileMs(0.89), 100);
  near(histogram.quantileMs(0.95), 4_000);
});

test("latency histogram: follows a change within a few hundred samples", () => {
  const histogram = new LatencyHistogram();
  for (let sample = 0; sample < 10_000; sample += 1) histogram.record(sample, 100);
  for (let sample = 0; sample < 400; sample += 1) histogram.record(10_000 + sample, 1_000);
  near(histogram.quantileMs(0.5), 1_000);
});

test("latency histogram: samples lose half their weight in five minutes, so that old ones tell nothing", () => {
  const histogram = new LatencyHistogram();
  for (let sample = 0; sample < 200; sample += 1) histogram.record(0, 100);
  histogram.record(4 * 300_000, 100);
  assert.equal(histogram.quantileMs(0.5), null);
});

test("latency histogram: takes any duration", () => {
  for (const tookMs of [0, -5, Number.NaN, 0.1, 1, 131_072, 1e12, Number.POSITIVE_INFINITY]) {
    const histogram = new LatencyHistogram();
    for (let sample = 0; sample < 20; sample += 1) histogram.record(0, tookMs);
    const median = histogram.quantileMs(0.5);
    assert.ok(median !== null && median >= 1 && median <= 131_072, `${tookMs}: ${median}`);
  }
});

test("latency histogram: quantiles are within 10 % of the exact ones, and in order", (context) => {
  context.diagnostic(`fast-check seed ${seed}`);
  const samples = fc.array(fc.double({ min: 1, max: 100_000, noNaN: true }), {
    minLength: 20,
    maxLength: 250,
  });
  fc.assert(
    fc.property(samples, fc.double({ min: 0.01, max: 1, noNaN: true }), (taken, share) => {
      const histogram = new LatencyHistogram();
      for (const tookMs of taken) histogram.record(0, tookMs);
      const sorted = taken.toSorted((a, b) => a - b);
      const exactMs = sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
      near(histogram.quantileMs(share), exactMs);
      assert.ok((histogram.quantileMs(share / 2) ?? 0) <= (histogram.quantileMs(share) ?? 0));
    }),
    { seed, numRuns: 200 },
  );
});
