import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  blendedUsdPerMillion,
  costPicoUsd,
  costUsd,
  type Price,
  type TokenRates,
  type UnitRates,
  usdText,
} from "./cost.ts";
import { type TokenUsage, usageFromOpenAi } from "./usage.ts";

const SEED = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

const COUNTS = [
  "uncachedInput",
  "cacheReadInput",
  "cacheWrite5mInput",
  "cacheWrite1hInput",
  "visibleOutput",
  "reasoningOutput",
] as const satisfies readonly (keyof TokenUsage)[];

const NOTHING: TokenUsage = {
  uncachedInput: 0,
  cacheReadInput: 0,
  cacheWrite5mInput: 0,
  cacheWrite1hInput: 0,
  visibleOutput: 0,
  reasoningOutput: 0,
};

/** Of USD for a million tokens. */
function rates(perMillion: Partial<TokenRates> & { input: number; output: number }): TokenRates {
  const { input, output } = perMillion;
  return {
    input: Math.round(input * 1e6),
    cacheRead: Math.round((perMillion.cacheRead ?? input) * 1e6),
    cacheWrite5m: Math.round((perMillion.cacheWrite5m ?? input) * 1e6),
    cacheWrite1h: Math.round((perMillion.cacheWrite1h ?? input) * 1e6),
    output: Math.round(output * 1e6),
    reasoning: Math.round((perMillion.reasoning ?? output) * 1e6),
  };
}

function price(base: TokenRates | null, more: Partial<Price> = {}): Price {
  return {
    origin: "catalogue",
    rates: base,
    tiers: [],
    units: {},
    contextWindowTokens: null,
    maxOutputTokens: null,
    ...more,
  };
}

const SONNET = rates({ input: 3, cacheRead: 0.3, cacheWrite5m: 3.75, cacheWrite1h: 6, output: 15 });

test("prices each count of a call at its own rate", () => {
  const usage: TokenUsage = {
    uncachedInput: 1_000,
    cacheReadInput: 20_000,
    cacheWrite5mInput: 3_000,
    cacheWrite1hInput: 400,
    visibleOutput: 500,
    reasoningOutput: 100,
  };
  // 0.003 + 0.006 + 0.01125 + 0.0024 + 0.0075 + 0.0015
  assert.equal(costUsd(usage, price(SONNET)), 0.03165);
});

test("prices an answer's own usage object, cached and reasoning parts counted once", () => {
  const usage = usageFromOpenAi({
    prompt_tokens: 2_006,
    completion_tokens: 300,
    total_tokens: 2_306,
    prompt_tokens_details: { cached_tokens: 1_920, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 192, audio_tokens: 0 },
  });
  const gpt4o = price(rates({ input: 2.5, cacheRead: 1.25, output: 10 }));
  // 86 × 2.5 + 1,920 × 1.25 + 300 × 10, in millionths
  assert.equal(costUsd(usage, gpt4o), 0.005615);
});

test("reasoning has its own rate where the price names one", () => {
  const usage = { ...NOTHING, visibleOutput: 1_000, reasoningOutput: 1_000 };
  assert.equal(costUsd(usage, price(rates({ input: 0.4, output: 1.2, reasoning: 4 }))), 0.0052);
});

test("a tier prices the whole call once its input is longer, cached input included", () => {
  const tiered = price(rates({ input: 1.25, output: 10 }), {
    tiers: [
      { aboveInputTokens: 200_000, rates: rates({ input: 2.5, output: 15 }) },
      { aboveInputTokens: 500_000, rates: rates({ input: 5, output: 30 }) },
    ],
  });
  assert.equal(costUsd({ ...NOTHING, uncachedInput: 200_000, visibleOutput: 100 }, tiered), 0.251);
  assert.equal(costUsd({ ...NOTHING, uncachedInput: 200_001, visibleOutput: 100 }, tiered), 0.5015025);
  const cached = { ...NOTHING, uncachedInput: 1, cacheReadInput: 600_000, visibleOutput: 100 };
  assert.equal(costUsd(cached, tiered), 3.003005);
});

const UNIT_CASES: readonly {
  name: string;
  units: UnitRates;
  counts: Parameters<typeof costUsd>[2];
  usd: number | null;
}[] = [
  { name: "searches", units: { query: 2e9 }, counts: { queries: 3 }, usd: 0.006 },
  { name: "seconds", units: { second: 1e8 }, counts: { seconds: 12.34 }, usd: 0.001234 },
  { name: "characters", units: { character: 15e6 }, counts: { characters: 1_000 }, usd: 0.015 },
  { name: "pictures", units: { image: 4e10 }, counts: { images: 2 }, usd: 0.08 },
  {
    name: "seconds and a flat fee",
    units: { second: 1e8, request: 1e9 },
    counts: { seconds: 10 },
    usd: 0.002,
  },
  { name: "seconds that nobody counted", units: { second: 1e8 }, counts: {}, usd: null },
  { name: "seconds by a count of something else", units: { second: 1e8 }, counts: { images: 1 }, usd: null },
  { name: "a fee beside what nobody counted", units: { second: 1e8, request: 1e9 }, counts: {}, usd: null },
];
for (const { name, units, counts, usd } of UNIT_CASES) {
  test(`prices ${name}`, () => {
    assert.equal(costUsd({ ...NOTHING, uncachedInput: 5 }, price(null, { units }), counts), usd);
  });
}

