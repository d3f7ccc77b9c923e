import assert from "node:assert/strict";
import { test } from "node:test";
import { type BreakerOptions, CircuitBreaker } from "./circuit-breaker.ts";

const CONFIG: BreakerOptions = {
  enabled: true,
  consecutiveFailures: 5,
  failureShare: 0.5,
  minCalls: 20,
  windowMs: 10_000,
  openMs: 5_000,
  maxOpenMs: 60_000,
};

/** Without jitter. */
function open(config: Partial<BreakerOptions> = {}, random: () => number = () => 0): CircuitBreaker {
  return new CircuitBreaker({ ...CONFIG, ...config }, random);
}

function fail(breaker: CircuitBreaker, nowMs: number, times = 1): void {
  for (let call = 0; call < times; call += 1) breaker.onEnded(nowMs, breaker.onSent(nowMs), "failed");
}

test("breaker: opens at the fifth failure in a row, and at no success between them", () => {
  const breaker = open();
  fail(breaker, 0, 4);
  breaker.onEnded(0, breaker.onSent(0), "served");
  fail(breaker, 0, 4);
  assert.equal(breaker.state(0), "closed");
  fail(breaker, 0);
  assert.deepEqual([breaker.state(0), breaker.untilMs], ["open", 5_000]);
});

test("breaker: opens at half of at least twenty calls", () => {
  const breaker = open();
  for (let pair = 0; pair < 9; pair += 1) {
    fail(breaker, 0);
    breaker.onEnded(0, breaker.onSent(0), "served");
  }
  breaker.onEnded(0, breaker.onSent(0), "served");
  assert.equal(breaker.state(0), "closed", "9 of 19");
  fail(breaker, 0);
  assert.equal(breaker.state(0), "open", "10 of 20");
});

test("breaker: failures that are spread over more than the window do not open it", () => {
  const breaker = open({ consecutiveFailures: 1_000 });
  for (let call = 0; call < 100; call += 1) fail(breaker, call * 1_000);
  assert.equal(breaker.state(100_000), "closed");
});

for (const outcome of ["refused", "abandoned"] as const) {
  test(`breaker: any number of ${outcome} calls leaves it closed, and the row of failures whole`, () => {
    const breaker = open();
    fail(breaker, 0, 4);
    for (let call = 0; call < 1_000; call += 1) breaker.onEnded(0, breaker.onSent(0), outcome);
    assert.equal(breaker.state(0), "closed");
    fail(breaker, 0);
    assert.equal(breaker.state(0), "open");
  });

  test(`breaker: a probe that ends ${outcome} makes room for the next`, () => {
    const breaker = open();
    fail(breaker, 0, 5);
    const probe = breaker.onSent(5_000);
    assert.ok(breaker.probing(5_000) && breaker.untilMs > 5_100);
    assert.equal(breaker.onEnded(5_100, probe, outcome), null);
    assert.deepEqual([breaker.state(5_100), breaker.untilMs], ["half-open", 5_100]);
    assert.equal(breaker.onEnded(5_200, breaker.onSent(5_150), "served"), "closed");
  });
}

test("breaker: half-open takes one call at a time, and what is sent beside it does not count", () => {
  const breaker = open();
  fail(breaker, 0, 5);
  const probe = breaker.onSent(5_000);
  const beside = breaker.onSent(5_000);
  assert.equal(breaker.onEnded(5_001, beside, "served"), null);
  assert.equal(breaker.onEnded(5_002, beside, "failed"), null);
  assert.equal(breaker.state(5_002), "half-open");
  assert.equal(breaker.onFirstByte(5_003, probe), true);
  assert.deepEqual([breaker.state(5_003), breaker.untilMs], ["closed", 0]);
});

test("breaker: the ends of calls sent before it opened say nothing of the probe", () => {
  const breaker = open();
  const early = [breaker.onSent(0), breaker.onSent(0), breaker.onSent(0)] as const;
  fail(breaker, 0, 5);
  assert.equal(breaker.onEnded(10, early[0], "served"), null);
  breaker.onSent(5_000);
  assert.equal(breaker.onEnded(5_001, early[1], "served"), null);
  assert.equal(breaker.onEnded(5_002, early[2], "failed"), null);
  assert.equal(breaker.state(5_002), "half-open");
});

