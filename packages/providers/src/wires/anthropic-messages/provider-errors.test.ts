import assert from "node:assert/strict";
import { test } from "node:test";
import { readAnthropicError } from "./provider-errors.ts";

const CASES: readonly [string, unknown, { message: string; code: string | null }][] = [
  [
    "Anthropic's",
    { type: "error", error: { type: "invalid_request_error", message: "max_tokens: too large" } },
    { message: "max_tokens: too large", code: "invalid_request_error" },
  ],
  [
    "Anthropic's with a code of its own",
    {
      type: "error",
      error: { type: "overloaded_error", message: "Busy", details: { error_code: "compaction_unavailable" } },
    },
    { message: "Busy", code: "compaction_unavailable" },
  ],
  [
    "Google's before Claude is reached",
    [{ error: { code: 429, message: "Quota exceeded", status: "RESOURCE_EXHAUSTED" } }],
    { message: "Quota exceeded", code: "RESOURCE_EXHAUSTED" },
  ],
  ["Bedrock's", { message: "The model is not there." }, { message: "The model is not there.", code: null }],
  ["a bare sentence", { error: "no" }, { message: "no", code: null }],
  ["no words", {}, { message: "The provider answered with status 418 and no words.", code: null }],
  ["no JSON", undefined, { message: "The provider answered with status 418 and no words.", code: null }],
  ["a list of nothing", [], { message: "The provider answered with status 418 and no words.", code: null }],
];

for (const [name, body, words] of CASES)
  test(`Anthropic provider errors: ${name}`, () =>
    assert.deepEqual(readAnthropicError(418, body), { ...words, param: null }));
