import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lookUpModel } from "./models.ts";

describe("lookUpModel", () => {
  for (const [model, encoding, contextTokens] of [
    ["gpt-4o", "o200k_base", 128_000],
    ["gpt-4o-mini-2024-07-18", "o200k_base", 128_000],
    ["openai/gpt-4o", "o200k_base", 128_000],
    ["ft:gpt-4o-mini:acme::abc", "o200k_base", 128_000],
    ["chatgpt-4o-latest", "o200k_base", 128_000],
    ["gpt-4.1-nano", "o200k_base", 1_047_576],
    ["gpt-5", "o200k_base", 400_000],
    ["gpt-5.1-codex", "o200k_base", 400_000],
    ["o1", "o200k_base", 200_000],
    ["o1-mini", "o200k_base", 128_000],
    ["o3-mini", "o200k_base", 200_000],
    ["o4-mini", "o200k_base", 200_000],
    ["gpt-4", "cl100k_base", 8_192],
    ["gpt-4-0613", "cl100k_base", 8_192],
    ["gpt-4-turbo-2024-04-09", "cl100k_base", 128_000],
    ["gpt-3.5-turbo", "cl100k_base", 16_385],
    ["gpt-35-turbo", "cl100k_base", 16_385],
    ["text-embedding-3-small", "cl100k_base", 8_191],
    ["text-embedding-ada-002", "cl100k_base", 8_191],
  ] as const) {
    it(`knows ${model}`, () =>
      assert.deepEqual(lookUpModel(model), { encoding, contextTokens, known: true }));
  }

  for (const model of ["", "qwen3", "gpt-40", "o10", "gpt", "claude-sonnet-4", "__proto__"]) {
    it(`does not pretend to know ${JSON.stringify(model)}`, () => {
      assert.deepEqual(lookUpModel(model), { encoding: "o200k_base", contextTokens: null, known: false });
    });
  }
});
