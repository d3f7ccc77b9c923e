import assert from "node:assert/strict";
import { test } from "node:test";
import { HEALTH_DEFAULTS } from "@headrace/routing/health/options";
import { TargetHealth } from "@headrace/routing/health/target-health";
import fc from "fast-check";
import type { Credential } from "./credential.ts";
import { KeyRing } from "./key-ring.ts";
import { KeyRoom } from "./key-room.ts";
import { BEARER } from "./static-key.ts";
import { FakeTiming, REQUEST } from "./testing.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

const SURROUNDINGS = { random: () => 0, onNotice: () => {} };

function open(...weights: readonly number[]) {
  const timing = new FakeTiming();
  const ring: Credential = new KeyRing(
    weights.map((weight, index) => ({ key: `key-${index}`, weight })),
    BEARER,
    timing,
  );
  const headersFor = (chance: number) => {
    timing.chance = chance;
    const headers = ring.headers(REQUEST);
    assert.ok(!(headers instanceof Promise));
    return headers;
  };
  const choose = (chance: number): string => {
    const [name, value = ""] = headersFor(chance);
    assert.equal(name, "authorization");
    return value.replace("Bearer ", "");
  };
  const answer = (chance: number, status: number, retryAfterMs: number | null = null) => {
    return ring.answered?.(headersFor(chance), { status, retryAfterMs });
  };
  return { timing, ring, choose, answer };
}

test("key ring: keys by their weights", () => {
  const { choose } = open(1, 2, 1);
  const chances = Array.from({ length: 1000 }, (_, index) => index / 1000);
  const counts = Map.groupBy(chances, choose);
  assert.deepEqual(
    ["key-0", "key-1", "key-2"].map((key) => counts.get(key)?.length),
    [250, 500, 250],
  );
});

for (const [status, restMs] of [
  [401, 300_000],
  [402, 300_000],
  [403, 60_000],
  [429, 10_000],
] as const) {
  test(`key ring: a key that got ${status} rests for ${restMs} ms`, async () => {
    const { timing, choose, answer } = open(1, 1);
    answer(0, status);
    assert.deepEqual([choose(0), choose(0.99)], ["key-1", "key-1"]);
    await timing.pass(restMs - 1);
    assert.equal(choose(0), "key-1");
    await timing.pass(1);
    assert.equal(choose(0), "key-0");
  });
}

for (const [retryAfterMs, restMs] of [
  [2_000, 2_000],
  [0, 0],
  [86_400_000, 3_600_000],
] as const) {
  test(`key ring: a key that shall be left alone for ${retryAfterMs} ms rests for ${restMs}`, async () => {
    const { timing, choose, answer } = open(1, 1);
    answer(0, 429, retryAfterMs);
    if (restMs > 0) {
      await timing.pass(restMs - 1);
      assert.equal(choose(0), "key-1");
    }
    await timing.pass(1);
    assert.equal(choose(0), "key-0");
  });
}

test("key ring: when all rest, the one that wakes first; what it then achieves wakes it", async () => {
  const { timing, choose, answer } = open(1, 1, 1);
  answer(0, 429, 9_000);
  answer(0, 429, 3_000);
  answer(0, 429, 6_000);
  for (const chance of [0, 0.5, 0.99]) assert.equal(choose(chance), "key-1");
  answer(0, 429, 8_000);
  assert.equal(choose(0), "key-2");
  answer(0, 200);
  assert.equal(choose(0.99), "key-2");
  await timing.pass(9_000);
  assert.equal(choose(0), "key-0");
});

test("key ring: tells of a refused key when another one may be shown", async () => {
  const { timing, ring, answer } = open(1, 1, 1);
  assert.equal(ring.keys, 3);
  assert.equal(answer(0, 500), null);
  assert.equal(answer(0, 200), null);
  assert.equal(answer(0, 401), 0);
  assert.equal(answer(0, 429, 9_000), 0);
  assert.equal(answer(0, 429, 30_000), 9_000);
  await timing.pass(8_000);
  assert.equal(answer(0, 429, 9_000), 22_000);
});

