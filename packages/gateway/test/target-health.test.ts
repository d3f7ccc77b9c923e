/** What one of two processes finds out about a target both know, and whoever asks at the admin port. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { parsePrometheus } from "../src/testing/prometheus-text.ts";
import { type FickleProvider, startFickleProvider } from "./support/fickle-provider.ts";
import { KEY } from "./support/mock-gateway.ts";
import { type StartedGateway, startGateway } from "./support/started-gateway.ts";

const PATIENCE_MS = 10_000;
const OPENING = Array.from({ length: 5 }, (_, index) => `opening-${index}`);
const COOLING = Array.from({ length: 5 }, (_, index) => `cooling-${index}`);
const LONG = { consecutiveFailures: 1, openMs: 600_000, maxOpenMs: 600_000 };
const BRIEF = { consecutiveFailures: 1, openMs: 100, maxOpenMs: 100 };

interface Target {
  readonly provider: string;
  readonly model: string | null;
  readonly state: string;
  readonly reason: string | null;
  readonly availableInMs: number;
  readonly pacedForMs: number;
  readonly inFlight: number;
  readonly latencyMs: number | null;
  readonly calls: number;
  readonly failures: number;
}

interface Health {
  readonly processes: readonly { readonly process: number; readonly targets: readonly Target[] | null }[];
}

let provider: FickleProvider;
let probed: FickleProvider;
let gateway: StartedGateway;

before(async () => {
  [provider, probed] = await Promise.all([startFickleProvider(), startFickleProvider()]);
  const at = (baseUrl: string, more: object): object => ({ adapter: "openai-compatible", baseUrl, ...more });
  const one = (name: string, model: string): object => ({
    targets: [{ provider: name, model }],
    retry: { attempts: 1 },
  });
  gateway = await startGateway({
    processes: 2,
    config: {
      listen: { host: "127.0.0.1" },
      providers: {
        p: at(provider.url, { breaker: LONG }),
        brief: at(provider.url, { breaker: BRIEF }),
        probed: at(probed.url, {
          breaker: { consecutiveFailures: 2, openMs: 200, maxOpenMs: 200 },
          probe: { intervalMs: 1_000, timeoutMs: 500 },
        }),
      },
      models: {
        ...Object.fromEntries([...OPENING, ...COOLING, "late"].map((name) => [name, one("p", name)])),
        closing: one("brief", "closing"),
        probed: one("probed", "watched"),
        group: {
          strategy: { type: "round-robin" },
          targets: ["quick", "usual", "slow"].map((model) => ({ provider: "p", model })),
          outliers: { intervalMs: 50, ejectMs: 600_000 },
        },
      },
      keys: [{ name: "client", key: KEY }],
    },
  });
});

after(async () => {
  await gateway.stop();
  await Promise.all([provider.close(), probed.close()]);
});

/** Each on a connection of its own, so that the system chooses the process. */
async function chat(model: string): Promise<number> {
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${KEY}`, connection: "close" },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "Hello" }] }),
  });
  await response.arrayBuffer();
  return response.status;
}

/** A target as the processes see it, in the order of their indices. */
async function seen(model: string): Promise<readonly (Target | undefined)[]> {
  const response = await fetch(`${gateway.adminUrl}/admin/health`);
  assert.equal(response.status, 200);
  const { processes } = (await response.json()) as Health;
  assert.deepEqual(
    processes.map(({ process }) => process),
    processes.map((_, index) => index),
  );
  return processes.map(({ targets }) => targets?.find((target) => target.model === model));
}

/** Asks until both processes see the target so, and gives how long that took. */
async function untilBothSee(model: string, fits: (target: Target) => boolean): Promise<number> {
  const startedAtMs = performance.now();
  for (;;) {
    const targets = await seen(model);
    const tookMs = performance.now() - startedAtMs;
    if (targets.length === 2 && targets.every((target) => target !== undefined && fits(target)))
      return tookMs;
    assert.ok(tookMs < PATIENCE_MS, `after ${Math.round(tookMs)} ms: ${JSON.stringify(targets)}`);
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] ?? Number.NaN;
}

test("a circuit that opens in one process is open in the other within 100 ms", async (context) => {
  const tookMs: number[] = [];
  for (const model of OPENING) {
    provider.moods.set(model, { status: 500 });
    assert.equal(await chat(model), 500);
    tookMs.push(await untilBothSee(model, ({ state }) => state === "open"));
  }
  context.diagnostic(`took ${tookMs.map(Math.round).join(", ")} ms, the question included`);
  assert.ok(median(tookMs) < 100);
  const before = provider.called.length;
  const [first = ""] = OPENING;
  for (let call = 0; call < 10; call += 1) assert.equal(await chat(first), 503);
  assert.equal(provider.called.length, before, "neither process asks it");
  for (const target of await seen(first)) {
    assert.equal(target?.reason, "failing");
    assert.ok(target !== undefined && target.availableInMs > 400_000 && target.availableInMs <= 600_000);
  }
});

test("metrics tell the states of targets and how often circuits were opened", async () => {
  const response = await fetch(`${gateway.adminUrl}/metrics`);
  const samples = parsePrometheus(await response.text());
  const value = (name: string, wanted: Readonly<Record<string, string>>): number | undefined =>
    samples.find((sample) => {
      return (
        sample.name === name && Object.entries(wanted).every(([key, text]) => sample.labels[key] === text)
      );
    })?.value;
  const [model = ""] = OPENING;
  assert.equal(value("headrace_target_state", { provider: "p", model, state: "failing" }), 2);
  assert.equal(value("headrace_target_state", { provider: "p", model, state: "available" }), 0);
  assert.equal(value("headrace_circuit_opened_total", { provider: "p", model }), 1);
});

test("a target that one process was told to leave alone is left alone by the other", async (context) => {
  const tookMs: number[] = [];
  for (const model of COOLING) {
    provider.moods.set(model, { status: 429, retryAfterS: 30 });
    assert.equal(await chat(model), 429);
    tookMs.push(await untilBothSee(model, ({ reason }) => reason === "rate-limited"));
  }
  context.diagnostic(`took ${tookMs.map(Math.round).join(", ")} ms, the question included`);
  assert.ok(median(tookMs) < 100);
  for (const target of await seen(COOLING[0] ?? "")) {
    assert.ok(target !== undefined);
    assert.equal(target.state, "closed", "a refusal is no failure");
    assert.ok(target.availableInMs > 15_000 && target.availableInMs <= 30_100);
  }
});

test("a circuit that closes in one process closes in the other", async () => {
  provider.moods.set("closing", { status: 500 });
  assert.equal(await chat("closing"), 500);
  await untilBothSee("closing", ({ state }) => state !== "closed");
  await untilBothSee("closing", ({ state, availableInMs }) => state === "half-open" && availableInMs === 0);
  provider.moods.delete("closing");
  assert.equal(await chat("closing"), 200);
  await untilBothSee("closing", ({ state }) => state === "closed");
});

test("a process that takes the place of a dead one learns what the others know", async () => {
  provider.moods.set("late", { status: 500 });
  assert.equal(await chat("late"), 500);
  await untilBothSee("late", ({ state }) => state === "open");
  const victim = gateway.logs.find(({ msg, index }) => msg === "listening" && index === 1);
  process.kill(Number(victim?.pid), "SIGKILL");
  await gateway.waitForLog(({ msg }) => msg === "the gateway process was replaced", PATIENCE_MS);
  await untilBothSee("late", ({ state, availableInMs }) => state === "open" && availableInMs > 400_000);
  await untilBothSee(COOLING[0] ?? "", ({ reason }) => reason === "rate-limited");
});

test("probes find out by themselves that a provider is gone, and that it is back", async (context) => {
  await untilBothSee("watched", ({ state }) => state === "closed");
  probed.listing = { status: 503 };
  await gateway.waitForLog(({ msg }) => msg === "a provider does not answer its probes", PATIENCE_MS);
  await untilBothSee("watched", ({ state }) => state !== "closed");
  assert.equal(await chat("probed"), 503);
  probed.listing = { status: 200 };
  await untilBothSee("watched", ({ state, availableInMs }) => state === "closed" && availableInMs === 0);
  await gateway.waitForLog(({ msg }) => msg === "a provider answers its probes again", PATIENCE_MS);
  assert.deepEqual(probed.called, [], "no call was risked");
  for (const target of await seen("watched")) {
    assert.deepEqual([target?.calls, target?.latencyMs, target?.inFlight], [0, null, 0]);
  }
  const [first = 0, ...later] = probed.listedAtMs;
  const longestMs = Math.max(...later.map((atMs, index) => atMs - (later[index - 1] ?? first)));
  context.diagnostic(`${later.length + 1} probes, at most ${Math.round(longestMs)} ms apart`);
});

test("one process probes for all", async () => {
  const begun = probed.listedAtMs.length;
  const startedAtMs = performance.now();
  // Three more, however long that takes: with two processes that probe it would take half as long.
  while (probed.listedAtMs.length < begun + 3) await seen("watched");
  assert.ok(performance.now() - startedAtMs > 1_800);
});

test("a target that is much slower than the others of its group is left out of it", async () => {
  provider.moods.set("slow", { status: 200, delayMs: 800 });
  // Few at a time, so that a busy machine makes the others no slower than a quarter of that.
  for (let round = 0; round < 8; round += 1)
    await Promise.all(Array.from({ length: 25 }, () => chat("group")));
  await gateway.waitForLog(({ msg, model }) => {
    return msg === "a target does worse than the others of its group" && model === "slow";
  }, PATIENCE_MS);
  await untilBothSee("slow", ({ reason }) => reason === "ejected");
  const before = provider.called.length;
  for (let call = 0; call < 12; call += 1) assert.equal(await chat("group"), 200);
  assert.deepEqual(new Set(provider.called.slice(before)), new Set(["quick", "usual"]));
});
