import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  addUsage,
  NO_USAGE,
  TOKEN_KINDS,
  type TokenUsage,
  totalInputTokens,
  totalOutputTokens,
  usageFromOpenAi,
} from "./usage.ts";

const NONE: TokenUsage = {
  uncachedInput: 0,
  cacheReadInput: 0,
  cacheWrite5mInput: 0,
  cacheWrite1hInput: 0,
  visibleOutput: 0,
  reasoningOutput: 0,
};

const CASES: readonly { name: string; raw: unknown; usage: Partial<TokenUsage> | null }[] = [
  {
    name: "sums only",
    raw: { prompt_tokens: 9, completion_tokens: 12, total_tokens: 21 },
    usage: { uncachedInput: 9, visibleOutput: 12 },
  },
  {
    name: "cached and reasoning parts",
    raw: {
      prompt_tokens: 2006,
      completion_tokens: 300,
      prompt_tokens_details: { cached_tokens: 1920, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 256 },
    },
    usage: { uncachedInput: 86, cacheReadInput: 1920, visibleOutput: 44, reasoningOutput: 256 },
  },
  { name: "embeddings", raw: { prompt_tokens: 5, total_tokens: 5 }, usage: { uncachedInput: 5 } },
  {
    name: "the same cached tokens told twice",
    raw: {
      prompt_tokens: 100,
      prompt_cache_hit_tokens: 64,
      prompt_cache_miss_tokens: 36,
      prompt_tokens_details: { cached_tokens: 64 },
    },
    usage: { uncachedInput: 36, cacheReadInput: 64 },
  },
  {
    name: "hit and miss only",
    raw: { prompt_tokens: 100, prompt_cache_hit_tokens: 64 },
    usage: { uncachedInput: 36, cacheReadInput: 64 },
  },
  {
    name: "num_cached_tokens",
    raw: { prompt_tokens: 100, completion_tokens: 1, num_cached_tokens: 10 },
    usage: { uncachedInput: 90, cacheReadInput: 10, visibleOutput: 1 },
  },
  {
    name: "cached_tokens at the top, as Moonshot and Together have it",
    raw: { prompt_tokens: 100, completion_tokens: 1, cached_tokens: 10 },
    usage: { uncachedInput: 90, cacheReadInput: 10, visibleOutput: 1 },
  },
  {
    name: "reasoning that is not part of completion_tokens, as xAI has it",
    raw: {
      prompt_tokens: 12,
      completion_tokens: 2,
      total_tokens: 354,
      completion_tokens_details: { reasoning_tokens: 340 },
    },
    usage: { uncachedInput: 12, visibleOutput: 2, reasoningOutput: 340 },
  },
  {
    name: "reasoning beside completion_tokens and the sum of all, as Perplexity's deep research has it",
    raw: {
      prompt_tokens: 33,
      completion_tokens: 11_395,
      total_tokens: 11_428,
      citation_tokens: 19_028,
      num_search_queries: 21,
      reasoning_tokens: 193_947,
    },
    usage: { uncachedInput: 33, visibleOutput: 11_395, reasoningOutput: 193_947 },
  },
  {
    name: "reasoning at the top that is part of completion_tokens, as SGLang has it",
    raw: { prompt_tokens: 5, completion_tokens: 30, total_tokens: 35, reasoning_tokens: 20 },
    usage: { uncachedInput: 5, visibleOutput: 10, reasoningOutput: 20 },
  },
  {
    name: "writes to the cache, as OpenRouter has them",
    raw: {
      prompt_tokens: 100,
      completion_tokens: 1,
      prompt_tokens_details: { cached_tokens: 10, cache_write_tokens: 60 },
    },
    usage: { uncachedInput: 30, cacheReadInput: 10, cacheWrite5mInput: 60, visibleOutput: 1 },
  },
  {
    name: "null details",
    raw: {
      prompt_tokens: 3,
      completion_tokens: 4,
      prompt_tokens_details: null,
      completion_tokens_details: null,
    },
    usage: { uncachedInput: 3, visibleOutput: 4 },
  },
  {
    name: "parts larger than their sum",
    raw: {
      prompt_tokens: 3,
      completion_tokens: 4,
      prompt_tokens_details: { cached_tokens: 9 },
      completion_tokens_details: { reasoning_tokens: 9 },
    },
    usage: { cacheReadInput: 3, reasoningOutput: 4 },
  },
  { name: "null", raw: null, usage: null },
  { name: "no object", raw: "prompt_tokens", usage: null },
  { name: "other fields", raw: { input_tokens: 3 }, usage: null },
  { name: "numbers as text", raw: { prompt_tokens: "3" }, usage: null },
  { name: "a negative count", raw: { prompt_tokens: -1 }, usage: null },
  { name: "an infinite count", raw: { prompt_tokens: Number.POSITIVE_INFINITY }, usage: null },
];

for (const { name, raw, usage } of CASES) {
  test(`usage from OpenAI: ${name}`, () => {
    assert.deepEqual(usageFromOpenAi(raw), usage === null ? null : { ...NONE, ...usage });
  });
}

test("usage: the normal form adds up to the provider's sums", (context) => {
  const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);
  context.diagnostic(`fast-check seed ${seed}`);
  const count = fc.nat({ max: 1_000_000 });
  const counts = fc.record({ prompt: count, completion: count, cached: count, reasoning: count });
  fc.assert(
    fc.property(counts, ({ prompt, completion, cached, reasoning }) => {
      const usage = usageFromOpenAi({
        prompt_tokens: prompt,
        completion_tokens: completion,
        prompt_tokens_details: { cached_tokens: cached },
        completion_tokens_details: { reasoning_tokens: reasoning },
      });
      assert.ok(usage !== null);
      assert.equal(totalInputTokens(usage), prompt);
      assert.equal(totalOutputTokens(usage), completion);
      assert.ok(TOKEN_KINDS.every((kind) => usage[kind] >= 0));
    }),
    { seed },
  );
});

test("usage: totals count every kind once", () => {
  const usage = {
    uncachedInput: 1,
    cacheReadInput: 2,
    cacheWrite5mInput: 4,
    cacheWrite1hInput: 8,
    visibleOutput: 16,
    reasoningOutput: 32,
  };
  assert.equal(totalInputTokens(usage), 15);
  assert.equal(totalOutputTokens(usage), 48);
});

test("usage: what is billed besides tokens is added too", () => {
  const seconds = { ...NO_USAGE, units: { seconds: 2.5 } };
  assert.deepEqual(addUsage(NO_USAGE, NO_USAGE), NO_USAGE);
  assert.deepEqual(addUsage(seconds, NO_USAGE), seconds);
  const other = { ...NO_USAGE, visibleOutput: 3, units: { seconds: 1, queries: 2 } };
  assert.deepEqual(addUsage(seconds, other), { ...other, units: { seconds: 3.5, queries: 2 } });
});
