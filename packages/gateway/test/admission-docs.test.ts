/** The configuration of docs/admission.md does what the page says. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { type Mock, startMock } from "@headrace/mock-upstream/server";
import { askChat } from "./support/good-call.ts";
import type { RawAnswer } from "./support/http-connection.ts";
import { PROVIDER_KEY } from "./support/mock-gateway.ts";
import { metricOf } from "./support/nothing-left.ts";
import { assertRefusal } from "./support/refusals.ts";
import { type StartedGateway, startGateway } from "./support/started-gateway.ts";

const PAGE = readFileSync(new URL("../../../docs/admission.md", import.meta.url), "utf8");
const CONFIG = /^```yaml\n([\s\S]*?)^```$/m.exec(PAGE)?.[1] ?? "";
const [CLIENT, BATCH] = ["hr-key-of-the-client", "hr-key-of-batch-jobs"];

let a: Mock;
let b: Mock;
let gateway: StartedGateway;

before(async () => {
  [a, b] = await Promise.all([
    startMock({ requireKey: PROVIDER_KEY }),
    startMock({ requireKey: PROVIDER_KEY }),
  ]);
  const env = { A: `127.0.0.1:${a.port}`, B: `127.0.0.1:${b.port}` };
  gateway = await startGateway({ config: CONFIG, env });
});
after(async () => {
  await gateway.stop();
  await Promise.all([a.close(), b.close()]);
});

function ask(key: string, fields: object = {}): Promise<RawAnswer> {
  return askChat(gateway.port, { model: "chat", ...fields }, { authorization: `Bearer ${key}` });
}

async function metric(name: string, value: number): Promise<void> {
  while ((await metricOf(gateway, name)) !== value);
}

test("three calls run, one of them at the first target; two wait; a low one gives its place to a better", async () => {
  const slow = { x_mock: { latencyMs: 1_500 } };
  const running = [0, 1, 2].map(() => ask(CLIENT, slow));
  await metric("headrace_concurrency_running", 4); // three of the model, one of the target
  await a.waitFor(() => a.counts.requests === 1, 5_000);
  await b.waitFor(() => b.counts.requests === 2, 5_000);
  const low = ask(BATCH);
  await metric("headrace_concurrency_waiting", 1);
  const waiting = [ask(CLIENT)];
  await metric("headrace_concurrency_waiting", 2);
  waiting.push(ask(CLIENT));
  assertRefusal(await low, { code: "queue_full" });
  assertRefusal(await ask(BATCH), { code: "queue_full" });
  for (const answer of await Promise.all([...running, ...waiting]))
    assert.equal(answer.status, 200, answer.body);
  assert.equal(a.counts.maxOpen, 1);
  assert.equal(await metricOf(gateway, "headrace_concurrency_running"), 0);
  assert.equal(await metricOf(gateway, "headrace_queue_seconds_count"), 4);
});
