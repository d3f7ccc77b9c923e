import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Shedding } from "./shedding.ts";

// The same cases in every run; another seed tries others.
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20_260_101) });

const CLASSES = ["high", "normal", "low"] as const;

function after(...readings: readonly number[]): Shedding {
  const shedding = new Shedding();
  for (const reading of readings) shedding.read(reading);
  return shedding;
}

const lasting = (delay: number, readings = 100): number[] => Array.from({ length: readings }, () => delay);

const sharesOf = (shedding: Shedding): number[] => CLASSES.map((name) => shedding.shareOf(name));

describe("Shedding", () => {
  it("refuses nobody while there is time", () => {
    assert.deepEqual(sharesOf(after(...lasting(0.95))), [0, 0, 0]);
  });

  it("takes one pause for no lack of time, however long it was", () => {
    assert.deepEqual(sharesOf(after(0, 1_000)), [0, 0, 0]);
    assert.deepEqual(sharesOf(after(...lasting(0.1), Number.POSITIVE_INFINITY)), [0, 0, 0]);
  });

  it("takes two pauses close together for none either", () => {
    for (const between of [0, 1, 2, 3]) {
      const readings = [...lasting(0.2), 1_000, ...lasting(0.2, between), 1_000, ...lasting(0.2, 10)];
      for (let end = 1; end <= readings.length; end++)
        assert.deepEqual(sharesOf(after(...readings.slice(0, end))), [0, 0, 0], `${between} between`);
    }
  });

  it("sees within about a second that the delay lasts", () => {
    const readings = lasting(2.5, 10).findIndex((_, i) => after(...lasting(2.5, i + 1)).shareOf("low") > 0);
    assert.ok(readings >= 2 && readings <= 5, `${readings}`);
  });

  it("refuses low calls first, then normal ones, and high ones only far beyond", () => {
    const [atOne, atTwo, atThree, atAll] = [1.3, 2, 2.9, 4.5].map((delay) => after(...lasting(delay)));
    assert.ok(atOne !== undefined && atTwo !== undefined && atThree !== undefined && atAll !== undefined);
    assert.deepEqual([atOne.shareOf("normal"), atOne.shareOf("high")], [0, 0]);
    assert.ok(atOne.shareOf("low") > 0.2 && atOne.shareOf("low") < 0.4);
    assert.ok(atTwo.shareOf("low") > 0.99 && atTwo.shareOf("normal") > 0.3 && atTwo.shareOf("high") === 0);
    assert.ok(atThree.shareOf("normal") > 0.9 && atThree.shareOf("high") === 0);
    assert.deepEqual(sharesOf(atAll), [0.9, 1, 1]);
  });

  it("goes on until the delay is well below where it began", () => {
    const shedding = after(...lasting(1.1), ...lasting(0.9));
    assert.equal(shedding.shareOf("low"), 0.1);
    for (const reading of lasting(0.7)) shedding.read(reading);
    assert.equal(shedding.shareOf("low"), 0);
    for (const reading of lasting(0.9)) shedding.read(reading);
    assert.equal(shedding.shareOf("low"), 0);
  });

  it("forgets when it is told to", () => {
    const shedding = after(...lasting(4.5));
    shedding.reset();
    assert.deepEqual(sharesOf(shedding), [0, 0, 0]);
    assert.equal(shedding.refuses("low"), false);
  });

  it("refuses exactly the share that is due, and never more of a higher class", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 20, noNaN: true }), { maxLength: 60 }), (readings) => {
        const shedding = after(...readings);
        const [high = 0, normal = 0, low = 0] = sharesOf(shedding);
        assert.ok(0 <= high && high <= normal && normal <= low && low <= 1, `${[high, normal, low]}`);
        for (const name of CLASSES) {
          const refused = Array.from({ length: 1_000 }, () => shedding.refuses(name)).filter(Boolean).length;
          assert.ok(Math.abs(refused - 1_000 * shedding.shareOf(name)) <= 1);
        }
      }),
    );
  });
});
