import assert from "node:assert/strict";
import { test } from "node:test";
import { RunningRequests } from "./running.ts";

test("a snapshot that nobody used is idle", async () => {
  await new RunningRequests().idle();
});

test("a snapshot is idle behind its last request, and not before", async () => {
  const running = new RunningRequests();
  running.begin();
  running.begin();
  running.end();
  running.begin();
  let idle = false;
  const becomesIdle = running.idle().then(() => {
    idle = true;
  });
  running.end();
  await Promise.resolve();
  assert.equal(idle, false);
  running.end();
  await becomesIdle;
  assert.equal(idle, true);
});
