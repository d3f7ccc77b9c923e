import assert from "node:assert/strict";
import { test } from "node:test";
import { statusOfErrorCode } from "./error-status.ts";

const KNOWN: readonly (readonly [code: string, status: number | null])[] = [
  ["429", 429],
  ["rate_limit_exceeded", 429],
  ["insufficient_quota", 429],
  ["overloaded_error", 529],
  ["not_found_error", 404],
  ["RESOURCE_EXHAUSTED", 429],
  ["UNAVAILABLE", 503],
  ["ThrottlingException", 429],
  ["AccessDeniedException", 403],
  ["3505", null],
  ["200", null],
  ["teapot", null],
  ["", null],
];

for (const [code, status] of KNOWN) {
  test(`error codes: ${JSON.stringify(code)} is ${status ?? "unknown"}`, () => {
    assert.equal(statusOfErrorCode(code), status);
  });
}
