import assert from "node:assert/strict";
import { test } from "node:test";
import { type TokenUsage, totalInputTokens, totalOutputTokens } from "@headrace/core/canonical/usage";
import fc from "fast-check";
import { seed } from "../../testing/chat-streams.ts";
import { usageFromOpenAiResponses, usageToOpenAiResponses } from "./usage.ts";

test("Responses usage: every token once, and the two sums are the provider's", () => {
  const usage = usageFromOpenAiResponses({
    input_tokens: 1000,
    input_tokens_details: {
      cached_tokens: 600,
      cache_write_tokens: 300,
      cache_write_tokens_details: { ttl_30m_tokens: 200, ttl_12h_tokens: 100 },
    },
    output_tokens: 50,
    output_tokens_details: { reasoning_tokens: 20 },
    total_tokens: 1050,
  });
  assert.deepEqual(usage, {
    uncachedInput: 100,
    cacheReadInput: 600,
    cacheWrite5mInput: 200,
    cacheWrite1hInput: 100,
    visibleOutput: 30,
    reasoningOutput: 20,
  });
  assert.equal(totalInputTokens(usage), 1000);
  assert.equal(totalOutputTokens(usage), 50);
});

test("Responses usage: without details, and with details that are too large", () => {
  assert.deepEqual(usageFromOpenAiResponses({ input_tokens: 5 }), {
    uncachedInput: 5,
    cacheReadInput: 0,
    cacheWrite5mInput: 0,
    cacheWrite1hInput: 0,
    visibleOutput: 0,
    reasoningOutput: 0,
  });
  const slip = usageFromOpenAiResponses({
    input_tokens: 5,
    input_tokens_details: { cached_tokens: 9, cache_write_tokens: 9 },
    output_tokens: 2,
    output_tokens_details: { reasoning_tokens: 3 },
  });
  assert.ok(slip !== null);
  assert.equal(totalInputTokens(slip), 5);
  assert.equal(totalOutputTokens(slip), 2);
});

test("Responses usage: what is none is null", () => {
  for (const raw of [null, undefined, [], {}, "5", { input_tokens: -1 }, { prompt_tokens: 1 }])
    assert.equal(usageFromOpenAiResponses(raw), null);
});

test("Responses usage: written and read again it is the same", () => {
  const count = fc.nat(1_000_000);
  const usages: fc.Arbitrary<TokenUsage> = fc.record(
    {
      uncachedInput: count,
      cacheReadInput: count,
      cacheWrite5mInput: count,
      cacheWrite1hInput: count,
      visibleOutput: count,
      reasoningOutput: count,
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(usages, (usage) => {
      assert.deepEqual(usageFromOpenAiResponses(usageToOpenAiResponses(usage)), usage);
    }),
    { seed },
  );
});
