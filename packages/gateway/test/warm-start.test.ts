/** What a started process has done before its port opens. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { startMockGateway } from "./support/mock-gateway.ts";

test("the request path is exercised before the port opens", async () => {
  const up = await startMockGateway({ config: { logs: { level: "debug" } } });
  try {
    const { tookMs } = await up.gateway.waitForLog((line) => line.msg === "warmed up");
    assert.ok(typeof tookMs === "number" && tookMs > 0);
  } finally {
    await up.close();
  }
});

test("the process that serves has the heap that was chosen for it", {
  skip: process.platform !== "linux",
}, async () => {
  const up = await startMockGateway();
  try {
    const { pid } = await up.gateway.waitForLog((line) => line.msg === "ready");
    const commandLine = readFileSync(`/proc/${Number(pid)}/cmdline`, "latin1");
    assert.match(commandLine, /--max-semi-space-size=8\0--heap-growing-percent=50/);
    assert.match(readFileSync(`/proc/${Number(pid)}/environ`, "latin1"), /MALLOC_MMAP_THRESHOLD_=8192/);
  } finally {
    await up.close();
  }
});
