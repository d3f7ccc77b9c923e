import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { cpuSpentMs, isRunning, processTree, readTreeCpu, readTreeMemory } from "./process-tree.ts";

const BURN =
  "const end = process.cpuUsage().user + 120_000; while (process.cpuUsage().user < end); process.send('burnt');";

test("CPU and memory of a tree include the children, to the millisecond", async () => {
  const before = readTreeCpu(process.pid);
  const memoryBefore = readTreeMemory(process.pid);
  const child = spawn(process.execPath, ["-e", `${BURN} setInterval(() => {}, 1000);`], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  try {
    await once(child, "message");
    assert.ok(child.pid !== undefined && processTree(process.pid).includes(child.pid));
    const spentMs = cpuSpentMs(before, readTreeCpu(process.pid));
    assert.ok(spentMs >= 120 && spentMs < 5000, `spent ${spentMs} ms`);
    const memory = readTreeMemory(process.pid);
    assert.ok(memory.rssMb > memoryBefore.rssMb + 10, `${memory.rssMb} MB after ${memoryBefore.rssMb} MB`);
    assert.ok(memory.pssMb <= memory.rssMb);
  } finally {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
});

test("a process that has gone costs nothing and fails nothing", () => {
  assert.equal(cpuSpentMs(new Map([[7, 100]]), new Map()), 0);
  assert.equal(isRunning(0x7fffffff), false);
  assert.equal(isRunning(process.pid), true);
  assert.deepEqual(readTreeMemory(0x7fffffff), { rssMb: 0, pssMb: 0 });
});
