import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryConversationStore } from "../responses/conversation-store.ts";
import { answerStoreAsk, type LinkBounds, LinkedConversationStore, type StoreAsk } from "./linked-store.ts";

const KEY = { owner: "ada", responseId: "resp_hre_1" };
const BOUNDS: LinkBounds = { maxWaiting: 2, maxWaitingBytes: 10, timeoutMs: 60_000 };
const OVERLOADED = { code: "overloaded" };

/** A link to a supervisor that answers when it is told to. */
function silentLink(bounds: Partial<LinkBounds> = {}): {
  link: LinkedConversationStore;
  asks: [number, StoreAsk][];
} {
  const asks: [number, StoreAsk][] = [];
  const link = new LinkedConversationStore((id, ask) => asks.push([id, ask]), { ...BOUNDS, ...bounds });
  return { link, asks };
}

const NOTHING = { conversation: null, deleted: false };

test("linked store: does what the supervisor's store does", async () => {
  const store = new MemoryConversationStore({ maxBytes: 100_000, ttlMs: 1_000 }, () => 0);
  const link: LinkedConversationStore = new LinkedConversationStore((id, ask) => {
    void answerStoreAsk(store, ask).then((answer) => link.onAnswer(id, structuredClone(answer)));
  }, BOUNDS);
  assert.equal(await link.get(KEY), null);
  await link.put(KEY, Buffer.from("kept"));
  assert.equal(Buffer.from((await link.get(KEY)) ?? []).toString(), "kept");
  assert.equal(await link.get({ ...KEY, owner: "eve" }), null);
  assert.equal(await link.delete({ ...KEY, owner: "eve" }), false);
  assert.equal(await link.delete(KEY), true);
  assert.equal(await link.get(KEY), null);
});

test("linked store: answers find who asked, whatever their order", async () => {
  const { link, asks } = silentLink();
  const [one, other] = [link.get(KEY), link.delete(KEY)];
  const [[oneId], [otherId]] = [asks[0] ?? [0], asks[1] ?? [0]];
  link.onAnswer(otherId, { conversation: null, deleted: true });
  link.onAnswer(oneId, { conversation: Buffer.from("kept"), deleted: false });
  assert.equal(await other, true);
  assert.equal(Buffer.from((await one) ?? []).toString(), "kept");
});

test("linked store: only so many wait, and only with so many bytes", async () => {
  const { link, asks } = silentLink();
  const put = link.put(KEY, Buffer.alloc(8));
  await assert.rejects(link.put(KEY, Buffer.alloc(3)), OVERLOADED);
  const get = link.get(KEY);
  await assert.rejects(link.get(KEY), OVERLOADED);
  assert.equal(asks.length, 2);
  for (const [id] of asks) link.onAnswer(id, NOTHING);
  await Promise.all([put, get]);
  const again = link.put(KEY, Buffer.alloc(10));
  link.onAnswer(3, NOTHING);
  await again;
});

test("linked store: a supervisor that does not answer is waited for no longer than agreed", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { link } = silentLink({ timeoutMs: 2_000 });
  const get = link.get(KEY);
  t.mock.timers.tick(1_999);
  const put = link.put(KEY, Buffer.alloc(10));
  t.mock.timers.tick(1);
  await assert.rejects(get, OVERLOADED);
  link.onAnswer(1, { conversation: Buffer.from("late"), deleted: false });
  link.onAnswer(2, NOTHING);
  await put;
});
