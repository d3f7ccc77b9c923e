import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "../command-line.ts";
import { buildCells, cellKey } from "./cells.ts";
import { sliceCount } from "./measure-run.ts";
import { parseBenchOptions } from "./options.ts";

test("the defaults are the rates and users that the reports use", () => {
  const cells = buildCells(parseBenchOptions([], []));
  assert.deepEqual(cells.map(cellKey), [
    "cold 2000 rps",
    ...[100, 200, 500, 1000, 2000].map((rps) => `sweep ${rps} rps`),
    "streams 50 rps stream",
    ...[50, 150, 300, 500, 1000].map((users) => `users ${users} users`),
    "saturation 64 users",
    "saturation 64 users stream",
  ]);
  const cold = cells[0];
  assert.equal(cold?.warmupMs.gateway, 0);
  assert.deepEqual([...new Set(cells.map((cell) => cell.mock.latencyMs))], [50, 60, 0]);
});

test("--full is 60 seconds and five runs, and flags still win", () => {
  const full = parseBenchOptions(["--full"], []);
  assert.deepEqual([full.durationMs, full.runs], [60_000, 5]);
  assert.equal(parseBenchOptions(["--full", "--runs", "2"], []).runs, 2);
});

test("flags are checked in words", () => {
  const options = parseBenchOptions(
    ["--kong", "/opt/kong", "--scenarios", "sweep", "--rps", "10,20"],
    ["kong"],
  );
  assert.deepEqual(options.peerPaths, { kong: "/opt/kong" });
  assert.deepEqual(options.rps, [10, 20]);
  for (const bad of [
    ["--rps", "fast"],
    ["--tool", "ab"],
    ["--scenarios", "sweeps"],
    ["--name", "../x"],
    ["--runs", ""],
  ]) {
    assert.throws(() => parseBenchOptions(bad, []), UsageError, bad.join(" "));
  }
  assert.throws(() => parseBenchOptions(["--nope"], []), TypeError);
});

test("long runs are cut into pairs, short ones are not", () => {
  assert.deepEqual([500, 4000, 60_000].map(sliceCount), [1, 2, 4]);
});
