import assert from "node:assert/strict";
import { test } from "node:test";
import type { StrategyConfig } from "@headrace/core/config/types-routing";
import fc from "fast-check";
import type { CallFacts } from "../route.ts";
import { leaf, leaves, picksOf, routeOf, seededRandom, TestCall, type TestRoute } from "../testing.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);
const BY_KEY: StrategyConfig = { type: "sticky", by: "key" };

function homesOf(route: TestRoute, keys: number, refused: readonly string[] = []): string[] {
  return Array.from({ length: keys }, (_, index) => {
    const call = new TestCall(seededRandom(index), { keyName: `key-${index}` }).refuse(...refused);
    return route.node.pick(call)?.model ?? "none";
  });
}

function shareOf(homes: readonly string[], model: string): number {
  return homes.filter((home) => home === model).length / homes.length;
}

test("sticky: which target a key has, in every process and version", () => {
  const route = routeOf(BY_KEY, leaves(5));
  assert.equal(homesOf(route, 8).join(" "), "m3 m1 m2 m4 m4 m2 m2 m1");
  assert.equal(homesOf(routeOf(BY_KEY, leaves(3, [1, 2, 5])), 8).join(" "), "m2 m1 m2 m2 m2 m2 m2 m1");
});

test("sticky: the same key has the same target, whatever is drawn", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.integer(), fc.integer(), (keyName, one, other) => {
      const route = routeOf(BY_KEY, leaves(7));
      const first = route.node.pick(new TestCall(seededRandom(one), { keyName }));
      assert.equal(first, route.node.pick(new TestCall(seededRandom(other), { keyName })));
    }),
    { seed },
  );
});

test("sticky: when a target goes only its own keys move, to all others alike, and come back with it", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 2, maxLength: 10 }),
      fc.nat(),
      (weights, nth) => {
        const route = routeOf(BY_KEY, leaves(weights.length, weights));
        const gone = `m${nth % weights.length}`;
        const before = homesOf(route, 2_000);
        const during = homesOf(route, 2_000, [gone]);
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const fair = (weights[nth % weights.length] ?? 0) / total;
        const moved = before.filter((home, index) => home !== during[index]).length / before.length;
        assert.ok(moved <= fair + 5 * Math.sqrt((fair * (1 - fair)) / 2_000), `${moved} moved of ${fair}`);
        for (const [index, home] of before.entries()) if (home !== gone) assert.equal(during[index], home);
        assert.equal(shareOf(during, gone), 0);
        assert.deepEqual(homesOf(route, 2_000), before);
      },
    ),
    { seed, numRuns: 25 },
  );
});

test("sticky by prefix: when one of n targets goes, 1/n of the conversations move", () => {
  const route = routeOf({ type: "sticky", by: "prefix" }, leaves(8));
  const system = "You answer questions about the weather. ".repeat(30);
  const homes = (refused: readonly string[]): string[] =>
    Array.from({ length: 4_000 }, (_, index) => {
      const messages = [
        { role: "system", content: system },
        { role: "user", content: `Will it rain in town ${index}?` },
      ];
      const call = new TestCall(seededRandom(index), { body: { messages } }).refuse(...refused);
      return route.node.pick(call)?.model ?? "none";
    });
  const before = homes([]);
  const during = homes(["m3"]);
  const moved = before.filter((home, index) => home !== during[index]);
  assert.ok(Math.abs(moved.length / 4_000 - 1 / 8) < 0.03, `${moved.length} moved of 4000`);
  assert.ok(moved.every((home) => home === "m3"));
});

test("sticky: a target taken out of the list or moved in it leaves the keys of the others where they are", () => {
  const models = ["a", "b", "c", "d"];
  const before = homesOf(
    routeOf(
      BY_KEY,
      models.map((model) => leaf(model)),
    ),
    1_000,
  );
  const after = homesOf(
    routeOf(
      BY_KEY,
      ["d", "c", "a"].map((model) => leaf(model)),
    ),
    1_000,
  );
  for (const [index, home] of before.entries()) if (home !== "b") assert.equal(after[index], home);
});