test("a price by tokens without any counts gives no cost rather than 0", () => {
  assert.equal(costUsd(null, price(SONNET)), null);
});

test("a flat fee comes on top of the tokens", () => {
  const sonar = price(rates({ input: 1, output: 1 }), { units: { request: 5e9 } });
  assert.equal(costUsd({ ...NOTHING, uncachedInput: 1_000, visibleOutput: 1_000 }, sonar), 0.007);
});

test("tokens of sound and pictures go at their own rate, and never more of them than were counted", () => {
  const audio = price(rates({ input: 2.5, output: 10 }), {
    units: { audioInputToken: 40e6, audioOutputToken: 80e6, imageInputToken: 5e6 },
  });
  const usage = { ...NOTHING, uncachedInput: 150, visibleOutput: 60 };
  // 100 × 40 + 20 × 5 + 30 × 2.5 and 50 × 80 + 10 × 10, in millionths
  const counts = { audioInputTokens: 100, imageInputTokens: 20, audioOutputTokens: 50 };
  assert.equal(costUsd(usage, audio, counts), 0.008275);
  const tooMany = { audioInputTokens: 1_000, imageInputTokens: 1_000, audioOutputTokens: 1_000 };
  assert.equal(costUsd(usage, audio, tooMany), 0.0108);
});

const count = fc.integer({ min: 0, max: 2_000_000 });
const rate = fc.integer({ min: 0, max: 200_000_000 });
const anyUsage = fc.record(Object.fromEntries(COUNTS.map((name) => [name, count]))).map((counts) => ({
  ...NOTHING,
  ...counts,
}));
const anyRates: fc.Arbitrary<TokenRates> = fc.record({
  input: rate,
  cacheRead: rate,
  cacheWrite5m: rate,
  cacheWrite1h: rate,
  output: rate,
  reasoning: rate,
});

function scaled(base: TokenRates, by: number): TokenRates {
  const { input, cacheRead, cacheWrite5m, cacheWrite1h, output, reasoning } = base;
  return {
    input: input * by,
    cacheRead: cacheRead * by,
    cacheWrite5m: cacheWrite5m * by,
    cacheWrite1h: cacheWrite1h * by,
    output: output * by,
    reasoning: reasoning * by,
  };
}

test("the cost of two calls is the sum of their costs, to the last digit", () => {
  fc.assert(
    fc.property(anyUsage, anyUsage, anyRates, (one, other, base) => {
      const both = { ...NOTHING };
      for (const name of COUNTS) Object.assign(both, { [name]: one[name] + other[name] });
      const cost = (usage: TokenUsage): number => costPicoUsd(usage, price(base)) ?? Number.NaN;
      assert.equal(cost(both), cost(one) + cost(other));
    }),
    { seed: SEED },
  );
});

test("no count can grow and the cost fall, over the border of a tier too", () => {
  fc.assert(
    fc.property(anyUsage, anyRates, fc.constantFrom(...COUNTS), (usage, base, name) => {
      const tiered = price(base, { tiers: [{ aboveInputTokens: 1_000_000, rates: scaled(base, 2) }] });
      const more = { ...usage, [name]: usage[name] + 1_000 };
      const less = costPicoUsd(usage, tiered);
      const grown = costPicoUsd(more, tiered);
      assert.ok(less !== null && grown !== null && grown >= less);
    }),
    { seed: SEED },
  );
});

test("what is free costs 0, whatever was used", () => {
  fc.assert(
    fc.property(anyUsage, (usage) => {
      assert.equal(costUsd(usage, price(rates({ input: 0, output: 0 }))), 0);
    }),
    { seed: SEED },
  );
});

test("the sum equals one made of big integers", () => {
  fc.assert(
    fc.property(anyUsage, anyRates, (usage, base) => {
      const exact =
        BigInt(usage.uncachedInput) * BigInt(base.input) +
        BigInt(usage.cacheReadInput) * BigInt(base.cacheRead) +
        BigInt(usage.cacheWrite5mInput) * BigInt(base.cacheWrite5m) +
        BigInt(usage.cacheWrite1hInput) * BigInt(base.cacheWrite1h) +
        BigInt(usage.visibleOutput) * BigInt(base.output) +
        BigInt(usage.reasoningOutput) * BigInt(base.reasoning);
      assert.equal(costPicoUsd(usage, price(base)), Number(exact));
    }),
    { seed: SEED },
  );
});

test("blends three parts of input with one of output", () => {
  assert.equal(blendedUsdPerMillion(price(SONNET)), 6);
  assert.equal(blendedUsdPerMillion(price(rates({ input: 0, output: 0 }))), 0);
  assert.equal(blendedUsdPerMillion(price(null, { units: { image: 4e10 } })), null);
});

test("writes an amount in digits only", () => {
  const cases: readonly [number, string][] = [
    [0, "0"],
    [1, "1"],
    [100, "100"],
    [0.03165, "0.03165"],
    [0.0000005, "0.0000005"],
    [1e-9, "0.000000001"],
    [1e-12, "0.000000001"],
    [12.3456789012, "12.345678901"],
    [0.1 + 0.2, "0.3"],
  ];
  for (const [usd, text] of cases) assert.equal(usdText(usd), text);
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (usd) => {
      const text = usdText(usd);
      assert.match(text, /^(?:0|[1-9]\d*)(?:\.\d{1,9})?$/);
      assert.ok(Math.abs(Number(text) - usd) <= 1e-9 + usd * 1e-12);
    }),
    { seed: SEED },
  );
});
