import assert from "node:assert/strict";
import { test } from "node:test";
import { ADAPTERS } from "../registry.ts";
import { cataloguedModels, cataloguePrice } from "./catalogue.ts";
import { CATALOGUE } from "./data/catalogue.ts";
import { readPriceLine, writePriceLine } from "./price-line.ts";

/** Input and output in USD for a million tokens, as the provider's own list has them; null = not to be found. */
type NamedPrice = readonly [
  adapterId: string,
  model: string,
  price: readonly [input: number, output: number] | null,
];

const NAMES: readonly NamedPrice[] = [
  ["openai", "gpt-4o", [2.5, 10]],
  ["openai", "GPT-4o", [2.5, 10]],
  ["openai", "gpt-4o-2024-08-06", [2.5, 10]],
  ["openai", "gpt-4o-2024-05-13", [5, 15]],
  // Its snapshots differ, so that a new one may cost either.
  ["openai", "gpt-4o-2031-01-01", null],
  ["openai", "gpt-4o-mini", [0.15, 0.6]],
  ["openai", "gpt-4.1-mini-2025-04-14", [0.4, 1.6]],
  ["openai", "gpt-4.1-mini-2031-01-01", [0.4, 1.6]],
  ["openai", "gpt-4.1-mini-high", null],
  ["openai", "gpt-5", [1.25, 10]],
  ["openai", "gpt-5-turbo", null],
  ["openai", "o3-mini", [1.1, 4.4]],
  ["openai", "ft:gpt-4o-mini-2024-07-18", [0.3, 1.2]],
  ["openai", "ft:gpt-4o-mini-2024-07-18:my-org::7p4lURel", [0.3, 1.2]],
  ["openai", "ft:gpt-99:my-org::7p4lURel", null],
  ["openai", "text-embedding-3-small", [0.02, 0]],
  ["openai", "openai/gpt-4o", null],
  ["openai", "claude-sonnet-4-5", null],
  ["openai", "gpt", null],
  ["openai", "", null],
  ["openai", "gpt-4o 2.5", null],
  ["openai", "gpt-4o 2.5 10\nx", null],
  ["azure-openai", "gpt-4o", [2.5, 10]],
  ["azure-openai", "my-deployment", null],
  ["azure-openai", "eu/gpt-4o", null],
  ["azure-openai", "model-router", null],
  ["anthropic", "claude-sonnet-4-5", [3, 15]],
  ["anthropic", "claude-sonnet-4-5-20250929", [3, 15]],
  ["anthropic", "claude-sonnet-4-5-latest", [3, 15]],
  ["anthropic", "claude-sonnet-4-5-20310101", [3, 15]],
  ["anthropic", "claude-haiku-4-5", [1, 5]],
  ["anthropic", "claude-opus-4-5", [5, 25]],
  ["anthropic", "claude-sonnet", null],
  ["bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0", [3, 15]],
  ["bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", [3.3, 16.5]],
  ["bedrock", "eu.anthropic.claude-sonnet-4-5-20250929-v1:0", [3.3, 16.5]],
  ["bedrock", "global.anthropic.claude-sonnet-4-5-20250929-v1:0", [3, 15]],
  // What is listed of it costs 3 or 3.3, so that another geography may cost either.
  ["bedrock", "ca.anthropic.claude-sonnet-4-5-20250929-v1:0", null],
  ["bedrock", "amazon.nova-pro-v1:0:24k", [0.8, 3.2]],
  [
    "bedrock",
    "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    [3.3, 16.5],
  ],
  ["bedrock", "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0", [0.8, 3.2]],
  ["bedrock", "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3", null],
  ["bedrock", "amazon.nova-lite-v1:0", [0.06, 0.24]],
  ["gemini", "gemini-2.5-flash", [0.3, 2.5]],
  ["gemini", "models/gemini-2.5-pro", [1.25, 10]],
  ["gemini", "tunedModels/gemini-2.5-pro", null],
  ["gemini", "claude-sonnet-4-5", null],
  ["vertex", "gemini-2.5-pro", [1.25, 10]],
  ["vertex", "google/gemini-2.5-pro", [1.25, 10]],
  ["vertex", "publishers/google/models/gemini-2.5-pro", [1.25, 10]],
  ["vertex", "claude-sonnet-4-5@20250929", [3, 15]],
  ["vertex", "publishers/anthropic/models/claude-sonnet-4-5", [3, 15]],
  ["openrouter", "anthropic/claude-sonnet-4.5", [3, 15]],
  ["openrouter", "openai/gpt-4o", [2.5, 10]],
  ["openrouter", "deepseek/deepseek-r1:free", [0, 0]],
  ["openrouter", "openai/gpt-4o:online", null],
  ["openrouter", "openai/gpt-4o:nitro", null],
  ["openrouter", "openrouter/auto", null],
  ["openrouter", "gpt-4o", null],
  ["groq", "llama-3.3-70b-versatile", [0.59, 0.79]],
  ["groq", "openai/gpt-oss-120b", [0.15, 0.6]],
  ["mistral", "mistral-large-2411", [2, 6]],
  ["mistral", "mistral-large-2999", null],
  ["deepseek", "deepseek-chat", [0.28, 0.42]],
  ["xai", "grok-3-mini", [0.3, 0.5]],
  ["perplexity", "sonar", [1, 1]],
  // Billed by searches and citations that nobody counts.
  ["perplexity", "sonar-deep-research", null],
  ["fireworks", "accounts/fireworks/models/llama-v3p1-405b-instruct", [3, 3]],
  ["fireworks", "accounts/fireworks/models/gpt-oss-120b", [0.15, 0.6]],
  ["fireworks", "accounts/me/models/gpt-oss-120b", null],
  ["fireworks", "accounts/fireworks/models/gpt-oss-120b#accounts/me/deployments/x", null],
  ["together", "meta-llama/Llama-3.3-70B-Instruct-Turbo", [1.04, 1.04]],
  ["cohere", "command-r-08-2024", [0.15, 0.6]],
  ["voyage", "voyage-3.5", [0.06, 0]],
  ["replicate", `ibm-granite/granite-3.3-8b-instruct:${"ab".repeat(32)}`, [0.03, 0.25]],
  ["ollama", "llama3", null],
  ["vllm", "gpt-4o", null],
  ["openai-compatible", "gpt-4o", null],
  ["huggingface", "openai/gpt-oss-120b:groq", null],
];

