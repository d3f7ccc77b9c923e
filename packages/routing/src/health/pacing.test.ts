import assert from "node:assert/strict";
import { test } from "node:test";
import { HEALTH_DEFAULTS } from "./options.ts";
import { Pacing } from "./pacing.ts";
import type { Quota, RateLimits } from "./rate-limits.ts";

function quota(remaining: number, limit: number, resetMs = 30_000): Quota {
  return { limit, remaining, resetMs, refill: "at-reset" };
}

function limits(told: Partial<RateLimits>): RateLimits {
  return { requests: null, tokens: null, outputTokens: null, ...told };
}

test("pacing: nothing is paced while nothing is known", () => {
  const pacing = new Pacing(HEALTH_DEFAULTS.pacing);
  for (let call = 0; call < 1_000; call += 1) pacing.onSent(call, 1_000_000);
  assert.equal(pacing.untilMs, 0);
});

test("pacing: the tokens that calls usually need must be left", () => {
  const pacing = new Pacing(HEALTH_DEFAULTS.pacing);
  pacing.onSent(0, 4_000);
  pacing.onLimits(0, limits({ tokens: quota(10_000, 100_000) }));
  assert.equal(pacing.untilMs, 0);
  pacing.onSent(1, 4_000);
  assert.equal(pacing.untilMs, 0, "6,000 left, 4,000 needed");
  pacing.onSent(2, 4_000);
  assert.equal(pacing.untilMs, 30_000, "2,000 left");
});

test("pacing: of several limits the one that is back last counts", () => {
  const pacing = new Pacing(HEALTH_DEFAULTS.pacing);
  pacing.onLimits(0, limits({ requests: quota(0, 100, 5_000), tokens: quota(0, 1_000, 20_000) }));
  assert.equal(pacing.untilMs, 20_000);
});

test("pacing: output tokens keep their reserve", () => {
  const pacing = new Pacing(HEALTH_DEFAULTS.pacing);
  pacing.onLimits(0, limits({ outputTokens: quota(320, 16_000) }));
  assert.equal(pacing.untilMs, 0);
  pacing.onLimits(0, limits({ outputTokens: quota(319, 16_000) }));
  assert.equal(pacing.untilMs, 30_000);
});

test("pacing: each answer replaces what was known, also what another process told", () => {
  const pacing = new Pacing(HEALTH_DEFAULTS.pacing);
  pacing.onLimits(0, limits({ requests: quota(0, 100) }));
  pacing.holdFor(0, 60_000);
  assert.equal(pacing.untilMs, 60_000);
  pacing.onLimits(1_000, limits({ requests: quota(99, 100) }));
  assert.equal(pacing.untilMs, 0);
  pacing.holdFor(1_000, Number.MAX_VALUE);
  assert.equal(pacing.untilMs, 601_000);
});
