import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MemoryConversationStore } from "./conversation-store.ts";

const KEY = { owner: "ada", responseId: "resp_hre_1" };

function conversation(words: string): Uint8Array {
  return Buffer.from(words);
}

test("conversation store: what was put is there until its time is over", async () => {
  let nowMs = 0;
  const store = new MemoryConversationStore({ maxBytes: 100_000, ttlMs: 1000 }, () => nowMs);
  const kept = conversation("Mühle");
  await store.put(KEY, kept);
  nowMs = 999;
  assert.deepEqual(await store.get(KEY), kept);
  nowMs = 1000;
  assert.equal(await store.get(KEY), null);
  assert.ok(store.bytes > 0);
  store.dropExpired();
  assert.equal(store.bytes, 0);
});

test("conversation store: putting it again begins its time anew", async () => {
  let nowMs = 0;
  const store = new MemoryConversationStore({ maxBytes: 100_000, ttlMs: 1000 }, () => nowMs);
  await store.put(KEY, conversation("a"));
  await store.put({ ...KEY, responseId: "resp_hre_2" }, conversation("b"));
  nowMs = 900;
  await store.put(KEY, conversation("c"));
  nowMs = 1800;
  assert.deepEqual(await store.get(KEY), conversation("c"));
  assert.equal(await store.get({ ...KEY, responseId: "resp_hre_2" }), null);
});

test("conversation store: nobody else can name it", async () => {
  const store = new MemoryConversationStore({ maxBytes: 100_000, ttlMs: 1000 }, () => 0);
  await store.put(KEY, conversation("a"));
  assert.equal(await store.get({ ...KEY, owner: "eve" }), null);
  assert.equal(await store.delete({ ...KEY, owner: "eve" }), false);
  assert.equal(await store.delete(KEY), true);
  assert.equal(await store.delete(KEY), false);
  assert.equal(await store.get(KEY), null);
  assert.equal(store.bytes, 0);
});

test("conversation store: the oldest make room, and one that is too large is not kept", async () => {
  const store = new MemoryConversationStore({ maxBytes: 8000, ttlMs: 1000 }, () => 0);
  const keys = [1, 2, 3, 4, 5, 6].map((number) => ({ owner: "ada", responseId: `resp_hre_${number}` }));
  for (const key of keys) await store.put(key, conversation("x".repeat(1100)));
  const found = await Promise.all(keys.map(async (key) => (await store.get(key)) !== null));
  assert.deepEqual(found, [false, false, true, true, true, true]);
  const bytesBefore = store.bytes;
  await store.put(KEY, conversation("y".repeat(4000)));
  assert.equal(await store.get(KEY), null);
  assert.equal(store.bytes, bytesBefore);
});

test("conversation store: within its bound and counted right, whatever is done to it", async () => {
  const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);
  const step = fc.record({
    does: fc.constantFrom("put", "put", "delete", "wait"),
    id: fc.nat(6),
    chars: fc.nat(1500),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      let nowMs = 0;
      const store = new MemoryConversationStore({ maxBytes: 6000, ttlMs: 100 }, () => nowMs);
      for (const { does, id, chars } of steps) {
        const key = { owner: "ada", responseId: `resp_hre_${id}` };
        if (does === "put") await store.put(key, conversation("z".repeat(chars)));
        else if (does === "delete") await store.delete(key);
        else nowMs += chars / 20;
        assert.ok(store.bytes >= 0 && store.bytes <= 6000);
      }
      nowMs += 100;
      store.dropExpired();
      assert.equal(store.bytes, 0);
    }),
    { seed, numRuns: 60 },
  );
});