for (const [adapterId, model, price] of NAMES) {
  test(`${adapterId} ${JSON.stringify(model)} costs ${price === null ? "nobody knows what" : price.join(" and ")}`, () => {
    const rates = cataloguePrice(adapterId, model)?.rates ?? null;
    assert.deepEqual(rates && [rates.input / 1e6, rates.output / 1e6], price);
  });
}

test("knows cached input, both lengths of a cache's write, tiers and limits", () => {
  assert.deepEqual(
    cataloguePrice("bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0"),
    readPriceLine("3 15 r0.3 w3.75 h6 x200000 o64000 >200000 6 22.5 r0.6 w7.5 h12"),
  );
});

test("knows what is not billed by tokens", () => {
  const units = (adapterId: string, model: string): unknown => cataloguePrice(adapterId, model)?.units;
  assert.deepEqual(units("cohere", "rerank-v3.5"), { query: 2e9 });
  assert.deepEqual(units("openai", "whisper-1"), { second: 1e8 });
  assert.deepEqual(units("openai", "tts-1"), { character: 15e6 });
  assert.deepEqual(units("perplexity", "sonar"), { request: 5e9 });
  assert.equal(cataloguePrice("cohere", "rerank-v3.5")?.rates, null);
});

test("the catalogue has no adapter that there is not", () => {
  const ids = new Set(ADAPTERS.map(({ id }) => id));
  assert.deepEqual(
    Object.keys(CATALOGUE).filter((id) => !ids.has(id)),
    [],
  );
});

for (const adapterId of Object.keys(CATALOGUE)) {
  test(`every row of ${adapterId} can be found, and tells a price that makes sense`, () => {
    const names = cataloguedModels(adapterId);
    assert.ok(names.length > 0);
    assert.deepEqual(names, [...new Set(names)].sort());
    for (const name of names) {
      const price = cataloguePrice(adapterId, name);
      assert.ok(price !== null, name);
      assert.deepEqual(readPriceLine(writePriceLine(price)), price);
      const { rates, tiers, units } = price;
      if (rates === null) {
        assert.ok(
          Object.values(units).some((rate) => rate > 0),
          name,
        );
        assert.deepEqual(tiers, []);
        continue;
      }
      // A thousand dollars for a million tokens would be a slip of the comma.
      for (const rate of Object.values(rates)) assert.ok(rate <= 1_000e6, name);
      const free = adapterId === "openrouter" && name.endsWith(":free");
      assert.equal(rates.input === 0, free, name);
      let last = { aboveInputTokens: 0, rates };
      for (const tier of tiers) {
        assert.ok(tier.aboveInputTokens > last.aboveInputTokens, name);
        assert.ok(tier.rates.input >= last.rates.input && tier.rates.output >= last.rates.output, name);
        last = tier;
      }
    }
  });
}
