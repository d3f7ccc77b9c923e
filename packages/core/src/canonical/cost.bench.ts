import assert from "node:assert/strict";
import { type MicroBench, microBench } from "../testing/micro-bench.ts";
import { SAMPLE_USAGE } from "../testing/sample-usage.ts";
import { costUsd, type Price, usdText } from "./cost.ts";
import { usageFromOpenAi } from "./usage.ts";

const RATES = {
  input: 2_500_000,
  cacheRead: 1_250_000,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  output: 10_000_000,
  reasoning: 10_000_000,
};
const PRICE: Price = {
  origin: "catalogue",
  rates: RATES,
  tiers: [{ aboveInputTokens: 200_000, rates: { ...RATES, input: 5_000_000 } }],
  units: {},
  contextWindowTokens: 128_000,
  maxOutputTokens: 16_384,
};
const REPORTED = {
  prompt_tokens: 1_200,
  completion_tokens: 340,
  total_tokens: 1_540,
  prompt_tokens_details: { cached_tokens: 1_024, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 64, audio_tokens: 0 },
};

export const benches: readonly MicroBench[] = [
  microBench("usage as OpenAI reports it, read", () => ({
    run: () => usageFromOpenAi(REPORTED),
    check: (usage) => assert.deepEqual(usage, SAMPLE_USAGE),
  })),
  microBench("what a call cost", () => ({
    run: () => costUsd(SAMPLE_USAGE, PRICE),
    check: (usd) => assert.equal(usd, 0.00512),
  })),
  microBench("an amount for a header", () => ({
    run: () => usdText(0.00512),
    check: (text) => assert.equal(text, "0.00512"),
  })),
];
