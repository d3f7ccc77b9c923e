import assert from "node:assert/strict";
import { test } from "node:test";
import { type TokenUsage, totalInputTokens, totalOutputTokens } from "@headrace/core/canonical/usage";
import { mergeReports, usageFromAnthropic, usageToAnthropic } from "./usage.ts";

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
    name: "input without cache",
    raw: { input_tokens: 12, output_tokens: 30 },
    usage: { uncachedInput: 12, visibleOutput: 30 },
  },
  {
    name: "cache read and written, each apart from the input",
    raw: {
      input_tokens: 10,
      cache_read_input_tokens: 2000,
      cache_creation_input_tokens: 700,
      cache_creation: { ephemeral_5m_input_tokens: 500, ephemeral_1h_input_tokens: 200 },
      output_tokens: 5,
    },
    usage: {
      uncachedInput: 10,
      cacheReadInput: 2000,
      cacheWrite5mInput: 500,
      cacheWrite1hInput: 200,
      visibleOutput: 5,
    },
  },
  {
    name: "written without its parts",
    raw: { input_tokens: 1, cache_creation_input_tokens: 700, output_tokens: 5 },
    usage: { uncachedInput: 1, cacheWrite5mInput: 700, visibleOutput: 5 },
  },
  {
    name: "parts without their sum",
    raw: { input_tokens: 1, cache_creation: { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 4 } },
    usage: { uncachedInput: 1, cacheWrite5mInput: 3, cacheWrite1hInput: 4 },
  },
  {
    name: "a part larger than its sum",
    raw: {
      input_tokens: 1,
      cache_creation_input_tokens: 2,
      cache_creation: { ephemeral_1h_input_tokens: 9 },
    },
    usage: { uncachedInput: 1, cacheWrite1hInput: 2 },
  },
  {
    name: "thinking is part of the output",
    raw: { input_tokens: 1, output_tokens: 50, output_tokens_details: { thinking_tokens: 20 } },
    usage: { uncachedInput: 1, visibleOutput: 30, reasoningOutput: 20 },
  },
  {
    name: "a compaction is paid beside the answer, the answer's own iteration is not",
    raw: {
      input_tokens: 100,
      output_tokens: 10,
      iterations: [
        { type: "compaction", input_tokens: 5000, output_tokens: 300, cache_read_input_tokens: 7 },
        { type: "message", input_tokens: 100, output_tokens: 10 },
      ],
    },
    usage: { uncachedInput: 5100, cacheReadInput: 7, visibleOutput: 310 },
  },
  { name: "nulls", raw: { input_tokens: null, output_tokens: 2 }, usage: { visibleOutput: 2 } },
  { name: "no counts", raw: { service_tier: "standard" }, usage: null },
  { name: "negative counts", raw: { input_tokens: -1 }, usage: null },
  { name: "no object", raw: [1], usage: null },
  { name: "null", raw: null, usage: null },
];

for (const { name, raw, usage } of CASES) {
  test(`Anthropic usage: ${name}`, () => {
    const read = usageFromAnthropic(raw);
    assert.deepEqual(read, usage === null ? null : { ...NONE, ...usage });
    if (read === null) return;
    const again = usageToAnthropic(read);
    assert.deepEqual(usageFromAnthropic(again), read);
    assert.equal(
      Number(again.input_tokens) +
        Number(again.cache_creation_input_tokens) +
        Number(again.cache_read_input_tokens),
      totalInputTokens(read),
    );
    assert.equal(again.output_tokens, totalOutputTokens(read));
  });
}

test("Anthropic usage: a later report replaces what it tells and nothing else", () => {
  const merged = mergeReports(
    { input_tokens: 43, cache_read_input_tokens: 8, output_tokens: 1 },
    { input_tokens: 61, cache_read_input_tokens: null, output_tokens: 2 },
  );
  assert.deepEqual(merged, { input_tokens: 61, cache_read_input_tokens: 8, output_tokens: 2 });
});