test("breaker: a probe's stream that is cut after it closed the circuit counts as a failure", () => {
  const breaker = open({ consecutiveFailures: 1 });
  fail(breaker, 0);
  const probe = breaker.onSent(5_000);
  breaker.onFirstByte(5_100, probe);
  assert.equal(breaker.onEnded(9_000, probe, "failed"), "open");
});

test("breaker: open, it lets a call through once in a fifth of its time, which closes it when it is served", () => {
  const breaker = open({}, () => 0.5);
  fail(breaker, 0, 5);
  assert.deepEqual([breaker.mayAskEarly(999), breaker.mayAskEarly(1_000)], [false, true]);
  breaker.grantEarly(1_000);
  const early = breaker.onSent(1_000);
  assert.deepEqual([breaker.mayAskEarly(1_000), breaker.untilMs], [false, 4_500]);
  assert.equal(breaker.onSent(1_001), 0, "what is sent beside it does not count");
  assert.equal(breaker.onFirstByte(1_100, early), true);
  assert.deepEqual([breaker.state(1_100), breaker.untilMs, breaker.mayAskEarly(9_000)], ["closed", 0, false]);
});

test("breaker: an early call that fails, or ends as none, leaves the time as it was", () => {
  for (const outcome of ["failed", "refused", "abandoned"] as const) {
    const breaker = open({}, () => 0.5);
    fail(breaker, 0, 5);
    breaker.grantEarly(1_000);
    const early = breaker.onSent(1_000);
    assert.equal(breaker.onProbed(1_050, true), null, "the call finds out more than a probe");
    assert.equal(breaker.onEnded(1_100, early, outcome), null);
    assert.deepEqual([breaker.state(1_100), breaker.untilMs], ["open", 4_500]);
    assert.deepEqual([breaker.mayAskEarly(1_999), breaker.mayAskEarly(2_000)], [false, true]);
    assert.equal(breaker.onEnded(4_600, breaker.onSent(4_500), "served"), "closed");
  }
});

test("breaker: where there are probes no call goes early before one was answered", () => {
  const breaker = open({ probeGraceMs: 500 });
  fail(breaker, 0, 5);
  assert.equal(breaker.mayAskEarly(4_000), false);
  assert.equal(breaker.onProbed(4_000, false), null);
  assert.equal(breaker.mayAskEarly(4_000), false);
  assert.equal(breaker.onProbed(4_100, true), null);
  assert.equal(breaker.mayAskEarly(4_100), true);
  breaker.grantEarly(4_100);
  assert.equal(breaker.onEnded(4_200, breaker.onSent(4_150), "failed"), null);
  assert.deepEqual([breaker.state(4_200), breaker.mayAskEarly(4_200)], ["open", false]);
});

test("breaker: an early call that lasts longer than the time makes room for a probe, and says nothing any more", () => {
  const breaker = open({}, () => 0.5);
  fail(breaker, 0, 5);
  breaker.grantEarly(1_000);
  const early = breaker.onSent(1_000);
  const probe = breaker.onSent(4_500);
  assert.notEqual(probe, 0);
  assert.equal(breaker.onEnded(4_600, early, "failed"), null);
  assert.equal(breaker.onEnded(4_700, probe, "failed"), "open");
});

test("breaker: a probe that is never heard of again is replaced", () => {
  const breaker = open();
  fail(breaker, 0, 5);
  const lost = breaker.onSent(5_000);
  assert.equal(breaker.untilMs, 65_000);
  const second = breaker.onSent(65_000);
  assert.equal(breaker.onEnded(65_001, lost, "failed"), null);
  assert.equal(breaker.onEnded(65_002, second, "served"), "closed");
});

test("breaker: stays open for twice as long at each failed probe, and for a minute at most", () => {
  const breaker = open();
  fail(breaker, 0, 5);
  const openForMs = [];
  for (let probe = 0; probe < 6; probe += 1) {
    const atMs = breaker.untilMs;
    fail(breaker, atMs);
    openForMs.push(breaker.untilMs - atMs);
  }
  assert.deepEqual(openForMs, [10_000, 20_000, 40_000, 60_000, 60_000, 60_000]);
});

