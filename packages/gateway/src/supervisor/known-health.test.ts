import assert from "node:assert/strict";
import { test } from "node:test";
import { KnownHealth } from "./known-health.ts";

test("known health: what still holds, with the time that is left of it", () => {
  const known = new KnownHealth();
  known.note(1_000, [
    { key: "a", kind: "open", forMs: 5_000 },
    { key: "a", kind: "cooling", forMs: 2_000 },
    { key: "b", kind: "open", forMs: 9_000 },
  ]);
  assert.deepEqual(known.notices(2_000), [
    { key: "a", kind: "open", forMs: 4_000 },
    { key: "a", kind: "cooling", forMs: 1_000 },
    { key: "b", kind: "open", forMs: 8_000 },
  ]);
  known.note(2_500, [{ key: "b", kind: "closed", forMs: 0 }]);
  assert.deepEqual(known.notices(3_000), [{ key: "a", kind: "open", forMs: 3_000 }]);
  assert.deepEqual(known.notices(6_000), []);
});

test("known health: a later end counts, an earlier one does not, as with the targets themselves", () => {
  const known = new KnownHealth();
  known.note(0, [{ key: "a", kind: "cooling", forMs: 5_000 }]);
  known.note(1_000, [{ key: "a", kind: "cooling", forMs: 1_000 }]);
  assert.deepEqual(known.notices(1_000), [{ key: "a", kind: "cooling", forMs: 4_000 }]);
  known.note(1_000, [{ key: "a", kind: "cooling", forMs: 60_000 }]);
  assert.deepEqual(known.notices(1_000), [{ key: "a", kind: "cooling", forMs: 60_000 }]);
});

test("known health: is bounded; what is over goes before what holds, and then the oldest", () => {
  const known = new KnownHealth();
  for (let index = 0; index < 4_096; index += 1)
    known.note(0, [{ key: `old-${index}`, kind: "open", forMs: index === 7 ? 1 : 10_000 }]);
  known.note(2, [{ key: "new", kind: "open", forMs: 10_000 }]);
  known.note(2, [{ key: "newer", kind: "open", forMs: 10_000 }]);
  const keys = new Set(known.notices(2).map(({ key }) => key));
  assert.equal(keys.size, 4_096);
  assert.deepEqual(
    ["old-7", "old-0", "old-1", "new", "newer"].map((key) => keys.has(key)),
    [false, false, true, true, true],
  );
});
