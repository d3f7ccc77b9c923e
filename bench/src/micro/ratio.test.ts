import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { changeOf, isTooMuch, type RoundReadings } from "./ratio.ts";

/** Rounds in which the figures after are those before times these. */
function rounds(ratios: readonly number[], bytes: readonly [number, number] = [100, 100]): RoundReadings[] {
  return ratios.map((ratio, round) => {
    const beforeNs = 1_000 + round; // each round has its own weather
    return {
      before: { nsPerOp: beforeNs, undisturbedNsPerOp: beforeNs, bytesPerOp: bytes[0] },
      after: { nsPerOp: beforeNs, undisturbedNsPerOp: beforeNs * ratio, bytesPerOp: bytes[1] },
    };
  });
}

describe("the change of a bench", () => {
  it("is worse or better when its interval leaves out 1", () => {
    const slower = changeOf("a: b", rounds([1.3, 1.31, 1.29, 1.32, 1.3])).time;
    assert.equal(slower.verdict, "worse");
    assert.ok(Math.abs(slower.ratio - 1.3) < 0.005);
    assert.ok(slower.interval.low >= 1.29 - 1e-9 && slower.interval.high <= 1.32 + 1e-9);
    assert.equal(changeOf("a: b", rounds([0.7, 0.71, 0.69, 0.7])).time.verdict, "better");
  });

  it("is none when it is uncertain, or at most 5 %", () => {
    assert.equal(changeOf("a: b", rounds([0.8, 1.3, 1.2, 0.9, 1.1])).time.verdict, "no change");
    assert.equal(changeOf("a: b", rounds([1.04, 1.05, 1.04, 1.045])).time.verdict, "no change");
  });

  it("is not judged by three rounds", () => {
    assert.equal(changeOf("a: b", rounds([2, 2, 2])).time.verdict, "too few rounds");
  });

  it("counts allocations from an object on, so that nothing can be compared with nothing", () => {
    const even = [1, 1, 1, 1];
    assert.equal(changeOf("a: b", rounds(even, [0, 0])).allocated.ratio, 1);
    assert.equal(changeOf("a: b", rounds(even, [0, 64])).allocated.ratio, 2);
    assert.equal(changeOf("a: b", rounds(even, [10_000, 20_000])).allocated.verdict, "worse");
  });

  it("is too much when two fifths of what may be are certain", () => {
    const certain = changeOf("a: b", rounds([1.6, 1.55, 1.6, 1.65])).time;
    assert.ok(isTooMuch(certain, 1.5));
    assert.ok(!isTooMuch(certain, 1.7));
    const uncertain = changeOf("a: b", rounds([1.1, 1.1, 1.6, 1.6, 1.6])).time;
    assert.ok(uncertain.ratio > 1.5 && uncertain.interval.low < 1.2);
    assert.ok(!isTooMuch(uncertain, 1.5));
    assert.ok(!isTooMuch(changeOf("a: b", rounds([0.2, 0.2, 0.2, 0.2])).time, 1.5));
  });
});
