/** What a started process has done before its port opens, and that nobody can tell. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { startMock } from "@headrace/mock-upstream/server";
import { parsePrometheus } from "../src/testing/prometheus-text.ts";
import { KEY, type MockGateway, startMockGateway } from "./support/mock-gateway.ts";

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
    assert.match(commandLine, /--max-semi-space-size=16\0--heap-growing-percent=50/);
    assert.match(readFileSync(`/proc/${Number(pid)}/environ`, "latin1"), /MALLOC_MMAP_THRESHOLD_=8192/);
  } finally {
    await up.close();
  }
});

/** Every wire that the warm-up knows; none of these providers may hear of it. */
function everyWire(url: string): object {
  const adapters = ["openai", "anthropic", "gemini"];
  const providers = adapters.map((adapter) => [adapter, { adapter, baseUrl: url, apiKey: "provider-key" }]);
  const targets = adapters.map((provider) => ({ provider, model: "m" }));
  return {
    providers: Object.fromEntries(providers),
    models: { chat: { strategy: { type: "fallback" }, targets } },
  };
}

async function adminJson(up: MockGateway, path: string): Promise<string> {
  const response = await fetch(`${up.gateway.adminUrl}${path}`);
  assert.equal(response.status, 200);
  return response.text();
}

test("the warm-up of all wires leaves no trace in metrics, logs, kept calls, health or at a provider", async (t) => {
  const heard = await startMock();
  t.after(() => heard.close());
  const up = await startMockGateway({ config: { logs: { level: "debug" }, ...everyWire(heard.url) } });
  try {
    await up.gateway.waitForLog((line) => line.msg === "warmed up");
    const samples = parsePrometheus(await adminJson(up, "/metrics"));
    const counted = samples.filter(({ name, value }) => value > 0 && COUNTS_OF_CALLS.test(name));
    assert.deepEqual(counted, []);
    assert.equal(
      await adminJson(up, "/admin/requests"),
      await adminJson(up, "/admin/requests?model=none-such"),
    );
    const health = await adminJson(up, "/admin/health");
    assert.match(health, /"calls":0/);
    assert.doesNotMatch(health, /"calls":[1-9]|warm-up/);
    const said = new Set(up.gateway.logs.map(({ msg }) => msg));
    assert.deepEqual(said, new Set(["warmed up", "listening", "ready"]));
    assert.deepEqual([heard.counts.requests, heard.counts.connections], [0, 0]);
  } finally {
    await up.close();
  }
});

const COUNTS_OF_CALLS =
  /^headrace_(requests|errors|upstream|tokens|cost|shadow|request_duration|time_to_first|overhead|queue|worker_tasks|open_requests|open_streams)/;

test("a replaced process is put in service when it is warm, and nobody is refused meanwhile", async () => {
  const up = await startMockGateway({ processes: 2, config: { logs: { level: "debug" } } });
  const { gateway } = up;
  const listeningOtherThan = (...known: unknown[]) =>
    gateway.waitForLog(({ msg, pid }) => msg === "listening" && !known.includes(pid));
  try {
    const { pid: victim } = await gateway.waitForLog((line) => line.msg === "listening");
    const { pid: survivor } = await listeningOtherThan(victim);
    process.kill(Number(victim), "SIGKILL");
    await gateway.waitForLog((line) => line.msg === "a gateway process died and will be replaced");
    let waiting = true;
    const replaced = gateway
      .waitForLog((line) => line.msg === "the gateway process was replaced", REPLACED_MS)
      .finally(() => {
        waiting = false;
      });
    const statuses: number[] = [];
    while (waiting) statuses.push(await callOnce(up.baseUrl));
    await replaced;
    assert.deepEqual(new Set(statuses), new Set([200]));
    const { pid: newcomer } = await listeningOtherThan(victim, survivor);
    const words = gateway.logs.filter(({ pid }) => pid === newcomer).map(({ msg }) => msg);
    assert.deepEqual(words.slice(0, 2), ["warmed up", "listening"]);
    const started = gateway.logs.filter(({ msg }) => msg === "listening").map(({ pid }) => pid);
    assert.equal(new Set(started).size, 3);
  } finally {
    await up.close();
  }
});

const REPLACED_MS = 20_000;

/** On a connection of its own, so that the system chooses the process anew. */
async function callOnce(baseUrl: string): Promise<number> {
  const response = await fetch(`${baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${KEY}`, connection: "close" },
    body: JSON.stringify({ model: "chat", messages: [{ role: "user", content: "Hello" }] }),
  });
  await response.arrayBuffer();
  return response.status;
}
