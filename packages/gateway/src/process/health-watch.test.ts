import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { MODEL_DEFAULTS } from "@headrace/core/config/defaults";
import type { OutliersConfig } from "@headrace/core/config/types-routing";
import type { ProbeConfig } from "@headrace/core/config/types-traffic";
import { HEALTH_DEFAULTS } from "@headrace/routing/health/options";
import { TargetHealth } from "@headrace/routing/health/target-health";
import { probeGraceMs } from "../snapshot/probe-grace.ts";
import type { WatchPlan } from "../snapshot/watch-plan.ts";
import { HealthWatch } from "./health-watch.ts";

const PROBE: ProbeConfig = { intervalMs: 10_000, timeoutMs: 2_000 };

let nowMs: number;

beforeEach((context) => {
  nowMs = 0;
  mock.timers.enable({ apis: ["setInterval"] });
  assert.ok("after" in context);
  context.after(() => mock.timers.reset());
});

/** Lets time pass, and what follows from it happen. */
async function pass(ms: number): Promise<void> {
  for (const endMs = nowMs + ms; nowMs < endMs; ) {
    nowMs += 10;
    mock.timers.tick(10);
    // The chain of a probe that is answered at once is shorter than this.
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  }
}

function target(key: string): TargetHealth {
  const options = { ...HEALTH_DEFAULTS, probeGraceMs: probeGraceMs(PROBE) };
  return new TargetHealth(key, options, { random: () => 0, onNotice: () => {} });
}

function watch(plan: Partial<WatchPlan>, probes = true, chance = 0.5) {
  const told: string[] = [];
  const watching = new HealthWatch(
    { probed: [], groups: [], ...plan },
    {
      nowMs: () => nowMs,
      random: () => chance,
      probes,
      onProbed: (provider, answered) => told.push(`${provider} ${answered}`),
      onEjected: ({ key }) => told.push(`ejected ${key}`),
    },
  );
  watching.start();
  return { watching, told };
}

/** A provider whose answers the test gives, and when it was asked. */
function provider(answer: () => boolean | Promise<boolean>) {
  const askedAtMs: number[] = [];
  const targets = [target("a"), target("b")];
  const probe = async (timeoutMs: number): Promise<boolean> => {
    assert.equal(timeoutMs, PROBE.timeoutMs);
    askedAtMs.push(nowMs);
    return answer();
  };
  return {
    targets,
    askedAtMs,
    plan: { probed: [{ upstream: { name: "p", probe }, probe: PROBE, targets: () => targets }] },
  };
}

test("watch: probes at once in each interval, begun at a time of the process's own", async () => {
  const { plan, askedAtMs } = provider(() => true);
  const { watching, told } = watch(plan, true, 0.25);
  await pass(35_000);
  assert.deepEqual(askedAtMs, [2_500, 12_500, 22_500, 32_500]);
  assert.deepEqual(told, []);
  watching.close();
  await pass(20_000);
  assert.equal(askedAtMs.length, 4);
});

test("watch: failed probes open the circuits of all of a provider's targets", async () => {
  const { plan, askedAtMs, targets } = provider(() => false);
  const { watching, told } = watch(plan, true, 0);
  await pass(41_000);
  assert.equal(askedAtMs.length, 5);
  assert.deepEqual(
    targets.map((one) => [one.describe(nowMs).state, one.describe(nowMs).reason, one.inFlight]),
    [
      ["open", "failing", 0],
      ["open", "failing", 0],
    ],
  );
  assert.deepEqual(told, ["p false"]);
  watching.close();
});

test("watch: a half-open circuit is probed when its time is over, so that no call need be risked", async () => {
  let answers = false;
  const { plan, askedAtMs, targets } = provider(() => answers);
  const { watching, told } = watch(plan, true, 0.99);
  const [first, second] = targets;
  assert.ok(first !== undefined && second !== undefined);
  for (let time = 0; time < 5; time += 1)
    first.onEnded(0, { mark: first.onSent(0, 1), outcome: "failed", retryAfterMs: null });
  await pass(5_240);
  assert.deepEqual(askedAtMs, [5_000]);
  assert.equal(first.describe(nowMs).state, "open", "the probe failed, so it is open for twice as long");
  assert.equal(second.describe(nowMs).state, "closed", "one failure");
  answers = true;
  await pass(9_700);
  assert.ok(first.unavailableUntilMs > nowMs);
  await pass(300);
  assert.deepEqual(askedAtMs, [5_000, 15_000]);
  assert.deepEqual(
    targets.map((one) => [one.describe(nowMs).state, one.unavailableUntilMs, one.latencyMs(nowMs)]),
    [
      ["closed", 0, 0],
      ["closed", 0, 0],
    ],
  );
  assert.deepEqual(told, ["p false", "p true"]);
  watching.close();
});

test("watch: asks nothing while a probe is under way, and hears nothing once it is closed", async () => {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const { plan, askedAtMs, targets } = provider(() => promise);
  const { watching, told } = watch(plan, true, 0);
  await pass(60_000);
  assert.equal(askedAtMs.length, 1);
  watching.close();
  resolve(false);
  await pass(10);
  assert.deepEqual(told, []);
  assert.equal(targets[0]?.describe(nowMs).state, "closed");
});

test("watch: only one process of a machine probes", async () => {
  const { plan, askedAtMs } = provider(() => true);
  const { watching } = watch(plan, false);
  await pass(30_000);
  assert.deepEqual(askedAtMs, []);
  watching.close();
});

test("watch: compares the members of each group at its own interval", async () => {
  const calls = (one: TargetHealth, tookMs: number): void => {
    for (let call = 0; call < 30; call += 1) {
      const mark = one.onSent(nowMs, 1);
      one.onFirstByte(nowMs, tookMs, mark);
      one.onEnded(nowMs, { mark, outcome: "served", retryAfterMs: null });
    }
  };
  const groupOf = (outliers: Partial<OutliersConfig>) => {
    const members = [target("quick"), target("usual"), target("slow")];
    for (const [index, tookMs] of [100, 120, 2_000].entries()) {
      const member = members[index];
      if (member !== undefined) calls(member, tookMs);
    }
    return { members: () => [members], outliers: { ...MODEL_DEFAULTS.outliers, ...outliers } };
  };
  const often = groupOf({ intervalMs: 1_000, ejectMs: 3_000 });
  const seldom = groupOf({ intervalMs: 4_000 });
  const { watching, told } = watch({ groups: [often, seldom] });
  await pass(990);
  assert.deepEqual(told, []);
  await pass(20);
  assert.deepEqual(told, ["ejected slow"]);
  assert.deepEqual(
    often.members()[0]?.map((one) => one.describe(nowMs).reason),
    [null, null, "ejected"],
  );
  assert.equal(seldom.members()[0]?.[2]?.describe(nowMs).reason, null);
  await pass(3_000);
  assert.deepEqual(told, ["ejected slow", "ejected slow"]);
  watching.close();
});
