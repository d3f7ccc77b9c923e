import assert from "node:assert/strict";
import { test } from "node:test";
import { KeptPools, type PoolSettings } from "./kept-pools.ts";

const SETTINGS: PoolSettings = {
  origin: "http://127.0.0.1:9",
  connections: 4,
  http2: false,
  ca: null,
  connectTimeoutMs: 1_000,
};

test("the same provider with the same settings shares a pool until nobody has a share any more", async () => {
  const pools = new KeptPools();
  const first = pools.take("p", SETTINGS);
  const second = pools.take("p", { ...SETTINGS });
  assert.deepEqual([first.found, second.found], [false, true]);
  assert.equal(second.dispatcher, first.dispatcher);
  await first.release();
  assert.equal(second.dispatcher.destroyed, false);
  await second.release();
  assert.equal(second.dispatcher.destroyed, true);
  const third = pools.take("p", SETTINGS);
  assert.equal(third.found, false);
  assert.notEqual(third.dispatcher, first.dispatcher);
  await third.release();
});

for (const [what, provider, settings] of [
  ["another provider", "q", {}],
  ["another address", "p", { origin: "http://127.0.0.1:8" }],
  ["another bound on connections", "p", { connections: 5 }],
  ["HTTP/2", "p", { http2: true }],
  ["other authorities", "p", { ca: "PEM" }],
  ["another clock", "p", { connectTimeoutMs: 2_000 }],
] as const) {
  test(`${what} gets a pool of its own`, async () => {
    const pools = new KeptPools();
    const one = pools.take("p", SETTINGS);
    const other = pools.take(provider, { ...SETTINGS, ...settings });
    assert.equal(other.found, false);
    assert.notEqual(other.dispatcher, one.dispatcher);
    await Promise.all([one.release(), other.release()]);
  });
}
