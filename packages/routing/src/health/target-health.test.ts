import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { TryOutcome } from "./circuit-breaker.ts";
import type { HealthNotice } from "./health-notice.ts";
import { HEALTH_DEFAULTS, type HealthOptions } from "./options.ts";
import type { RateLimits } from "./rate-limits.ts";
import { TargetHealth } from "./target-health.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);
const EJECT_MS = 30_000;
const NO_BREAKER = { ...HEALTH_DEFAULTS.breaker, enabled: false };
const SPENT: RateLimits = {
  requests: { limit: 100, remaining: 0, resetMs: 20_000, refill: "at-reset" },
  tokens: null,
  outputTokens: null,
};

function open(options: Partial<HealthOptions> = {}) {
  const notices: HealthNotice[] = [];
  const health = new TargetHealth(
    "key",
    { ...HEALTH_DEFAULTS, ...options },
    { random: () => 0, onNotice: (notice) => notices.push(notice) },
  );
  const call = (nowMs: number, outcome: TryOutcome, retryAfterMs: number | null = null): void => {
    health.onEnded(nowMs, { mark: health.onSent(nowMs, 10), outcome, retryAfterMs });
  };
  const fail = (nowMs: number): void => {
    for (let time = 0; time < 5; time += 1) call(nowMs, "failed");
  };
  return { health, notices, call, fail };
}

test("target health: available at first, with nothing known", () => {
  const { health } = open();
  assert.deepEqual([health.unavailableUntilMs, health.pacedUntilMs, health.inFlight], [0, 0, 0]);
  assert.deepEqual(health.describe(1_000), {
    key: "key",
    state: "closed",
    reason: null,
    availableInMs: 0,
    pacedForMs: 0,
    inFlight: 0,
    latencyMs: null,
    p50Ms: null,
    p95Ms: null,
    calls: 0,
    failures: 0,
    openings: 0,
  });
});

test("target health: fails, is left alone, is probed, and recovers", () => {
  const { health, notices, fail } = open();
  fail(1_000);
  assert.equal(health.unavailableUntilMs, 6_000);
  assert.deepEqual(
    [health.describe(2_000).state, health.describe(2_000).reason, health.describe(2_000).availableInMs],
    ["open", "failing", 4_000],
  );
  const mark = health.onSent(6_000, 10);
  assert.ok(health.unavailableUntilMs > 6_000, "one probe at a time");
  assert.equal(health.describe(6_000).reason, "probing");
  health.onFirstByte(6_200, 200, mark);
  assert.equal(health.unavailableUntilMs, 0);
  health.onEnded(9_000, { mark, outcome: "served", retryAfterMs: null });
  assert.deepEqual(notices, [
    { key: "key", kind: "open", forMs: 5_000 },
    { key: "key", kind: "closed", forMs: 0 },
  ]);
});

test("target health: a probe whose client leaves makes room for the next at once", () => {
  const { health, fail } = open();
  fail(0);
  const mark = health.onSent(5_000, 10);
  health.onEnded(5_100, { mark, outcome: "abandoned", retryAfterMs: null });
  assert.ok(health.unavailableUntilMs <= 5_100);
});

test("target health: clients that leave and refusals never open the circuit", () => {
  const { health, call } = open();
  for (let time = 0; time < 1_000; time += 1) {
    call(time, "abandoned");
    call(time, "refused");
  }
  assert.equal(health.describe(999).state, "closed");
  assert.equal(health.describe(999).reason, "rate-limited");
});

test("target health: without a breaker no failure keeps calls away", () => {
  const { health, fail } = open({ breaker: NO_BREAKER });
  for (let time = 0; time < 100; time += 1) fail(time);
  assert.deepEqual([health.unavailableUntilMs, health.describe(99).failures], [0, 500]);
});

test("target health: a failure that names a time to come back is left alone for it", () => {
  const { health, call } = open();
  call(0, "failed", 7_000);
  assert.deepEqual([health.unavailableUntilMs, health.describe(0).state], [7_000, "closed"]);
});

test("target health: a refusal without a time waits for the limit's reset, where that is known", () => {
  const { health } = open();
  const mark = health.onSent(0, 10);
  health.onLimits(0, SPENT);
  health.onEnded(0, { mark, outcome: "refused", retryAfterMs: null });
  assert.equal(health.unavailableUntilMs, 20_000);
});