test("sticky: the same target twice has twice the keys", () => {
  const homes = homesOf(routeOf(BY_KEY, [leaf("a"), leaf("a"), leaf("b")]), 3_000);
  assert.ok(Math.abs(shareOf(homes, "a") - 2 / 3) < 0.05);
});

test("sticky: without a key at random, by weight", () => {
  const picks = picksOf(routeOf(BY_KEY, leaves(2, [1, 3])), new TestCall(), 4_000);
  assert.ok(Math.abs((picks.m1 ?? 0) - 3_000) < 150, `${picks.m1}`);
});

test("sticky and ab: the shares are by weight", () => {
  for (const strategy of [BY_KEY, { type: "ab", by: "key" } as const]) {
    const homes = homesOf(routeOf(strategy, leaves(3, [90, 9, 1])), 20_000);
    assert.ok(Math.abs(shareOf(homes, "m0") - 0.9) < 0.011, `${shareOf(homes, "m0")}`);
    assert.ok(Math.abs(shareOf(homes, "m1") - 0.09) < 0.011, `${shareOf(homes, "m1")}`);
    assert.ok(Math.abs(shareOf(homes, "m2") - 0.01) < 0.004, `${shareOf(homes, "m2")}`);
  }
});

test("ab: another salt shuffles who gets what, and a target that is out leaves its senders to the others", () => {
  const homes = (salt: string, refused: readonly string[] = []): string[] =>
    homesOf(routeOf({ type: "ab", by: "key", salt }, leaves(2)), 2_000, refused);
  const one = homes("spring");
  const same = one.filter((home, index) => home === homes("autumn")[index]).length;
  assert.deepEqual(homes("spring"), one);
  assert.ok(Math.abs(same - 1_000) < 120, `${same} of 2000 have the same`);
  assert.equal(shareOf(homes("spring", ["m0"]), "m1"), 1);
});

type Case = readonly [name: string, one: Partial<CallFacts>, other: Partial<CallFacts>];

const header = (value: string): Partial<CallFacts> => ({
  header: (name) => (name === "x-session-id" ? value : ""),
});
const body = (value: unknown): Partial<CallFacts> => ({ body: value });
const chat = (...said: string[]): Partial<CallFacts> =>
  body({
    messages: said.map((content, index) => ({ role: index % 2 === 0 ? "user" : "assistant", content })),
  });
const SYSTEM = { role: "system", content: "You are terse." };

const BY: Readonly<Record<string, StrategyConfig>> = {
  header: { type: "sticky", by: "header", header: "x-session-id" },
  conversation: { type: "sticky", by: "conversation" },
  prefix: { type: "sticky", by: "prefix" },
};

/** 64 targets, so that two keys seldom meet at one. */
function picked(by: string, facts: Partial<CallFacts>, drawn: number): string {
  const strategy = BY[by];
  assert.ok(strategy !== undefined);
  return routeOf(strategy, leaves(64)).node.pick(new TestCall(seededRandom(drawn), facts))?.model ?? "none";
}

const SAME: readonly Case[] = [
  ["header", header("s1"), header("s1")],
  [
    "conversation",
    body({ conversation: "conv_1", input: "a" }),
    body({ conversation: { id: "conv_1" }, input: "b" }),
  ],
  ["conversation", body({ prompt_cache_key: "k", user: "u1" }), body({ prompt_cache_key: "k", user: "u2" })],
  [
    "conversation",
    body({ metadata: { user_id: "u_s_1" } }),
    body({ metadata: { user_id: "u_s_1" }, messages: [] }),
  ],
  [
    "conversation",
    body({ metadata: { session_id: "s", user_id: "1" } }),
    body({ metadata: { session_id: "s" } }),
  ],
  ["conversation", body({ cachedContent: "cachedContents/1" }), body({ cached_content: "cachedContents/1" })],
  [
    "conversation",
    body({ previous_response_id: "resp_1" }),
    body({ previous_response_id: "resp_1", input: "x" }),
  ],
  ["conversation", chat("hi"), chat("hi", "hello", "and now?")],
  ["prefix", chat("hi"), chat("hi", "hello", "and now?")],
  [
    "prefix",
    body({ system: [{ type: "text", text: "S", cache_control: { type: "ephemeral" } }], messages: [] }),
    body({ system: [{ type: "text", text: "S" }], messages: [] }),
  ],
  [
    "prefix",
    body({ contents: [{ parts: [{ text: "hi" }] }] }),
    body({ contents: [{ parts: [{ text: "hi" }] }, { role: "model", parts: [{ text: "ho" }] }] }),
  ],
  ["prefix", body({ instructions: "I", input: "go" }), body({ instructions: "I", input: "go", user: "x" })],
];

