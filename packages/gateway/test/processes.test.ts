/** Several processes on one port: they share the load, die alone, are replaced, and never outlive their purpose. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type PrometheusSample, parsePrometheus } from "../src/testing/prometheus-text.ts";
import { stopsListening } from "./support/connections.ts";
import { isWhole, openStream } from "./support/live-stream.ts";
import { KEY, type MockGateway, startMockGateway } from "./support/mock-gateway.ts";

/** Enough connections that the system does not give all of them to one of two listeners. */
const MANY = 40;
const TIMEOUT_MS = 10_000;

async function chat(baseUrl: string): Promise<void> {
  const response = await fetch(`${baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${KEY}`, connection: "close" },
    body: JSON.stringify({ model: "chat", messages: [{ role: "user", content: "Hello" }] }),
  });
  assert.equal(response.status, 200);
  await response.arrayBuffer();
}

async function scrape(adminUrl: string): Promise<PrometheusSample[]> {
  const response = await fetch(`${adminUrl}/metrics`);
  assert.equal(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  return parsePrometheus(await response.text());
}

/** Requests with a good answer so far. */
function answered(samples: readonly PrometheusSample[]): number | undefined {
  return samples.find(({ name, labels }) => {
    return name === "headrace_requests_total" && labels.model === "chat" && labels.status === "200";
  })?.value;
}

describe("two processes", { timeout: 60_000 }, () => {
  let started: MockGateway;
  before(async () => {
    started = await startMockGateway({ processes: 2 });
  });
  after(() => started.close());

  const pids = (): Map<number, number> => {
    const listening = started.gateway.logs.filter((line) => line.msg === "listening");
    return new Map(listening.map((line) => [Number(line.index), Number(line.pid)]));
  };

  it("serve on one port", async () => {
    const { gateway, baseUrl } = started;
    await Promise.all(Array.from({ length: MANY }, () => chat(baseUrl)));
    const served = (): unknown[] =>
      gateway.logs.filter((line) => line.msg === "request").map((line) => line.pid);
    await gateway.waitForLog(() => served().length === MANY);
    assert.deepEqual(new Set(served()), new Set(pids().values()));
    assert.ok(!served().includes(gateway.pid), "the supervisor serves no requests itself");
  });

  it("add up in one scrape", async () => {
    const samples = await scrape(started.gateway.adminUrl);
    assert.equal(answered(samples), MANY);
    const processes = samples
      .filter(({ name }) => name === "headrace_process_cpu_seconds_total")
      .map(({ labels }) => labels.process);
    assert.deepEqual(processes.sort(), ["0", "1"]);
  });

  it("count on when one of them is too busy to be asked", async () => {
    const [busy] = pids().values();
    assert.ok(busy !== undefined);
    process.kill(busy, "SIGSTOP");
    try {
      assert.equal(answered(await scrape(started.gateway.adminUrl)), MANY);
    } finally {
      process.kill(busy, "SIGCONT");
    }
  });

  it("a killed one is replaced, and a stream on the other goes on", async () => {
    const { gateway } = started;
    const stream = await openStream({ port: gateway.port, mock: { chunks: 60, tokensPerSecond: 30 } });
    const open = (await scrape(gateway.adminUrl)).filter(({ name }) => name === "headrace_open_requests");
    const idle = open.find(({ value }) => value === 0)?.labels.process;
    const victim = pids().get(Number(idle));
    assert.ok(victim !== undefined);
    process.kill(victim, "SIGKILL");
    await gateway.waitForLog((line) => line.msg === "a gateway process died and will be replaced");
    assert.ok(stream.running, "the stream must outlive the other process for this to prove anything");
    assert.equal((await fetch(`${gateway.adminUrl}/readyz`)).status, 503);
    assert.equal((await fetch(`${gateway.adminUrl}/livez`)).status, 200);
    assert.equal(answered(await scrape(gateway.adminUrl)), MANY);
    await gateway.waitForLog((line) => line.msg === "the gateway process was replaced", TIMEOUT_MS);
    assert.equal((await fetch(`${gateway.adminUrl}/readyz`)).status, 200);
    await gateway.waitForLog(({ msg, index, pid }) => {
      return msg === "listening" && index === Number(idle) && pid !== victim;
    });
    assert.ok(isWhole(await stream.ended));
    await Promise.all(Array.from({ length: MANY }, () => chat(started.baseUrl)));
    assert.equal(
      answered(await scrape(gateway.adminUrl)),
      2 * MANY + 1,
      "those of the dead one and the stream",
    );
  });
});

describe("a supervisor that is killed", { timeout: 60_000 }, () => {
  it("leaves no process behind, and cuts no stream", async () => {
    const { gateway, mock } = await startMockGateway({ processes: 2 });
    const stream = await openStream({ port: gateway.port, mock: { chunks: 15, tokensPerSecond: 30 } });
    gateway.signal("SIGKILL");
    await stopsListening(gateway.port);
    assert.ok(isWhole(await stream.ended));
    // Its processes write to the same output: that this is closed means that they are gone.
    assert.deepEqual(await gateway.exited, { code: null, signal: "SIGKILL" });
    assert.equal(gateway.logs.filter((line) => line.msg === "drained").length, 2);
    await mock.close();
  });
});
