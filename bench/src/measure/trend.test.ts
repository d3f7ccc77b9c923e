import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "./statistics.ts";
import { lowerEnvelope, type Point, theilSen } from "./trend.ts";

const SECONDS = 1500;

/** A heap that fills and is collected every 7 s, over a level that grows. */
function sawtooth(growthPerS: number, noise: number): Point[] {
  const random = seededRandom(7);
  return Array.from({ length: SECONDS }, (_, atS) => {
    return { atS, value: 80 + growthPerS * atS + (atS % 7) * 3 + random() * noise };
  });
}

test("the envelope is what the collector leaves", () => {
  const envelope = lowerEnvelope(sawtooth(0, 0), 30);
  assert.equal(envelope.length, SECONDS / 30);
  assert.ok(envelope.every(({ value }) => value === 80));
});

test("a slope is found under sawtooth and noise, and its interval holds it", () => {
  for (const growth of [0, 1 / 600, 5 / 600]) {
    const { slope, low, high, intercept } = theilSen(lowerEnvelope(sawtooth(growth, 2), 30));
    assert.ok(Math.abs(slope - growth) < 0.2 / 600, `${slope * 600} for ${growth * 600}`);
    assert.ok(low <= slope && slope <= high && high - low < 0.5 / 600);
    assert.ok(Math.abs(intercept - 80) < 1);
  }
});

test("a few readings far off do not turn the line", () => {
  const points = lowerEnvelope(sawtooth(0, 1), 30);
  const spoilt = points.map((point, i) => (i > points.length - 6 ? { ...point, value: 500 } : point));
  assert.ok(Math.abs(theilSen(spoilt).slope * 600) < 0.3);
});

test("too few points say nothing for sure", () => {
  const trend = theilSen([
    { atS: 0, value: 1 },
    { atS: 2, value: 5 },
  ]);
  assert.deepEqual(trend, {
    slope: 2,
    intercept: 1,
    low: Number.NEGATIVE_INFINITY,
    high: Number.POSITIVE_INFINITY,
  });
  assert.ok(Number.isNaN(theilSen([{ atS: 0, value: 1 }]).slope));
});
