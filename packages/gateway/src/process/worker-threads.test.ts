import assert from "node:assert/strict";
import { test } from "node:test";
import { workerThreads } from "./worker-threads.ts";

for (const [fleetSize, cores, threads] of [
  [1, 1, 1],
  [1, 2, 1],
  [1, 8, 7],
  [2, 8, 3],
  [4, 8, 1],
  [8, 8, 1],
  [8, 64, 7],
  [64, 8, 1],
] as const) {
  test(`${fleetSize} processes on ${cores} cores have ${threads} worker threads each`, () => {
    assert.equal(workerThreads({ threads: "auto" }, fleetSize, cores), threads);
  });
}

test("a configured number is taken as it is", () => assert.equal(workerThreads({ threads: 5 }, 8, 8), 5));
