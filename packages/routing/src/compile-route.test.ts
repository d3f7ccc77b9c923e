import assert from "node:assert/strict";
import { test } from "node:test";
import type { StrategyConfig, TargetConfig } from "@headrace/core/config/types-routing";
import fc from "fast-check";
import type { RuleFaultReport } from "./compile-route.ts";
import { RuleFault, UndecidedRule } from "./rules/rule-fault.ts";
import { group, leaf, leaves, listOf, routeOf, seededRandom, TestCall, type TestRoute } from "./testing.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

function picked(route: TestRoute, call: TestCall = new TestCall()): string | null {
  return route.node.pick(call)?.model ?? null;
}

test("route: single is its target, fallback the first that can be asked, tried or not", () => {
  const single = routeOf({ type: "single" }, [leaf("a")]);
  assert.equal(picked(single), "a");
  assert.equal(picked(single, new TestCall().refuse("a")), null);
  const fallback = routeOf({ type: "fallback" }, leaves(3));
  const call = new TestCall();
  for (const [index, target] of fallback.targets.entries()) {
    assert.equal(picked(fallback, call), `m${index}`);
    call.tried(target);
    assert.equal(picked(fallback, call), `m${index}`, "again, until it may not be asked");
    call.refuse(target.model);
  }
  assert.equal(picked(fallback, call), null);
});

test("route: leaves are numbered in the order of the config, through groups and models", () => {
  const models = {
    big: { strategy: { type: "fallback" }, targets: listOf([leaf("c"), leaf("d")]) },
  } as const;
  const targets: TargetConfig[] = [
    leaf("a"),
    group({ type: "weighted" }, leaf("b")),
    { model: "big", weight: 1 },
    leaf("e"),
  ];
  const route = routeOf({ type: "fallback" }, targets, { models });
  assert.deepEqual(
    route.targets.map(({ index, model }) => `${index}${model}`),
    ["0a", "1b", "2c", "3d", "4e"],
  );
  assert.deepEqual(route.node.targets, route.targets);
  assert.equal(picked(route, new TestCall().refuse("a", "b", "c")), "d");
});

test("route: a model that is not there is an error", () => {
  for (const model of ["gone", "constructor"]) {
    assert.throws(() => routeOf({ type: "single" }, [{ model, weight: 1 }]), /there is no model/);
  }
});

test("route: a group is passed over when none of it can be asked", () => {
  const route = routeOf({ type: "fallback" }, [
    group({ type: "least-latency" }, leaf("a"), leaf("b")),
    group({ type: "weighted" }, leaf("c"), leaf("d")),
  ]);
  const call = new TestCall().refuse("a");
  assert.equal(picked(route, call), "b");
  assert.match(picked(route, call.refuse("b")) ?? "", /^[cd]$/);
  assert.equal(picked(route, call.refuse("c", "d")), null);
});

test("route: in a balanced group of groups a further try goes to a target that was not tried", () => {
  const route = routeOf({ type: "weighted" }, [
    group({ type: "weighted" }, leaf("a"), leaf("b")),
    group({ type: "fallback" }, leaf("c"), leaf("d")),
  ]);
  const call = new TestCall();
  const seen = new Set<string>();
  for (let tries = 0; tries < 3; tries += 1) {
    const target = route.node.pick(call);
    assert.ok(target !== null);
    seen.add(target.model);
    call.tried(target);
  }
  assert.deepEqual([...seen].toSorted(), ["a", "b", "c"]);
});

const BY_LENGTH: StrategyConfig = {
  type: "rules",
  rules: [
    { when: "tokens > 1000", use: "long" },
    { when: 'headers["x-tier"] == "gold"', use: 0 },
  ],
  otherwise: "cheap",
};
const RULED: readonly TargetConfig[] = [
  leaf("gold"),
  { ...leaf("l1"), name: "long" },
  { ...group({ type: "fallback" }, leaf("c1"), leaf("c2")), name: "cheap" },
];

test("route: the first rule that holds decides, else otherwise", () => {
  const route = routeOf(BY_LENGTH, RULED);
  const header = (name: string): string => (name === "x-tier" ? "gold" : "");
  assert.deepEqual(route.needs, { headers: ["x-tier"], body: false });
  assert.equal(picked(route, new TestCall(undefined, { inputTokens: 5_000, header })), "l1");
  assert.equal(picked(route, new TestCall(undefined, { header })), "gold");
  assert.equal(picked(route), "c1");
  assert.equal(picked(route, new TestCall().refuse("c1")), "c2");
});

test("route: where a rule sends a call no other target gets it", () => {
  const route = routeOf(BY_LENGTH, RULED);
  const call = new TestCall(undefined, { inputTokens: 5_000 }).refuse("l1");
  assert.equal(picked(route, call), null);
  assert.equal(
    picked(routeOf({ type: "fallback" }, [group(BY_LENGTH, ...RULED), leaf("spare")]), call),
    "spare",
  );
});

test("route: a rule that cannot tell does not hold, and is told of", () => {
  const reports: RuleFaultReport[] = [];
  const when = 'body.metadata.team == "a"';
  const route = routeOf(
    {
      type: "rules",
      rules: [
        { when: "false", use: 0 },
        { when, use: 0 },
      ],
      otherwise: 1,
    },
    leaves(2),
    { onRuleFault: (report) => reports.push(report) },
  );
  assert.equal(route.needs.body, true);
  assert.equal(picked(route, new TestCall(undefined, { body: {} })), "m1");
  assert.deepEqual(
    reports.map(({ rule, when }) => ({ rule, when })),
    [{ rule: 1, when }],
  );
  assert.ok(reports[0]?.error instanceof UndecidedRule);
  assert.equal(picked(route, new TestCall(undefined, { body: { metadata: { team: "a" } } })), "m0");
});

