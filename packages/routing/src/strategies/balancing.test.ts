import assert from "node:assert/strict";
import { test } from "node:test";
import type { StrategyConfig } from "@headrace/core/config/types-routing";
import fc from "fast-check";
import { group, leaf, leaves, picksOf, routeOf, seededRandom, TestCall, type TestRoute } from "../testing.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

const BALANCED: readonly StrategyConfig[] = [
  { type: "weighted" },
  { type: "round-robin" },
  { type: "least-latency" },
  { type: "least-busy" },
  { type: "cost" },
  { type: "sticky", by: "key" },
  { type: "ab", by: "key" },
];

function pickedModels(route: TestRoute, call: TestCall, calls: number): string {
  return Array.from({ length: calls }, () => route.node.pick(call)?.model ?? "-").join(" ");
}

for (const strategy of BALANCED) {
  const { type } = strategy;

  test(`${type}: a further try goes to a target that had fewer, and to a tried one when no other is left`, () => {
    const route = routeOf(strategy, leaves(4));
    const call = new TestCall(seededRandom(3), { keyName: "k" });
    for (const round of [1, 2, 3]) {
      const seen = new Set<string>();
      for (let tries = 0; tries < 4; tries += 1) {
        const target = route.node.pick(call);
        assert.ok(target !== null);
        seen.add(target.model);
        call.tried(target);
      }
      assert.equal(seen.size, 4, `round ${round}`);
    }
  });

  test(`${type}: passes over those that cannot be asked, and gives null when none can`, () => {
    const route = routeOf(strategy, leaves(3));
    const call = new TestCall(seededRandom(3), { keyName: "k" }).refuse("m0", "m2");
    assert.deepEqual(picksOf(route, call, 20), { m1: 20 });
    assert.equal(route.node.pick(call.refuse("m1")), null);
  });

  test(`${type}: a target of weight 0 is no part of it`, () => {
    const route = routeOf(strategy, leaves(3, [1, 0, 2]));
    assert.deepEqual(
      route.targets.map(({ model }) => model),
      ["m0", "m2"],
    );
    assert.deepEqual(
      route.targets.map(({ index }) => index),
      [0, 1],
    );
    const call = new TestCall(seededRandom(3), { keyName: "k" }).refuse("m0", "m2");
    assert.equal(route.node.pick(call), null);
  });

  test(`${type}: one target in it is as good as none`, () => {
    const route = routeOf(strategy, [leaf("m0")]);
    assert.equal(route.node.pick(new TestCall())?.model, "m0");
    assert.equal(route.node.pick(new TestCall().refuse("m0")), null);
  });
}

/** Whether counts are as binomial draws would have them, within five standard deviations. */
function assertShares(picks: Record<string, number>, weights: Record<string, number>): void {
  const calls = Object.values(picks).reduce((sum, count) => sum + count, 0);
  const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  for (const [model, weight] of Object.entries(weights)) {
    const share = weight / total;
    const deviation = Math.abs((picks[model] ?? 0) - calls * share);
    assert.ok(
      deviation <= 5 * Math.sqrt(calls * share * (1 - share)) + 1,
      `${model} has ${picks[model]} of ${calls}, not ${share * 100} %`,
    );
  }
}

test("weighted: the shares converge to any weights, with any of the targets out", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 100 }), fc.boolean()), { minLength: 1, maxLength: 12 }),
      fc.integer(),
      (members, start) => {
        const route = routeOf(
          { type: "weighted" },
          leaves(
            members.length,
            members.map(([weight]) => weight),
          ),
        );
        const call = new TestCall(seededRandom(start));
        const weights: Record<string, number> = {};
        for (const [index, [weight, isOut]] of members.entries()) {
          if (isOut) call.refuse(`m${index}`);
          else weights[`m${index}`] = weight;
        }
        const picks = picksOf(route, call, 4_000);
        if (Object.keys(weights).length === 0) assert.deepEqual(picks, { none: 4_000 });
        else assertShares(picks, weights);
      },
    ),
    { seed, numRuns: 40 },
  );
});

test("weighted: weights may be fractions", () => {
  const route = routeOf({ type: "weighted" }, leaves(2, [0.25, 0.75]));
  assertShares(picksOf(route, new TestCall(), 10_000), { m0: 1, m1: 3 });
});

test("round-robin: in turn", () => {
  const route = routeOf({ type: "round-robin" }, leaves(3));
  assert.equal(pickedModels(route, new TestCall(), 7), "m0 m1 m2 m0 m1 m2 m0");
});

test("round-robin: without one of them the turns of the others stay even, and it has its own again later", () => {
  const route = routeOf({ type: "round-robin" }, leaves(3));
  const down = new TestCall().refuse("m0");
  assert.equal(pickedModels(route, down, 6), "m1 m2 m1 m2 m1 m2");
  assert.equal(pickedModels(route, new TestCall(), 4), "m0 m1 m2 m0");
});

test("round-robin: turns by weight are spread out", () => {
  const route = routeOf({ type: "round-robin" }, leaves(3, [5, 1, 1]));
  assert.equal(pickedModels(route, new TestCall(), 14), "m0 m0 m1 m0 m2 m0 m0 m0 m0 m1 m0 m2 m0 m0");
});

