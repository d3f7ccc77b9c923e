/** Models behind a wildcard: compared like others, told of together, and as many as a client likes to make up. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { parsePrometheus } from "../src/testing/prometheus-text.ts";
import { type FickleProvider, startFickleProvider } from "./support/fickle-provider.ts";
import { KEY } from "./support/mock-gateway.ts";
import { type StartedGateway, startGateway } from "./support/started-gateway.ts";

const MOST_NAMES = 256;
const PATIENCE_MS = 20_000;

interface Target {
  readonly provider: string;
  readonly model: string | null;
  readonly reason: string | null;
}

let quick: FickleProvider;
let slow: FickleProvider;
let gateway: StartedGateway;

before(async () => {
  [quick, slow] = await Promise.all([startFickleProvider(), startFickleProvider()]);
  const at = ({ url }: FickleProvider): object => ({ adapter: "openai-compatible", baseUrl: url });
  gateway = await startGateway({
    config: {
      listen: { host: "127.0.0.1" },
      providers: { quick: at(quick), slow: at(slow) },
      models: {
        "gpt-*": {
          strategy: { type: "round-robin" },
          targets: ["quick", "slow"].map((provider) => ({ provider, model: "*" })),
          outliers: { intervalMs: 50, ejectMs: 600_000 },
        },
        "any-*": { targets: [{ provider: "quick", model: "*" }], retry: { attempts: 1 } },
      },
      keys: [{ name: "client", key: KEY }],
    },
  });
});

after(async () => {
  await gateway.stop();
  await Promise.all([quick.close(), slow.close()]);
});

async function chat(model: string): Promise<number> {
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${KEY}` },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "Hello" }] }),
  });
  await response.arrayBuffer();
  return response.status;
}

async function targets(): Promise<readonly Target[]> {
  const response = await fetch(`${gateway.adminUrl}/admin/health`);
  const { processes } = (await response.json()) as { processes: { targets: Target[] }[] };
  return processes.flatMap((process) => process.targets);
}

test("one provider that is much slower at a model behind a wildcard is left out for it, and for no other", async () => {
  slow.moods.set("gpt-1", { status: 200, delayMs: 600 });
  const startedAtMs = performance.now();
  const ejected = async (): Promise<readonly Target[]> =>
    (await targets()).filter(({ reason }) => reason === "ejected");
  while ((await ejected()).length === 0) {
    await Promise.all(Array.from({ length: 10 }, () => chat("gpt-1")));
    await Promise.all(Array.from({ length: 10 }, () => chat("gpt-2")));
    assert.ok(performance.now() - startedAtMs < PATIENCE_MS);
  }
  assert.deepEqual(
    (await ejected()).map(({ provider, model }) => [provider, model]),
    [["slow", "gpt-1"]],
  );
});

test("names that a client makes up are known for a while, and add nothing to the metrics", async () => {
  for (let index = 0; index < MOST_NAMES + 50; index += 1) {
    quick.moods.set(`any-${index}`, { status: 404 });
    assert.equal(await chat(`any-${index}`), 404);
  }
  const known = (await targets()).filter(({ model }) => model?.startsWith("any-") === true);
  assert.equal(known.length, MOST_NAMES);
  const text = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
  assert.doesNotMatch(text, /any-\d/);
  const told = parsePrometheus(text)
    .filter(({ name, labels }) => name === "headrace_target_state" && labels.model === "any-*")
    .map(({ labels, value }) => [labels.provider, labels.state, value]);
  assert.deepEqual(told[0], ["quick", "available", MOST_NAMES]);
});
