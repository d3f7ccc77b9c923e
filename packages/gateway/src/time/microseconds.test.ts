import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { microsecondsText, toMicroseconds } from "./microseconds.ts";

const SEED = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

describe("milliseconds with three decimals", () => {
  it("are written as the same number, for any time that passes", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (valueMs) => {
        const text = microsecondsText(valueMs);
        assert.match(text, /^\d+\.\d{3}$/);
        assert.equal(Number(text), toMicroseconds(valueMs));
      }),
      { seed: SEED },
    );
  });

  it("are a number in JSON whatever they are", () => {
    for (const valueMs of [-1.5, -0.25]) {
      assert.equal(JSON.parse(microsecondsText(valueMs)), toMicroseconds(valueMs));
    }
  });
});
