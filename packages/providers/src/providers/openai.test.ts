import assert from "node:assert/strict";
import { test } from "node:test";
import { openai } from "./openai.ts";

const MAX_TOKENS = [{ from: "max_tokens", to: "max_completion_tokens" }];

for (const [model, renamed] of [
  ["gpt-5.1", MAX_TOKENS],
  ["o3", MAX_TOKENS],
  ["gpt-5-chat-latest", undefined],
  ["gpt-4.1", undefined],
] as const) {
  test(`OpenAI: what bounds the answer of ${model}, asked by its own wire`, () => {
    assert.deepEqual(openai.forModel?.(model).services["openai-chat"]?.edits.renamed, renamed);
  });
}