/** Keys at a target, by their place: for how long each is paced, and what the ring tells of its rest. */
function roomOf(...pacedMs: readonly number[]) {
  const health = new TargetHealth("t", { ...HEALTH_DEFAULTS, keys: pacedMs.length }, SURROUNDINGS);
  for (const [key, forMs] of pacedMs.entries()) if (forMs > 0) health.onKeyResting(0, key, forMs);
  return { health, room: new KeyRoom(health, 0) };
}

test("key ring: keys whose limits are nearly used up at a target are passed over there, and nowhere else", () => {
  const { timing, ring } = open(1, 1, 1);
  const keysIn = (room: KeyRoom | null): string[] => {
    const chosen = [0, 0.4, 0.8].map((chance) => {
      timing.chance = chance;
      const headers = ring.headers(REQUEST, room);
      assert.ok(!(headers instanceof Promise));
      return ring.keyOf?.(headers);
    });
    return [...new Set(chosen)].map(String);
  };
  assert.deepEqual(keysIn(roomOf(5_000, 0, 5_000).room), ["1"]);
  assert.deepEqual(keysIn(roomOf(0, 0, 5_000).room), ["0", "1"]);
  assert.deepEqual(keysIn(roomOf(5_000, 5_000, 5_000).room), ["0", "1", "2"]);
  assert.deepEqual(keysIn(null), ["0", "1", "2"]);
  assert.equal(ring.keyOf?.(["authorization", "Bearer key-0"]), -1);
});

test("key ring: a target whose keys rest or are used up is told of it, until the first has room", () => {
  const { ring, answer } = open(1, 1);
  answer(0, 429, 9_000);
  const { health, room } = roomOf(0, 30_000);
  assert.equal(health.pacedUntilMs, 0);
  assert.ok(!(ring.headers(REQUEST, room) instanceof Promise));
  assert.equal(health.pacedUntilMs, 9_000);
});

test("key ring: one key alone has no other", () => {
  const { ring, answer } = open(1);
  assert.deepEqual([ring.keys, answer(0, 429, 1_000), answer(0, 401)], [1, null, null]);
});

test("key ring: other answers say nothing of a key, and other headers none of its", () => {
  const { ring, choose, answer } = open(1, 1);
  for (const status of [400, 404, 408, 500, 529]) answer(0, status);
  ring.answered?.(["authorization", "Bearer key-0"], { status: 429, retryAfterMs: null });
  assert.equal(choose(0), "key-0");
});

test("key ring: tells what must not be seen", async () => {
  const { ring } = open(1, 2);
  assert.deepEqual(ring.secrets, ["key-0", "key-1"]);
  await ring.close();
});

test("key ring: whatever happens, a key is chosen, and one that is awake before one that rests", (context) => {
  context.diagnostic(`fast-check seed ${seed}`);
  const step = fc.record({
    chance: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    status: fc.constantFrom(200, 401, 429, 500),
    retryAfterMs: fc.option(fc.nat(5_000)),
    passMs: fc.nat(3_000),
  });
  const weights = fc.array(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 5 });
  return fc.assert(
    fc.asyncProperty(weights, fc.array(step, { maxLength: 20 }), async (shares, steps) => {
      const { timing, choose, answer } = open(...shares);
      const restsUntilMs = new Map<string, number>();
      for (const { chance, status, retryAfterMs, passMs } of steps) {
        const key = choose(chance);
        const resting = (one: string) => (restsUntilMs.get(one) ?? 0) > timing.nowMs();
        if (resting(key)) assert.ok(shares.every((_, index) => resting(`key-${index}`)));
        answer(chance, status, retryAfterMs);
        const restMs = retryAfterMs ?? (status === 401 ? 300_000 : 10_000);
        if (status === 401 || status === 429) restsUntilMs.set(key, timing.nowMs() + restMs);
        else if (status === 200) restsUntilMs.delete(key);
        await timing.pass(passMs);
      }
    }),
    { seed, numRuns: 50 },
  );
});