test("target health: paced by the provider's own limits before a refusal", () => {
  const { health, notices } = open();
  health.onLimits(1_000, SPENT);
  assert.deepEqual([health.pacedUntilMs, health.unavailableUntilMs], [21_000, 0]);
  assert.equal(health.describe(1_000).pacedForMs, 20_000);
  assert.deepEqual(notices, [{ key: "key", kind: "paced", forMs: 20_000 }]);
});

test("target health: ejected, it begins anew, and may still be asked when there is nothing better", () => {
  const { health, notices } = open();
  for (let time = 0; time < 30; time += 1) health.onFirstByte(0, 500, health.onSent(0, 10));
  health.eject(0, EJECT_MS);
  assert.deepEqual([health.unavailableUntilMs, health.unusableUntilMs], [30_000, 0]);
  assert.deepEqual([health.describe(1).reason, health.p50Ms(), health.latencyMs(1)], ["ejected", null, 0]);
  health.eject(30_000, EJECT_MS);
  assert.equal(health.unavailableUntilMs, 90_000, "longer at each repeat");
  health.eject(400_000, EJECT_MS);
  assert.equal(health.unavailableUntilMs, 430_000, "and as before after a good while");
  assert.equal(notices.filter(({ kind }) => kind === "ejected").length, 3);
});

test("target health: changed options hold at once and heal nothing", () => {
  const { health, fail } = open();
  fail(0);
  health.configure({ ...HEALTH_DEFAULTS, cooling: { baseMs: 1, maxMs: 2 } });
  assert.equal(health.unavailableUntilMs, 5_000);
  health.configure({ ...HEALTH_DEFAULTS, breaker: NO_BREAKER });
  assert.equal(health.unavailableUntilMs, 0);
});

test("target health: what another process tells is taken over and not told again", () => {
  const told = open();
  const teller = open();
  teller.fail(50_000);
  teller.call(50_000, "refused", 9_000);
  teller.health.onLimits(50_000, SPENT);
  teller.health.eject(50_000, EJECT_MS);
  for (const notice of teller.notices) told.health.apply(1_000, structuredClone(notice));
  assert.deepEqual(teller.notices.map(({ kind }) => kind).toSorted(), [
    "cooling",
    "ejected",
    "open",
    "paced",
  ]);
  assert.equal(told.health.describe(1_000).state, "open");
  assert.deepEqual([told.health.unavailableUntilMs, told.health.pacedUntilMs], [31_000, 21_000]);
  assert.equal(told.health.unusableUntilMs, 10_000);
  assert.deepEqual(told.notices, []);
  told.call(1_000, "refused", 9_000);
  assert.deepEqual(told.notices, [], "its own refusal says nothing that the others do not know");
  told.health.apply(1_000, { key: "key", kind: "closed", forMs: 0 });
  assert.equal(told.health.describe(1_000).state, "closed");
  assert.deepEqual(told.notices, []);
});

test("target health: a notice of another process puts a target out for ten minutes at most", () => {
  for (const kind of ["open", "cooling", "paced", "ejected"] as const) {
    const { health } = open();
    health.apply(0, { key: "key", kind, forMs: 1e15 });
    assert.equal(Math.max(health.unavailableUntilMs, health.pacedUntilMs), 600_000, kind);
    const other = open();
    for (const forMs of [0, -1, Number.NaN]) other.health.apply(0, { key: "key", kind, forMs });
    assert.equal(Math.max(other.health.unavailableUntilMs, other.health.pacedUntilMs), 0, kind);
  }
});

test("target health: a storm of refusals and limits is told of in a few notices", () => {
  const { health, notices, call } = open();
  for (let time = 0; time < 10_000; time += 1) {
    health.onLimits(time / 10, SPENT);
    call(time / 10, "refused", 5_000);
  }
  const kinds = Map.groupBy(notices, ({ kind }) => kind);
  assert.ok((kinds.get("cooling")?.length ?? 0) <= 11, "in one second");
  assert.ok((kinds.get("paced")?.length ?? 0) <= 11);
});