const DIFFERENT: readonly Case[] = [
  ["header", header("s1"), header("s2")],
  ["conversation", body({ conversation: "conv_1" }), body({ conversation: "conv_2" })],
  ["conversation", body({ user: "u1" }), body({ user: "u2" })],
  ["prefix", chat("hi"), chat("ho")],
  [
    "prefix",
    body({ messages: [SYSTEM, { role: "user", content: "a" }] }),
    body({ messages: [SYSTEM, { role: "user", content: "b" }] }),
  ],
  ["prefix", body({ tools: [{ name: "a" }], messages: [] }), body({ tools: [{ name: "b" }], messages: [] })],
  ["prefix", body({ instructions: "I", input: "go" }), body({ instructions: "J", input: "go" })],
  ["prefix", chat("x".repeat(5_000)), chat("x".repeat(5_001))],
  [
    "prefix",
    body({ system: "s".repeat(100_000), messages: [{ role: "user", content: "a" }] }),
    body({ system: "s".repeat(100_000), messages: [{ role: "user", content: "b" }] }),
  ],
];

for (const [index, [by, one, other]] of SAME.entries()) {
  test(`sticky by ${by}: the same again (${index})`, () =>
    assert.equal(picked(by, one, 1), picked(by, other, 2)));
}
for (const [index, [by, one, other]] of DIFFERENT.entries()) {
  test(`sticky by ${by}: another one (${index})`, () =>
    assert.notEqual(picked(by, one, 1), picked(by, other, 1)));
}

for (const facts of [
  body(null),
  body([]),
  body("text"),
  body({}),
  body({ messages: [] }),
  body({ user: 7 }),
  header(""),
]) {
  test(`sticky: nothing to go by in ${JSON.stringify(facts)}`, () => {
    for (const by of Object.keys(BY)) {
      const homes = new Set(Array.from({ length: 40 }, (_, drawn) => picked(by, facts, drawn)));
      assert.ok(homes.size > 5, by);
    }
  });
}

test("sticky by prefix: takes any JSON, and no longer for a large one", () => {
  const route = routeOf({ type: "sticky", by: "prefix" }, leaves(3));
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.constantFrom("messages", "contents", "input", "tools", "system"),
      (value, name) => {
        assert.notEqual(route.node.pick(new TestCall(seededRandom(1), { body: { [name]: value } })), null);
      },
    ),
    { seed },
  );
  let deep: unknown = "end";
  for (let depth = 0; depth < 5_000; depth += 1) deep = [deep];
  let reads = 0;
  const wide = new Proxy(new Array<number>(1_000_000).fill(1), {
    get(list, name) {
      reads += 1;
      return Reflect.get(list, name);
    },
  });
  const long = "x".repeat(10_000);
  for (const messages of [deep, wide, [{ role: "user", content: wide }], [{ role: long, content: wide }]]) {
    assert.notEqual(route.node.pick(new TestCall(seededRandom(1), { body: { messages } })), null);
  }
  assert.ok(reads < 2_000, `${reads} reads`);
});

test("sticky and ab: need only what they go by", () => {
  const needs = (strategy: StrategyConfig): unknown => routeOf(strategy, leaves(2)).needs;
  assert.deepEqual(needs(BY_KEY), { headers: [], body: false });
  assert.deepEqual(needs({ type: "ab", by: "header", header: "X-Team" }), {
    headers: ["x-team"],
    body: false,
  });
  assert.deepEqual(needs({ type: "sticky", by: "prefix" }), { headers: [], body: true });
  assert.deepEqual(needs({ type: "ab", by: "conversation" }), { headers: [], body: true });
});