test("breaker: a target that fails again soon after its probe goes on doubling, one that held out does not", () => {
  const breaker = open();
  fail(breaker, 0, 5);
  breaker.onEnded(5_000, breaker.onSent(5_000), "served");
  fail(breaker, 6_000, 5);
  assert.equal(breaker.untilMs, 16_000);
  breaker.onEnded(16_000, breaker.onSent(16_000), "served");
  fail(breaker, 76_000, 5);
  assert.equal(breaker.untilMs, 81_000);
});

test("breaker: the jitter takes off up to a fifth", () => {
  for (const [chance, untilMs] of [
    [0, 5_000],
    [0.5, 4_500],
    [0.999_999, 4_000.001],
  ] as const) {
    const breaker = open({}, () => chance);
    fail(breaker, 0, 5);
    assert.ok(Math.abs(breaker.untilMs - untilMs) < 0.01, `${breaker.untilMs}`);
  }
});

test("breaker: takes over what another process found out, unless its own probe is under way", () => {
  const breaker = open();
  breaker.openFor(1_000, 3_000);
  assert.deepEqual([breaker.state(1_000), breaker.untilMs], ["open", 4_000]);
  breaker.close(2_000);
  assert.deepEqual([breaker.state(2_000), breaker.untilMs], ["closed", 0]);
  fail(breaker, 3_000, 5);
  const probe = breaker.onSent(breaker.untilMs);
  const untilMs = breaker.untilMs;
  breaker.openFor(20_000, 40_000);
  assert.equal(breaker.untilMs, untilMs);
  assert.equal(breaker.onEnded(20_100, probe, "served"), "closed");
});

test("breaker: a changed configuration holds from the next failure on", () => {
  const breaker = open();
  fail(breaker, 0, 2);
  breaker.configure({ ...CONFIG, consecutiveFailures: 3, openMs: 1_000, windowMs: 20_000 });
  fail(breaker, 0);
  assert.deepEqual([breaker.state(0), breaker.untilMs], ["open", 1_000]);
});

test("breaker: a failed probe counts as a failed call, an answered one makes up for failed probes only", () => {
  const breaker = open();
  fail(breaker, 0, 3);
  assert.equal(breaker.onProbed(0, false), null);
  assert.equal(breaker.onProbed(0, true), null);
  assert.equal(breaker.onProbed(0, false), null, "the fourth in a row, since one was made up for");
  assert.equal(breaker.onProbed(0, false), "open");
  const seldom = open();
  for (let probe = 0; probe < 100; probe += 1) {
    assert.equal(seldom.onProbed(probe * 60_000, false), null);
    assert.equal(seldom.onProbed(probe * 60_000, true), null);
  }
});

test("breaker: an answered probe closes an open circuit only when its time is over", () => {
  const breaker = open();
  fail(breaker, 0, 5);
  assert.equal(breaker.onProbed(4_999, true), null);
  assert.equal(breaker.onProbed(4_999, false), null);
  assert.equal(breaker.onProbed(5_000, true), "closed");
  assert.deepEqual([breaker.state(5_000), breaker.untilMs], ["closed", 0]);
});

test("breaker: a failed probe opens it for twice as long, and spares calls while there is grace", () => {
  const breaker = open({ probeGraceMs: 500 });
  fail(breaker, 0, 5);
  assert.equal(breaker.untilMs, 5_500);
  assert.deepEqual([breaker.state(4_999), breaker.state(5_000)], ["open", "half-open"]);
  assert.deepEqual([breaker.probing(4_999), breaker.probing(5_000)], [false, true]);
  assert.equal(breaker.onProbed(5_100, false), "open");
  assert.equal(breaker.untilMs, 5_100 + 10_000 + 500);
  assert.equal(breaker.probing(15_600), false, "nobody probed: a call may");
  assert.equal(breaker.onEnded(15_700, breaker.onSent(15_650), "served"), "closed");
});