test("target health: in any order of events its numbers are sound and its notices bounded", (context) => {
  context.diagnostic(`fast-check seed ${seed}`);
  const outcome = fc.constantFrom<TryOutcome>("served", "failed", "failed", "refused", "abandoned");
  const event = fc.record({
    passMs: fc.oneof(fc.nat(50), fc.nat(20_000)),
    outcome,
    retryAfterMs: fc.option(fc.nat(100_000)),
    remaining: fc.option(fc.nat(100)),
    resetMs: fc.nat(100_000),
    lasts: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 100 }), (events) => {
      const { health, notices } = open();
      let nowMs = 0;
      let underWay = 0;
      for (const one of events) {
        nowMs += one.passMs;
        const mark = health.onSent(nowMs, 10);
        if (one.remaining !== null) {
          const { remaining, resetMs } = one;
          health.onLimits(nowMs, {
            ...SPENT,
            requests: { limit: 100, remaining, resetMs, refill: "gradually" },
          });
        }
        if (one.lasts) underWay += 1;
        else health.onEnded(nowMs, { mark, outcome: one.outcome, retryAfterMs: one.retryAfterMs });
        assert.equal(health.inFlight, underWay);
        assert.ok(health.unavailableUntilMs <= nowMs + 120_000 && health.unusableUntilMs <= nowMs + 120_000);
        assert.ok(health.pacedUntilMs <= nowMs + 600_000);
        const report = health.describe(nowMs);
        assert.equal(report.reason === null, report.availableInMs === 0);
      }
      assert.ok(notices.every(({ kind, forMs }) => (kind === "closed" ? forMs === 0 : forMs > 0)));
      const timed = notices.filter(({ kind }) => kind !== "closed");
      assert.ok(timed.length <= 3 * ((nowMs + 600_000) / 100));
    }),
    { seed, numRuns: 300 },
  );
});

test("target health: probes of its provider open and close its circuit, and leave its figures alone", () => {
  const { health, notices, call } = open({ probeGraceMs: 1_000 });
  call(0, "served");
  const { latencyMs, calls } = health.describe(0);
  for (let time = 0; time < 5; time += 1) health.onProbed(0, false);
  assert.deepEqual(notices, [{ key: "key", kind: "open", forMs: 6_000 }]);
  assert.equal(health.unavailableUntilMs, 6_000);
  assert.equal(health.wantsProbe(4_999), false);
  health.onProbed(4_999, true);
  assert.equal(health.describe(4_999).state, "open", "its time is not over");
  assert.equal(health.wantsProbe(5_000), true);
  assert.deepEqual([health.describe(5_000).state, health.describe(5_000).reason], ["half-open", "probing"]);
  health.onProbed(5_000, true);
  assert.deepEqual(notices.at(-1), { key: "key", kind: "closed", forMs: 0 });
  const after = health.describe(5_000);
  assert.deepEqual(
    [after.state, after.availableInMs, after.latencyMs, after.calls, after.inFlight, after.openings],
    ["closed", 0, latencyMs, calls, 0, 1],
  );
});

test("target health: an opening that another process tells of waits for the probe too, and is none of its own", () => {
  const { health, notices } = open({ probeGraceMs: 1_000 });
  health.apply(0, { key: "key", kind: "open", forMs: 6_000 });
  assert.deepEqual([health.wantsProbe(4_999), health.wantsProbe(5_000)], [false, true]);
  health.onProbed(5_500, true);
  assert.deepEqual(notices, [{ key: "key", kind: "closed", forMs: 0 }]);
  assert.equal(health.describe(5_500).openings, 0);
});

test("target health: without a breaker probes change nothing", () => {
  const { health, notices } = open({ breaker: NO_BREAKER, probeGraceMs: 1_000 });
  for (let time = 0; time < 50; time += 1) health.onProbed(time, false);
  assert.deepEqual([health.unavailableUntilMs, health.wantsProbe(100), notices], [0, false, []]);
});

test("target health: what another process ejects is judged here, too, by what it does when it is back", () => {
  const { health, call } = open();
  for (let time = 0; time < 30; time += 1) {
    health.onFirstByte(0, 5_000, 0);
    call(0, "failed");
  }
  assert.ok((health.p50Ms() ?? 0) > 4_000);
  health.apply(0, { key: "key", kind: "ejected", forMs: EJECT_MS });
  assert.deepEqual([health.p50Ms(), health.recentCalls(0), health.latencyMs(0)], [null, 0, 0]);
});