test("route: a rule that cannot be read is an error", () => {
  const rules = [{ when: "tokens >", use: 0 }];
  assert.throws(() => routeOf({ type: "rules", rules, otherwise: 0 }, leaves(2)), RuleFault);
});

test("route: what several strategies need is added up", () => {
  const route = routeOf({ type: "sticky", by: "header", header: "x-b" }, [
    group(
      { type: "rules", rules: [{ when: "headers['x-a'] == ''", use: 0 }], otherwise: 1 },
      leaf("a"),
      leaf("b"),
    ),
    group({ type: "ab", by: "conversation" }, leaf("c"), leaf("d")),
  ]);
  assert.deepEqual(route.needs, { headers: ["x-a", "x-b"], body: true });
  assert.deepEqual(routeOf({ type: "weighted" }, leaves(2)).needs, { headers: [], body: false });
});

test("route: cost warns of targets without a price", () => {
  const { warnings } = routeOf({ type: "cost" }, [leaf("a"), { ...leaf("b"), name: "second" }]);
  assert.deepEqual(warnings, [
    'the strategy "cost" asks p/a last, because no price is known for it',
    'the strategy "cost" asks second last, because no price is known for it',
  ]);
  assert.deepEqual(routeOf({ type: "weighted" }, leaves(2)).warnings, []);
});

const STRATEGIES: fc.Arbitrary<StrategyConfig> = fc.constantFrom<StrategyConfig>(
  { type: "fallback" },
  { type: "weighted" },
  { type: "round-robin" },
  { type: "least-latency" },
  { type: "least-busy" },
  { type: "cost" },
  { type: "sticky", by: "key" },
  { type: "sticky", by: "prefix" },
  { type: "ab", by: "key", salt: "s" },
  { type: "rules", rules: [{ when: "tokens > 10", use: 0 }], otherwise: 0 },
);

type Tree = { strategy: StrategyConfig; children: (Tree | number)[] };

const { tree } = fc.letrec<{ tree: Tree; child: Tree | number }>((tie) => ({
  tree: fc.record({ strategy: STRATEGIES, children: fc.array(tie("child"), { minLength: 1, maxLength: 4 }) }),
  child: fc.oneof({ maxDepth: 3, withCrossShrink: true }, fc.integer({ min: 0, max: 9 }), tie("tree")),
}));

/** Leaves of a tree carry their weight, and a name that is theirs alone. */
function targetsOf({ children }: Tree, next: { leaf: number }): TargetConfig[] {
  return children.map((child) => {
    if (typeof child !== "number") return { ...group(child.strategy, ...targetsOf(child, next)), weight: 2 };
    next.leaf += 1;
    return leaf(`m${next.leaf}`, child + 1);
  });
}

test("route: of any tree, only targets that may be asked, and null only when a strategy can reach none", () => {
  fc.assert(
    fc.property(tree, fc.func(fc.boolean()), fc.integer(), (config, isOut, start) => {
      const next = { leaf: 0 };
      const route = routeOf(config.strategy, targetsOf(config, next));
      assert.equal(route.targets.length, next.leaf);
      assert.deepEqual(route.node.targets, route.targets);
      const call = new TestCall(seededRandom(start), { keyName: start % 3 === 0 ? "" : `k${start}` });
      for (const { model } of route.targets) if (isOut(model)) call.refuse(model);
      const hasRules = JSON.stringify(config).includes('"rules"');
      for (let tries = 0; tries < next.leaf + 3; tries += 1) {
        const target = route.node.pick(call);
        if (target === null) {
          const left = route.targets.filter((one) => call.mayAsk(one));
          assert.ok(hasRules || left.length === 0, `${left.length} could be asked`);
          return;
        }
        assert.ok(call.mayAsk(target), `${target.model} was refused`);
        call.tried(target);
        if (call.triesOf(target) > 1) call.refuse(target.model);
      }
    }),
    { seed, numRuns: 500 },
  );
});

test("route: of any tree without rules, every target is reached before the call is given up", () => {
  fc.assert(
    fc.property(tree, fc.integer(), (config, start) => {
      fc.pre(!JSON.stringify(config).includes('"rules"'));
      const route = routeOf(config.strategy, targetsOf(config, { leaf: 0 }));
      const call = new TestCall(seededRandom(start));
      const seen = new Set<string>();
      for (let target = route.node.pick(call); target !== null; target = route.node.pick(call)) {
        assert.equal(seen.has(target.model), false);
        seen.add(target.model);
        call.tried(target);
        call.refuse(target.model);
      }
      assert.equal(seen.size, route.targets.length);
    }),
    { seed, numRuns: 300 },
  );
});

test("route: reading any tree needs no more than what it says", () => {
  fc.assert(
    fc.property(tree, (config) => {
      const route = routeOf(config.strategy, targetsOf(config, { leaf: 0 }));
      let readsBody = false;
      const call = new TestCall();
      call.facts = {
        ...call.facts,
        header: () => assert.fail("no strategy of these reads a header"),
        get body() {
          readsBody = true;
          return null;
        },
      };
      for (let picks = 0; picks < 5; picks += 1) route.node.pick(call);
      assert.ok(route.needs.body || !readsBody);
    }),
    { seed, numRuns: 200 },
  );
});
