import assert from "node:assert/strict";
import { test } from "node:test";
import { readRetryAfterMs } from "./retry-after.ts";

const NOW_MS = Date.parse("2026-01-01T00:00:00Z");

for (const [name, headers, expectedMs] of [
  ["nothing", {}, null],
  ["seconds", { "retry-after": "7" }, 7000],
  ["parts of a second", { "retry-after": "0.5" }, 500],
  ["no time at all", { "retry-after": "0" }, 0],
  ["milliseconds", { "retry-after-ms": "250" }, 250],
  ["both: the finer one counts", { "retry-after": "1", "retry-after-ms": "250" }, 250],
  ["milliseconds that are none", { "retry-after": "1", "retry-after-ms": "soon" }, 1000],
  ["a date to come", { "retry-after": "Thu, 01 Jan 2026 00:01:30 GMT" }, 90_000],
  ["a date that has passed", { "retry-after": "Wed, 31 Dec 2025 23:00:00 GMT" }, 0],
  ["words", { "retry-after": "later" }, null],
  ["a negative number of milliseconds", { "retry-after-ms": "-5" }, null],
  ["an empty value", { "retry-after": "" }, null],
] as const) {
  test(`retry-after: ${name}`, () => assert.equal(readRetryAfterMs(headers, NOW_MS), expectedMs));
}

test("retry-after: no value makes a wait negative or endless", () => {
  for (const value of ["-5", "1e9", "99999999999999", "NaN", "Infinity", "0x10"]) {
    const waitMs = readRetryAfterMs({ "retry-after": value }, NOW_MS);
    assert.ok(waitMs === null || (waitMs >= 0 && Number.isFinite(waitMs)), `${value} gave ${waitMs}`);
  }
});
