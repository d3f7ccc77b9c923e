import assert from "node:assert/strict";
import { test } from "node:test";
import { costUsd, type Price } from "@headrace/core/canonical/cost";
import { usageFromOpenAi } from "@headrace/core/canonical/usage";
import { type ConfigPrices, type PricedTarget, priceOf } from "./price-of.ts";

const HOUSE: PricedTarget = {
  adapterId: "openai-compatible",
  provider: "vllm-a",
  providerModel: "qwen3",
  model: "house-model",
};
const GPT_4O: PricedTarget = {
  adapterId: "openai",
  provider: "openai-eu",
  providerModel: "gpt-4o",
  model: "chat",
};

function inputUsdPerMillion(price: Price | null): number | null {
  return price?.rates == null ? null : price.rates.input / 1e6;
}

test("without a word in the config the catalogue tells", () => {
  const price = priceOf(GPT_4O, {});
  assert.equal(price?.origin, "catalogue");
  assert.equal(inputUsdPerMillion(price), 2.5);
});

test("a model that nobody has priced has no price, which is not 0", () => {
  assert.equal(priceOf(HOUSE, {}), null);
  assert.equal(priceOf({ ...GPT_4O, providerModel: "gpt-4o-nobody-knows" }, {}), null);
});

test("the config goes before the catalogue, and the closest name before a wider one", () => {
  const prices: ConfigPrices = {
    chat: { inputUsdPerMillion: 3, outputUsdPerMillion: 3 },
    "gpt-4o": { inputUsdPerMillion: 2, outputUsdPerMillion: 2 },
    "openai-eu/gpt-4o": { inputUsdPerMillion: 1, outputUsdPerMillion: 1 },
  };
  assert.equal(inputUsdPerMillion(priceOf(GPT_4O, prices)), 1);
  assert.equal(inputUsdPerMillion(priceOf({ ...GPT_4O, provider: "other" }, prices)), 2);
  assert.equal(inputUsdPerMillion(priceOf({ ...GPT_4O, providerModel: "gpt-4.1" }, prices)), 3);
  assert.equal(priceOf(GPT_4O, prices)?.origin, "config");
});

test("a price of the config stands alone, but for what the catalogue knows of the model's limits", () => {
  const price = priceOf(GPT_4O, { "gpt-4o": { inputUsdPerMillion: 2, outputUsdPerMillion: 8 } });
  assert.deepEqual(price, {
    origin: "config",
    rates: {
      input: 2_000_000,
      cacheRead: 2_000_000,
      cacheWrite5m: 2_000_000,
      cacheWrite1h: 2_000_000,
      output: 8_000_000,
      reasoning: 8_000_000,
    },
    tiers: [],
    units: {},
    contextWindowTokens: 128_000,
    maxOutputTokens: 16_384,
  });
});

test("takes each price of the config for what it is named", () => {
  const prices: ConfigPrices = {
    qwen3: {
      inputUsdPerMillion: 0.4,
      cachedInputUsdPerMillion: 0.1,
      cacheWriteUsdPerMillion: 0.5,
      cacheWrite1hUsdPerMillion: 0.8,
      outputUsdPerMillion: 1.2,
    },
  };
  assert.deepEqual(priceOf(HOUSE, prices)?.rates, {
    input: 400_000,
    cacheRead: 100_000,
    cacheWrite5m: 500_000,
    cacheWrite1h: 800_000,
    output: 1_200_000,
    reasoning: 1_200_000,
  });
});

test("free is what the config says costs 0, the mock, and OpenRouter's free variants", () => {
  const free = [
    priceOf(HOUSE, { qwen3: { inputUsdPerMillion: 0, outputUsdPerMillion: 0 } }),
    priceOf({ ...HOUSE, adapterId: "mock" }, {}),
    priceOf({ ...HOUSE, adapterId: "openrouter", providerModel: "new-vendor/new-model:free" }, {}),
  ];
  for (const price of free) assert.equal(inputUsdPerMillion(price), 0);
  assert.equal(priceOf({ ...HOUSE, adapterId: "together", providerModel: "a/b:free" }, {}), null);
});

test("names that every object has are no prices", () => {
  for (const name of ["constructor", "__proto__", "toString"]) {
    const target = { adapterId: name, provider: name, providerModel: name, model: name };
    assert.equal(priceOf(target, {}), null);
  }
});

test("a call to a catalogued model comes to what its provider's list says", () => {
  const usage = usageFromOpenAi({
    prompt_tokens: 12_000,
    completion_tokens: 900,
    prompt_tokens_details: { cached_tokens: 10_000 },
    completion_tokens_details: { reasoning_tokens: 600 },
  });
  const price = priceOf({ ...GPT_4O, providerModel: "gpt-5-mini" }, {});
  assert.ok(price !== null);
  // 2,000 × 0.25 + 10,000 × 0.025 + 900 × 2, in millionths
  assert.equal(costUsd(usage, price), 0.00255);
});