test("round-robin: any weights are met exactly in a round, and never missed by more than the others' turns", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 6 }),
      fc.integer({ min: 1, max: 3 }),
      (weights, rounds) => {
        const route = routeOf({ type: "round-robin" }, leaves(weights.length, weights));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const picks = picksOf(route, new TestCall(), total * rounds);
        for (const [index, weight] of weights.entries()) assert.equal(picks[`m${index}`], weight * rounds);
      },
    ),
    { seed },
  );
});

test("round-robin: looking at it from outside moves no turn on", () => {
  const inner = group({ type: "round-robin" }, leaf("a"), leaf("b"));
  const route = routeOf({ type: "cost" }, [inner, leaf("c")]);
  const call = new TestCall().refuse("c");
  assert.equal(pickedModels(route, call, 5), "a b a b a");
});

function withLatencies(latencies: readonly number[]): TestRoute {
  const route = routeOf({ type: "least-latency" }, leaves(latencies.length));
  for (const target of route.targets) target.latency = latencies[target.index] ?? 0;
  return route;
}

test("least-latency: the slowest is never taken, and the faster one of a pair always", () => {
  const picks = picksOf(withLatencies([100, 200, 300, 400]), new TestCall(), 6_000);
  assert.equal(picks.m3, undefined);
  assertShares(picks, { m0: 3, m1: 2, m2: 1 });
});

test("least-latency: calls in flight count as if they were to be waited for", () => {
  const route = withLatencies([100, 250]);
  const [fast] = route.targets;
  assert.ok(fast !== undefined);
  fast.inFlight = 1;
  assert.deepEqual(picksOf(route, new TestCall(), 20), { m0: 20 });
  fast.inFlight = 2;
  assert.deepEqual(picksOf(route, new TestCall(), 20), { m1: 20 });
});

test("least-latency: one of which nothing is known is asked at once, but once, and then as often as it is idle", () => {
  const route = withLatencies([100, 0]);
  const [, unknown] = route.targets;
  assert.ok(unknown !== undefined);
  assert.deepEqual(picksOf(route, new TestCall(), 20), { m1: 20 });
  unknown.inFlight = 1;
  assert.deepEqual(picksOf(route, new TestCall(), 20), { m0: 20 });
});

test("least-latency: a storm of calls over new targets spreads evenly", () => {
  const route = withLatencies(new Array(10).fill(0));
  const call = new TestCall();
  for (let calls = 0; calls < 200; calls += 1) {
    const target = route.node.pick(call);
    if (target !== null) target.inFlight += 1;
  }
  for (const { model, inFlight } of route.targets) {
    assert.ok(inFlight >= 15 && inFlight <= 25, `${model} has ${inFlight} of 200`);
  }
});

test("least-latency: two draws in a closed loop keep a slow target's share near to what it can take", () => {
  const route = withLatencies([50, 50, 500]);
  const call = new TestCall();
  const busyUntil = new Map(route.targets.map((target) => [target, [] as number[]]));
  const picks: Record<string, number> = {};
  for (let nowMs = 0; nowMs < 20_000; nowMs += 5) {
    for (const [target, ends] of busyUntil) {
      const left = ends.filter((endMs) => endMs > nowMs);
      busyUntil.set(target, left);
      target.inFlight = left.length;
    }
    const target = route.node.pick(call);
    assert.ok(target !== null);
    busyUntil.get(target)?.push(nowMs + target.latency);
    picks[target.model] = (picks[target.model] ?? 0) + 1;
  }
  assert.ok((picks.m2 ?? 0) < 0.1 * 4_000, `the slow one has ${picks.m2}`);
});

test("least-busy: the one with fewest calls for its weight", () => {
  const route = routeOf({ type: "least-busy" }, leaves(3, [1, 2, 4]));
  const call = new TestCall();
  for (let calls = 0; calls < 70; calls += 1) {
    const target = route.node.pick(call);
    if (target !== null) target.inFlight += 1;
  }
  assert.deepEqual(
    route.targets.map(({ inFlight }) => inFlight),
    [10, 20, 40],
  );
});

test("least-busy: equals share by weight", () => {
  const route = routeOf({ type: "least-busy" }, leaves(3, [1, 2, 1]));
  assertShares(picksOf(route, new TestCall(), 4_000), { m0: 1, m1: 2, m2: 1 });
});

test("least-busy: a group has the calls of all its targets", () => {
  const route = routeOf({ type: "least-busy" }, [
    group({ type: "fallback" }, leaf("a"), leaf("b")),
    leaf("c"),
  ]);
  const [, second, third] = route.targets;
  assert.ok(second !== undefined && third !== undefined);
  second.inFlight = 3;
  third.inFlight = 2;
  assert.deepEqual(picksOf(route, new TestCall(), 10), { c: 10 });
});

function withPrices(prices: readonly (number | null)[]): TestRoute {
  const route = routeOf({ type: "cost" }, leaves(prices.length));
  for (const target of route.targets) target.blendedUsdPerMillion = prices[target.index] ?? null;
  return route;
}

test("cost: the cheapest that can be asked, unknown prices last", () => {
  const route = withPrices([5, null, 0, 2]);
  const call = new TestCall();
  for (const model of ["m2", "m3", "m0", "m1"]) {
    assert.deepEqual(picksOf(route, call, 10), { [model]: 10 });
    call.refuse(model);
  }
  assert.equal(route.node.pick(call), null);
});

test("cost: equals share", () => {
  assertShares(picksOf(withPrices([1, 2, 1]), new TestCall(), 4_000), { m0: 1, m2: 1 });
  assertShares(picksOf(withPrices([null, null]), new TestCall(), 4_000), { m0: 1, m1: 1 });
});
