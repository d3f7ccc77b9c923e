import assert from "node:assert/strict";
import { test } from "node:test";
import { giveBackMemory } from "./give-back-memory.ts";

test("garbage is gone afterwards, what is in use is not, and nobody gets a gc()", () => {
  const kept = { text: "still here" };
  const garbage = new WeakRef(Array.from({ length: 1000 }, (_, i) => ({ i })));
  assert.ok(giveBackMemory() >= 0);
  assert.equal("gc" in globalThis, false);
  assert.equal(kept.text, "still here");
  return new Promise<void>((resolve) => {
    // A WeakRef holds its target until the turn in which it was made has ended.
    setImmediate(() => {
      giveBackMemory();
      assert.equal(garbage.deref(), undefined);
      resolve();
    });
  });
});
