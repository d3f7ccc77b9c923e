import assert from "node:assert/strict";
import { test } from "node:test";
import type { Price, TokenRates } from "@headrace/core/canonical/cost";
import fc from "fast-check";
import { readPriceLine, writePriceLine } from "./price-line.ts";

const SEED = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

const rate = fc.integer({ min: 0, max: 1e9 });
const rates: fc.Arbitrary<TokenRates> = fc.record({
  input: rate,
  cacheRead: rate,
  cacheWrite5m: rate,
  cacheWrite1h: rate,
  output: rate,
  reasoning: rate,
});
const tokens = fc.option(fc.integer({ min: 1, max: 1e7 }));
const unit = fc.integer({ min: 0, max: 1e12 });

const price: fc.Arbitrary<Price> = fc.record({
  origin: fc.constant("catalogue" as const),
  rates: fc.option(rates),
  tiers: fc.array(fc.record({ aboveInputTokens: fc.integer({ min: 1, max: 1e7 }), rates }), { maxLength: 3 }),
  units: fc.record(
    {
      audioInputToken: rate,
      audioOutputToken: rate,
      imageInputToken: rate,
      request: unit,
      query: unit,
      second: unit,
      character: unit,
      image: unit,
    },
    { requiredKeys: [] },
  ),
  contextWindowTokens: tokens,
  maxOutputTokens: tokens,
});

test("a price is read back from its line as it was", () => {
  fc.assert(
    fc.property(price, (written) => {
      const read = readPriceLine(writePriceLine(written));
      assert.deepEqual(read, structuredClone(written));
    }),
    { seed: SEED },
  );
});

test("reads every part of a line", () => {
  const line = "3 15 r0.3 w3.75 h6 t20 a4 x200000 o64000 >200000 6 22.5 r0.6 w7.5 h12";
  assert.deepEqual(readPriceLine(line), {
    origin: "catalogue",
    rates: {
      input: 3_000_000,
      cacheRead: 300_000,
      cacheWrite5m: 3_750_000,
      cacheWrite1h: 6_000_000,
      output: 15_000_000,
      reasoning: 20_000_000,
    },
    tiers: [
      {
        aboveInputTokens: 200_000,
        rates: {
          input: 6_000_000,
          cacheRead: 600_000,
          cacheWrite5m: 7_500_000,
          cacheWrite1h: 12_000_000,
          output: 22_500_000,
          reasoning: 22_500_000,
        },
      },
    ],
    units: { audioInputToken: 4_000_000 },
    contextWindowTokens: 200_000,
    maxOutputTokens: 64_000,
  });
});

test("what a line leaves out goes as input, output, or the shorter write", () => {
  assert.deepEqual(readPriceLine("2 8 w2.5").rates, {
    input: 2_000_000,
    cacheRead: 2_000_000,
    cacheWrite5m: 2_500_000,
    cacheWrite1h: 2_500_000,
    output: 8_000_000,
    reasoning: 8_000_000,
  });
});

test("reads a price that does not go by tokens", () => {
  assert.deepEqual(readPriceLine("- - q0.002"), {
    origin: "catalogue",
    rates: null,
    tiers: [],
    units: { query: 2e9 },
    contextWindowTokens: null,
    maxOutputTokens: null,
  });
});

for (const line of [
  "",
  "3",
  "3 x",
  "3 -1",
  "- 3",
  "3 15 z1",
  "3 15 r",
  "3 15 >",
  "3 15 >100",
  "3 15 >100 - -",
  "3 15 >100 1 2 x5",
]) {
  test(`refuses the line "${line}"`, () => {
    assert.throws(() => readPriceLine(line));
  });
}
