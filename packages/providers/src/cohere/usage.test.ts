import assert from "node:assert/strict";
import { test } from "node:test";
import type { TokenUsage } from "@headrace/core/canonical/usage";
import { usageFromCohere } from "./usage.ts";

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
    name: "what is billed counts, not what was read",
    raw: {
      billed_units: { input_tokens: 9, output_tokens: 7 },
      tokens: { input_tokens: 504, output_tokens: 10 },
    },
    usage: { uncachedInput: 9, visibleOutput: 7 },
  },
  {
    name: "a cache that may be all of the template",
    raw: {
      billed_units: { input_tokens: 12, output_tokens: 7 },
      tokens: { input_tokens: 507, output_tokens: 10 },
      cached_tokens: 448,
    },
    usage: { uncachedInput: 12, visibleOutput: 7 },
  },
  {
    name: "a cache that reaches into what is billed",
    raw: {
      billed_units: { input_tokens: 119, output_tokens: 44 },
      tokens: { input_tokens: 1549, output_tokens: 95 },
      cached_tokens: 1504,
    },
    usage: { uncachedInput: 45, cacheReadInput: 74, visibleOutput: 44 },
  },
  {
    name: "a cache larger than all",
    raw: { billed_units: { input_tokens: 5 }, tokens: { input_tokens: 9 }, cached_tokens: 900 },
    usage: { cacheReadInput: 5 },
  },
  {
    name: "nothing billed at all",
    raw: { tokens: { input_tokens: 50, output_tokens: 6 }, cached_tokens: 32 },
    usage: { uncachedInput: 18, cacheReadInput: 32, visibleOutput: 6 },
  },
  {
    name: "more billed than read",
    raw: { billed_units: { input_tokens: 60 }, tokens: { input_tokens: 50 }, cached_tokens: 10 },
    usage: { uncachedInput: 50, cacheReadInput: 10 },
  },
  {
    name: "an embedding of text and pictures",
    raw: { api_version: { version: "2" }, billed_units: { input_tokens: 10, image_tokens: 300, images: 1 } },
    usage: { uncachedInput: 310 },
  },
  { name: "searches only", raw: { billed_units: { search_units: 1 } }, usage: null },
  { name: "counts that are none", raw: { billed_units: { input_tokens: -1 }, tokens: "7" }, usage: null },
  { name: "null", raw: null, usage: null },
  { name: "a list", raw: [1], usage: null },
];

for (const { name, raw, usage } of CASES)
  test(`Cohere usage: ${name}`, () =>
    assert.deepEqual(usageFromCohere(raw), usage === null ? null : { ...NONE, ...usage }));
