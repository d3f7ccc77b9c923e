import assert from "node:assert/strict";
import { test } from "node:test";
import { type TokenUsage, totalInputTokens, totalOutputTokens } from "@headrace/core/canonical/usage";
import fc from "fast-check";
import { usageFromGemini, usageToGemini } from "./usage.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

const NOTHING: TokenUsage = {
  uncachedInput: 0,
  cacheReadInput: 0,
  cacheWrite5mInput: 0,
  cacheWrite1hInput: 0,
  visibleOutput: 0,
  reasoningOutput: 0,
};

const CASES: readonly { name: string; raw: unknown; usage: Partial<TokenUsage> | null }[] = [
  {
    name: "cached input is within the prompt, thoughts are beside the candidates",
    raw: {
      promptTokenCount: 100,
      cachedContentTokenCount: 64,
      candidatesTokenCount: 10,
      thoughtsTokenCount: 30,
      totalTokenCount: 140,
    },
    usage: { uncachedInput: 36, cacheReadInput: 64, visibleOutput: 10, reasoningOutput: 30 },
  },
  {
    name: "what tools put into the prompt",
    raw: {
      promptTokenCount: 20,
      toolUsePromptTokenCount: 300,
      candidatesTokenCount: 8,
      totalTokenCount: 328,
    },
    usage: { uncachedInput: 320, visibleOutput: 8 },
  },
  {
    name: "thoughts that are in the candidates, as the total tells",
    raw: { promptTokenCount: 20, candidatesTokenCount: 50, thoughtsTokenCount: 40, totalTokenCount: 70 },
    usage: { uncachedInput: 20, visibleOutput: 10, reasoningOutput: 40 },
  },
  {
    name: "candidates that only the total tells",
    raw: { promptTokenCount: 20, thoughtsTokenCount: 5, totalTokenCount: 32 },
    usage: { uncachedInput: 20, visibleOutput: 7, reasoningOutput: 5 },
  },
  { name: "only the prompt", raw: { promptTokenCount: 5 }, usage: { uncachedInput: 5 } },
  {
    name: "the other spelling",
    raw: { prompt_token_count: 5, candidates_token_count: 2 },
    usage: { uncachedInput: 5, visibleOutput: 2 },
  },
  {
    name: "more cached than there was",
    raw: { promptTokenCount: 5, cachedContentTokenCount: 9 },
    usage: { cacheReadInput: 5 },
  },
  { name: "nothing", raw: {}, usage: null },
  { name: "null", raw: null, usage: null },
  { name: "text", raw: { promptTokenCount: "5" }, usage: null },
  { name: "a negative count", raw: { promptTokenCount: -5 }, usage: null },
];

for (const { name, raw, usage } of CASES) {
  test(`Gemini usage: ${name}`, () => {
    assert.deepEqual(usageFromGemini(raw), usage === null ? null : { ...NOTHING, ...usage });
  });
}

test("Gemini usage: the sums are kept both ways", (context) => {
  context.diagnostic(`fast-check seed ${seed}`);
  const count = fc.nat({ max: 1_000_000 });
  const usage = fc.record({
    uncachedInput: count,
    cacheReadInput: count,
    cacheWrite5mInput: count,
    cacheWrite1hInput: count,
    visibleOutput: count,
    reasoningOutput: count,
  });
  fc.assert(
    fc.property(usage, (given) => {
      const raw = usageToGemini(given);
      assert.equal(raw.totalTokenCount, totalInputTokens(given) + totalOutputTokens(given));
      const again = usageFromGemini(raw);
      assert.ok(again !== null);
      assert.equal(totalInputTokens(again), totalInputTokens(given));
      assert.equal(totalOutputTokens(again), totalOutputTokens(given));
      assert.equal(again.cacheReadInput, given.cacheReadInput);
      assert.equal(again.reasoningOutput, given.reasoningOutput);
    }),
    { seed },
  );
});
