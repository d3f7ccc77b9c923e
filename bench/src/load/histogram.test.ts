import assert from "node:assert/strict";
import { test } from "node:test";
import { createHistogram, encodeHistogram, mergeHistograms, recordMs, summarise } from "./histogram.ts";

function nearly(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) <= expected * 0.002, `${actual} is not within 0.2 % of ${expected}`);
}

test("percentiles of a known distribution are within the promised precision", () => {
  const histogram = createHistogram();
  for (let i = 1; i <= 10_000; i++) recordMs(histogram, i / 10);
  const summary = summarise(histogram);
  assert.equal(summary.count, 10_000);
  nearly(summary.p50Ms, 500);
  nearly(summary.p95Ms, 950);
  nearly(summary.p99Ms, 990);
  nearly(summary.p999Ms, 999);
  nearly(summary.maxMs, 1000);
  nearly(summary.meanMs, 500.05);
});

test("sub-millisecond values keep microsecond resolution", () => {
  const histogram = createHistogram();
  for (let us = 1; us <= 1000; us++) recordMs(histogram, us / 1000);
  nearly(summarise(histogram).p50Ms, 0.5);
});

test("a value outside the range is clamped and still counted", () => {
  const histogram = createHistogram();
  recordMs(histogram, 0);
  recordMs(histogram, 1e9);
  const summary = summarise(histogram);
  assert.equal(summary.count, 2);
  nearly(summary.maxMs, 600_000);
});

test("merging encoded histograms equals recording into one", () => {
  const parts = [createHistogram(), createHistogram()];
  const whole = createHistogram();
  for (let i = 1; i <= 2000; i++) {
    const part = parts[i % 2];
    assert.ok(part);
    recordMs(part, i);
    recordMs(whole, i);
  }
  assert.deepEqual(summarise(mergeHistograms(parts.map(encodeHistogram))), summarise(whole));
});

test("an empty histogram summarises to zeros", () => {
  assert.deepEqual(summarise(createHistogram()), {
    count: 0,
    meanMs: 0,
    p50Ms: 0,
    p95Ms: 0,
    p99Ms: 0,
    p999Ms: 0,
    maxMs: 0,
  });
});
