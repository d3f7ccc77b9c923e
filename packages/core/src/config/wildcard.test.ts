import assert from "node:assert/strict";
import { test } from "node:test";
import { configText, problemLines } from "./testing.ts";
import { matchesWildcard } from "./wildcard.ts";

const CASES: readonly (readonly [string, string, boolean])[] = [
  ["gpt-*", "gpt-4o", true],
  ["gpt-*", "gpt-", true],
  ["gpt-*", "gpt", false],
  ["gpt-*", "gpt-*", true],
  ["*", "anything", true],
  ["*-mini", "gpt-4o-mini", true],
  ["*-mini", "gpt-4o-mini-2", false],
  ["a*a", "aa", true],
  ["a*a", "a", false],
  ["ab*ba", "aba", false],
  ["gpt-4o", "gpt-4o", true],
  ["gpt-4o", "gpt-4o2", false],
];

for (const [pattern, name, expected] of CASES) {
  test(`config, wildcard: ${pattern} ${expected ? "stands" : "does not stand"} for ${name}`, () => {
    assert.equal(matchesWildcard(pattern, name), expected);
  });
}

test("config, wildcard: a key may name what a wildcard stands for, and the wildcard", () => {
  const text = configText({
    models: "models: { gpt-*: { targets: [{ provider: mock, model: '*' }] } }",
    keys: "keys: [{ name: ci, key: sk-12345678, models: [gpt-4o, 'gpt-*', claude] }]",
  });
  assert.deepEqual(problemLines(text, {}, { acceptNotBuilt: true }), [
    'headrace.yaml:3:64 keys[0].models[2]: there is no model or alias "claude" (known models and aliases: gpt-*)',
  ]);
});

test("config, wildcard: one may lead to another, for the name passes on", () => {
  const models =
    "models: { gpt-*: { targets: [{ model: '*' }], fallbacks: { other: ['*'] } }, '*': { targets: [{ provider: mock, model: '*' }] } }";
  assert.deepEqual(problemLines(configText({ models }), {}, { acceptNotBuilt: true }), []);
});
