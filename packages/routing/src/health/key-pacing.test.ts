import assert from "node:assert/strict";
import { test } from "node:test";
import { KeyPacing } from "./key-pacing.ts";
import { HEALTH_DEFAULTS } from "./options.ts";
import type { RateLimits } from "./rate-limits.ts";

const { pacing: OPTIONS } = HEALTH_DEFAULTS;

function limits(remaining: number, resetMs = 10_000): RateLimits {
  return {
    requests: { limit: 100, remaining, resetMs, refill: "at-reset" },
    tokens: null,
    outputTokens: null,
  };
}

test("key pacing: the target is paced when all of its keys are, until the first has room", () => {
  const pacing = new KeyPacing(OPTIONS, 3);
  pacing.onLimits(0, limits(1, 30_000), 0);
  pacing.onLimits(0, limits(0, 20_000), 2);
  assert.deepEqual(
    [0, 1, 2].map((key) => pacing.keyUntilMs(key)),
    [30_000, 0, 20_000],
  );
  assert.equal(pacing.untilMs, 0);
  pacing.onLimits(0, limits(1, 25_000), 1);
  assert.equal(pacing.untilMs, 20_000);
  pacing.onLimits(5_000, limits(80), 0);
  assert.equal(pacing.untilMs, 0);
});

test("key pacing: what is sent counts against the key that it shows", () => {
  const pacing = new KeyPacing(OPTIONS, 2);
  for (const key of [0, 1]) pacing.onLimits(0, limits(3), key);
  for (let calls = 0; calls < 2; calls += 1) pacing.onSent(1, 10, 0);
  assert.deepEqual([pacing.keyUntilMs(0), pacing.keyUntilMs(1)], [10_000, 0]);
  for (let calls = 0; calls < 2; calls += 1) pacing.onSent(1, 10, 1);
  assert.equal(pacing.untilMs, 10_000);
});

test("key pacing: what another process tells holds for all keys, until an answer says more of one", () => {
  const pacing = new KeyPacing(OPTIONS, 2);
  pacing.holdFor(0, 5_000);
  assert.equal(pacing.untilMs, 5_000);
  pacing.onLimits(100, limits(90), 1);
  assert.deepEqual([pacing.untilMs, pacing.keyUntilMs(0), pacing.keyUntilMs(1)], [0, 5_000, 0]);
});

test("key pacing: a configuration with more keys or fewer begins anew, any other goes on", () => {
  const pacing = new KeyPacing(OPTIONS, 1);
  pacing.onLimits(0, limits(0), 0);
  pacing.configure(OPTIONS, 1);
  assert.equal(pacing.untilMs, 10_000);
  pacing.configure(OPTIONS, 2);
  assert.equal(pacing.untilMs, 0);
  pacing.onLimits(0, limits(0), 7);
  assert.equal(pacing.untilMs, 0);
});
