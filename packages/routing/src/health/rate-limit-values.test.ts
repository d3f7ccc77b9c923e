import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readCount, readResetMs } from "./rate-limit-values.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);
/** 2026-01-01T00:00:00Z. */
const NOW = 1_767_225_600_000;
/** Longer ones are told by their beginning. */
const SHOWN = 50;

for (const [text, count] of [
  ["0", 0],
  ["4999", 4_999],
  ["59.5", 59.5],
  ["100, 100;w=60", 100],
  ["100;w=60", 100],
  ["999999999999999", 999_999_999_999_999],
  ["", -1],
  ["-1", -1],
  ["+1", -1],
  [" 1", -1],
  ["1e9", -1],
  ["0x10", -1],
  ["12ms", -1],
  ["1.", -1],
  [".5", -1],
  ["NaN", -1],
  ["Infinity", -1],
  ["9999999999999999", -1],
  ["9".repeat(100_000), -1],
] as const) {
  test(`count: ${JSON.stringify(text.slice(0, SHOWN))} is ${count}`, () => {
    assert.equal(readCount(text), count);
  });
}

for (const [text, resetMs] of [
  ["1s", 1_000],
  ["6m0s", 360_000],
  ["120ms", 120],
  ["7.66s", 7_660],
  ["2m59.56s", 179_560],
  ["1h2m3.5s", 3_723_500],
  ["1d", 86_400_000],
  ["500µs", 0.5],
  ["0s", 0],
  ["0", 0],
  ["55", 55_000],
  ["11.382867097854614", 11_382.867_097_854_614],
  ["33011.382867097855", 33_011_382.867_097_855],
  ["1767225630", 30_000],
  ["1767225630000", 30_000],
  ["1767225570", 0],
  ["1767225570000", 0],
  ["2026-01-01T00:00:30Z", 30_000],
  ["2026-01-01T01:00:30+01:00", 30_000],
  ["2026-01-31T23:59:59Z", 31 * 86_400_000 - 1_000],
  ["2026-01-01T00:00:30.5Z", 30_500],
  ["2025-12-31T23:59:59Z", 0],
  ["", -1],
  ["-1", -1],
  ["soon", -1],
  ["s", -1],
  ["5 s", -1],
  ["5x", -1],
  ["1s2", -1],
  ["1.2.3s", -1],
  ["1e3s", -1],
  ["2026-99-99T00:00:00Z", -1],
  ["2026-00-01T00:00:00Z", -1],
  ["2026-01-01 00:00:30Z", -1],
  ["2026-01-0aT00:00:30Z", -1],
  ["2026-01-01T00:00:3:Z", -1],
  ["2026-01-01T00:00:30+", -1],
  ["9999999999999999", -1],
  [`${"9".repeat(39)}s`, -1],
  ["1m".repeat(100_000), -1],
] as const) {
  test(`reset: ${JSON.stringify(text.slice(0, SHOWN))} is ${resetMs} ms away`, () => {
    assert.ok(Math.abs(readResetMs(text, NOW) - resetMs) < 1e-6, `${readResetMs(text, NOW)}`);
  });
}

test("rate-limit values: durations written as Go writes them are read back", (context) => {
  context.diagnostic(`fast-check seed ${seed}`);
  fc.assert(
    fc.property(fc.nat(99), fc.nat(59), fc.nat(59_999), (hours, minutes, millis) => {
      const text = `${hours}h${minutes}m${millis / 1_000}s`;
      const expected = hours * 3_600_000 + minutes * 60_000 + millis;
      assert.ok(Math.abs(readResetMs(text, NOW) - expected) < 1e-3, text);
    }),
    { seed, numRuns: 300 },
  );
});

test("rate-limit values: dates in whole seconds are read as Date.parse reads them", (context) => {
  context.diagnostic(`fast-check seed ${seed}`);
  const date = fc.date({ min: new Date(NOW), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true });
  fc.assert(
    fc.property(date, (one) => {
      const text = `${one.toISOString().slice(0, 19)}Z`;
      assert.equal(readResetMs(text, NOW), Date.parse(text) - NOW);
    }),
    { seed, numRuns: 500 },
  );
});

test("rate-limit values: whatever the text, a number that is -1 or more, and no error", (context) => {
  context.diagnostic(`fast-check seed ${seed}`);
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.constantFrom(..."0159.-:+TZsmhdµ,; ") }),
  );
  fc.assert(
    fc.property(texts, (text) => {
      for (const value of [readCount(text), readResetMs(text, NOW)])
        assert.ok(value === -1 || value >= 0, text);
    }),
    { seed, numRuns: 2_000 },
  );
});
