import assert from "node:assert/strict";
import { test } from "node:test";
import type { TokenUsage } from "@headrace/core/canonical/usage";
import { estimateUsage } from "./metered-usage.ts";

const NOTHING: TokenUsage = {
  uncachedInput: 0,
  cacheReadInput: 0,
  cacheWrite5mInput: 0,
  cacheWrite1hInput: 0,
  visibleOutput: 0,
  reasoningOutput: 0,
};
const ESTIMATE = { inputTokens: 100, outputTokens: 20 };

const cases: readonly (readonly [name: string, reported: TokenUsage | null, tokens: TokenUsage])[] = [
  ["nothing", null, { ...NOTHING, uncachedInput: 100, visibleOutput: 20 }],
  [
    "the input alone",
    { ...NOTHING, uncachedInput: 7, cacheReadInput: 80 },
    { ...NOTHING, uncachedInput: 7, cacheReadInput: 80, visibleOutput: 20 },
  ],
  [
    "an input that is all cached",
    { ...NOTHING, cacheReadInput: 80 },
    { ...NOTHING, cacheReadInput: 80, visibleOutput: 20 },
  ],
  [
    "less output than was seen",
    { ...NOTHING, uncachedInput: 90, visibleOutput: 3, reasoningOutput: 5 },
    { ...NOTHING, uncachedInput: 90, visibleOutput: 15, reasoningOutput: 5 },
  ],
  [
    "more output than was seen",
    { ...NOTHING, uncachedInput: 90, visibleOutput: 3, reasoningOutput: 500 },
    { ...NOTHING, uncachedInput: 90, visibleOutput: 3, reasoningOutput: 500 },
  ],
  [
    "the output alone",
    { ...NOTHING, visibleOutput: 30 },
    { ...NOTHING, uncachedInput: 100, visibleOutput: 30 },
  ],
];

for (const [name, reported, tokens] of cases) {
  test(`the estimate of a call whose provider reported ${name}`, () => {
    assert.deepEqual(estimateUsage(reported, ESTIMATE), { tokens, source: "estimated" });
  });
}
