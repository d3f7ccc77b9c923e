import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { FakeTiming } from "./testing.ts";
import { type Token, TokenKeeper } from "./token-keeper.ts";

const HOUR_MS = 3_600_000;
const MARGIN_MS = 300_000;

/** A keeper whose fetches the test ends itself. */
function open(lifeMs = HOUR_MS) {
  const timing = new FakeTiming();
  const fetches: PromiseWithResolvers<Token<string>>[] = [];
  const keeper = new TokenKeeper<string>({
    what: "a token from the mill",
    marginMs: MARGIN_MS,
    secrets: ["s3cret"],
    timing,
    fetch() {
      const fetching = Promise.withResolvers<Token<string>>();
      fetches.push(fetching);
      return fetching.promise;
    },
  });
  const give = (value: string): void => {
    fetches.at(-1)?.resolve({ value, expiresAtMs: timing.nowMs() + lifeMs });
  };
  const refuse = (error: unknown): void => fetches.at(-1)?.reject(error);
  return { timing, fetches, keeper, give, refuse };
}

function failsWith(code: string, words: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof GatewayError);
    assert.equal(error.code, code);
    assert.match(error.message, words);
    return true;
  };
}

test("token: nothing is fetched before it is asked for, and all that ask wait for one fetch", async () => {
  const { timing, fetches, keeper, give } = open();
  await timing.pass(HOUR_MS);
  assert.equal(fetches.length, 0);
  const waiting = [keeper.get(), keeper.get(), keeper.get()];
  give("one");
  assert.deepEqual(await Promise.all(waiting), ["one", "one", "one"]);
  assert.equal(fetches.length, 1);
  assert.equal(keeper.get(), "one", "no promise when it is at hand");
  assert.equal(keeper.current, "one");
});

for (const [chance, marginMs] of [
  [0, MARGIN_MS],
  [0.5, MARGIN_MS * 0.85],
] as const) {
  test(`token: the next is fetched ahead of the end, and nobody waits (chance ${chance})`, async () => {
    const { timing, fetches, keeper, give } = open();
    timing.chance = chance;
    keeper.get();
    give("one");
    await timing.pass(HOUR_MS - marginMs - 1);
    assert.equal(fetches.length, 1);
    await timing.pass(1);
    assert.equal(fetches.length, 2);
    assert.equal(keeper.get(), "one");
    give("two");
    await timing.pass(0);
    assert.equal(keeper.get(), "two");
  });
}

test("token: one that stays is fetched once", async () => {
  const { timing, fetches, keeper, give } = open(Number.POSITIVE_INFINITY);
  keeper.get();
  give("one");
  await timing.pass(HOUR_MS * 1000);
  assert.equal(fetches.length, 1);
  assert.equal(keeper.get(), "one");
});

test("token: one that its giver holds on to is looked after again and again", async () => {
  const { timing, fetches, keeper, give } = open(MARGIN_MS);
  keeper.get();
  give("one");
  await timing.pass(MARGIN_MS / 2);
  assert.equal(fetches.length, 2);
  give("one");
  await timing.pass(MARGIN_MS / 2 - 1);
  assert.equal(fetches.length, 2, "not in a loop");
});

test("token: while fetches fail the old one is given, and tries come at growing intervals", async () => {
  const { timing, fetches, keeper, give, refuse } = open();
  keeper.get();
  give("one");
  await timing.pass(HOUR_MS - MARGIN_MS);
  const triedAtMs: number[] = [];
  for (let tries = 0; tries < 5; tries++) {
    triedAtMs.push(timing.nowMs());
    const before = fetches.length;
    refuse(new Error("closed"));
    assert.equal(keeper.get(), "one");
    while (fetches.length === before) await timing.pass(100);
  }
  const pauses = triedAtMs.slice(1).map((atMs, index) => atMs - (triedAtMs[index] ?? 0));
  assert.deepEqual(pauses, [1000, 2000, 4000, 8000]);
  give("two");
  await timing.pass(0);
  assert.equal(keeper.get(), "two");
});

test("token: without one, a failure is told at once until the next try", async () => {
  const { timing, fetches, keeper, give, refuse } = open();
  const first = keeper.get();
  refuse(new Error("the client s3cret is not known"));
  const words = /could not get a token from the mill: the client \*\*\* is not known\./;
  await assert.rejects(async () => first, failsWith("upstream_auth_failed", words));
  await assert.rejects(async () => keeper.get(), failsWith("upstream_auth_failed", words));
  assert.equal(fetches.length, 1);
  await timing.pass(1000);
  assert.equal(fetches.length, 2);
  const waiting = keeper.get();
  give("one");
  assert.equal(await waiting, "one");
});

test("token: an endpoint that is not reached is told as such, with no more than its code", async () => {
  const { keeper, refuse } = open();
  const waiting = keeper.get();
  const cause = Object.assign(new Error("connect ECONNREFUSED 10.0.0.1:443"), { code: "ECONNREFUSED" });
  refuse(new TypeError("fetch failed", { cause }));
  await assert.rejects(
    async () => waiting,
    failsWith(
      "upstream_unreachable",
      /token from the mill: who gives it out was not reached \(ECONNREFUSED\)\./,
    ),
  );
});

test("token: one that is about to end is not given out", async () => {
  const { timing, keeper, give } = open();
  keeper.get();
  give("one");
  await timing.pass(HOUR_MS - 10_001);
  assert.equal(keeper.get(), "one");
  await timing.pass(1);
  await assert.rejects(
    async () => keeper.get(),
    failsWith("upstream_auth_failed", /no answer within 10 seconds/),
  );
});

test("token: a fetch that takes too long is given up", async () => {
  const { timing, keeper } = open();
  const waiting = keeper.get();
  const failed = assert.rejects(
    async () => waiting,
    failsWith("upstream_auth_failed", /there was no answer within 10 seconds\./),
  );
  await timing.pass(10_000);
  await failed;
});

test("token: one that was refused is replaced, but not again at once", async () => {
  const { timing, fetches, keeper, give } = open();
  keeper.get();
  give("one");
  await timing.pass(59_999);
  keeper.doubt();
  assert.equal(fetches.length, 1);
  await timing.pass(1);
  keeper.doubt();
  keeper.doubt();
  assert.equal(fetches.length, 2);
  assert.equal(keeper.get(), "one");
  give("two");
  await timing.pass(0);
  assert.equal(keeper.get(), "two");
});

test("token: close ends what waits", async () => {
  const { timing, keeper } = open();
  const waiting = assert.rejects(async () => keeper.get(), failsWith("draining", /./));
  await keeper.close();
  await waiting;
  assert.equal(timing.pending, 0);
});

test("token: close ends what would be fetched later", async () => {
  const { timing, fetches, keeper, give } = open();
  keeper.get();
  give("one");
  await timing.pass(0);
  await keeper.close();
  keeper.doubt();
  await timing.pass(HOUR_MS);
  assert.equal(fetches.length, 1);
  await assert.rejects(async () => keeper.get(), failsWith("draining", /./));
});

test("token: close before anything was asked for", async () => {
  const { fetches, keeper } = open();
  await keeper.close();
  await assert.rejects(async () => keeper.get(), failsWith("draining", /./));
  assert.equal(fetches.length, 0);
});
