import assert from "node:assert/strict";
import { test } from "node:test";
import { Ejection } from "./ejection.ts";

test("ejection: longer at each repeat, up to ten times, and as at first after a good while", () => {
  const ejection = new Ejection();
  const outForMs = [];
  for (let time = 0; time < 12; time += 1) {
    const atMs = ejection.untilMs;
    ejection.eject(atMs, 1_000);
    outForMs.push(ejection.untilMs - atMs);
  }
  assert.deepEqual(
    outForMs,
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 10].map((times) => times * 1_000),
  );
  const atMs = ejection.untilMs + 10_000;
  ejection.eject(atMs, 1_000);
  assert.equal(ejection.untilMs, atMs + 1_000);
});
