import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HEALTH_DEFAULTS } from "./options.ts";
import { QuotaMeter } from "./quota-meter.ts";
import type { Quota } from "./rate-limits.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);
const OPTIONS = HEALTH_DEFAULTS.pacing;
const { reserveShare } = OPTIONS;

function learned(quota: Partial<Quota>): QuotaMeter {
  const meter = new QuotaMeter();
  meter.learn(0, { limit: 100, remaining: 100, resetMs: 60_000, refill: "at-reset", ...quota }, OPTIONS);
  return meter;
}

test("quota: what is sent is taken off what the last answer left", () => {
  const meter = learned({ remaining: 5 });
  for (let call = 0; call < 3; call += 1) {
    assert.equal(meter.pacedUntilMs(call, 1, reserveShare), 0);
    meter.spend(call, 1);
  }
  assert.equal(meter.pacedUntilMs(3, 1, reserveShare), 0, "2 of 100 are the reserve");
  meter.spend(3, 1);
  assert.equal(meter.pacedUntilMs(3, 1, reserveShare), 60_000);
});

test("quota: a call that needs more than is left waits, a smaller one does not", () => {
  const meter = learned({ limit: 10_000, remaining: 1_000 });
  assert.equal(meter.pacedUntilMs(0, 900, reserveShare), 0);
  assert.equal(meter.pacedUntilMs(0, 1_001, reserveShare), 60_000);
});

test("quota: at its reset nothing is known until the next answer", () => {
  const meter = learned({ remaining: 0 });
  assert.equal(meter.pacedUntilMs(59_999, 1, reserveShare), 60_000);
  assert.equal(meter.pacedUntilMs(60_000, 1, reserveShare), 0);
  meter.spend(60_001, 1_000);
  assert.equal(meter.pacedUntilMs(60_001, 1, reserveShare), 0);
});

test("quota: a token bucket is waited for until twice the reserve is back, not until it is full", () => {
  const meter = learned({ limit: 6_000, remaining: 0, refill: "gradually" });
  const untilMs = meter.pacedUntilMs(0, 1, reserveShare);
  assert.equal(untilMs, 2_400, "240 at 100 a second");
  assert.equal(meter.pacedUntilMs(untilMs, 1, reserveShare), 0);
  meter.spend(untilMs, 121);
  assert.equal(meter.pacedUntilMs(untilMs, 1, reserveShare), untilMs + 1_210);
});

test("quota: a token bucket's rate is that of its true reset, however far off", () => {
  const day = learned({ limit: 86_400, remaining: 0, resetMs: 86_400_000, refill: "gradually" });
  assert.equal(day.pacedUntilMs(0, 1, 0), 2_000);
  assert.equal(day.pacedUntilMs(0, 1, reserveShare), OPTIONS.maxResetMs);
});

test("quota: an unknown reset and an absurd one are bounded", () => {
  assert.equal(learned({ remaining: 0, resetMs: null }).pacedUntilMs(0, 1, reserveShare), 5_000);
  assert.equal(learned({ remaining: 0, resetMs: 1e14 }).pacedUntilMs(0, 1, reserveShare), 600_000);
  assert.equal(learned({ remaining: 0, resetMs: 0 }).pacedUntilMs(0, 1, reserveShare), 0);
});

test("quota: a limit of nothing, or none, is judged by what remains", () => {
  for (const limit of [0, null]) {
    assert.equal(learned({ limit, remaining: 0 }).pacedUntilMs(0, 1, reserveShare), 60_000);
    assert.equal(learned({ limit, remaining: 7 }).pacedUntilMs(0, 1, reserveShare), 0);
  }
});

test("quota: a call greater than the whole limit does not keep the target out for good", () => {
  assert.equal(learned({ remaining: 60 }).pacedUntilMs(0, 1_000_000, reserveShare), 0);
  assert.equal(learned({ remaining: 1e14 }).pacedUntilMs(0, 1_000_000, reserveShare), 0);
});

test("quota: whatever is told, a target is paced for ten minutes at most, and free again by then", (context) => {
  context.diagnostic(`fast-check seed ${seed}`);
  const count = fc.oneof(
    fc.nat(),
    fc.double({ min: 0, max: 1e15, noNaN: true }),
    fc.constantFrom(0, 1, 1e-9),
  );
  const quota = fc.record({
    limit: fc.option(count),
    remaining: count,
    resetMs: fc.option(count),
    refill: fc.constantFrom<Quota["refill"]>("gradually", "at-reset"),
  });
  const spending = fc.array(fc.tuple(fc.nat(10_000), count), { maxLength: 10 });
  fc.assert(
    fc.property(quota, spending, count, (told, spent, need) => {
      const meter = learned(told);
      let nowMs = 0;
      for (const [passMs, amount] of spent) {
        nowMs += passMs;
        meter.spend(nowMs, amount);
        const untilMs = meter.pacedUntilMs(nowMs, need, reserveShare);
        assert.ok(untilMs >= 0 && untilMs <= OPTIONS.maxResetMs, `${untilMs}`);
      }
      assert.equal(meter.pacedUntilMs(OPTIONS.maxResetMs, need, reserveShare), 0);
    }),
    { seed, numRuns: 500 },
  );
});
