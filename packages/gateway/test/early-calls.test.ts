/** All circuits of a model are open: nearly all calls fail at once, and one now and then finds out whether somebody is back. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type FickleProvider, startFickleProvider } from "./support/fickle-provider.ts";
import { KEY } from "./support/mock-gateway.ts";
import { type StartedGateway, startGateway } from "./support/started-gateway.ts";

const OPEN_MS = 5_000;
/** The jitter takes off a fifth at most. */
const EARLIEST_HALF_OPEN_MS = 4_000;
/** A fifth of it, a quarter less at most. */
const EARLIEST_CALL_MS = 750;
const PATIENCE_MS = 20_000;

let provider: FickleProvider;
let gateway: StartedGateway;

before(async () => {
  provider = await startFickleProvider();
  const breaker = { consecutiveFailures: 1, openMs: OPEN_MS, maxOpenMs: 600_000 };
  gateway = await startGateway({
    config: {
      listen: { host: "127.0.0.1" },
      providers: { p: { adapter: "openai-compatible", baseUrl: provider.url, breaker } },
      models: {
        chat: {
          strategy: { type: "fallback" },
          targets: [
            { provider: "p", model: "one" },
            { provider: "p", model: "other" },
          ],
          retry: { attempts: 1 },
        },
      },
      keys: [{ name: "client", key: KEY }],
    },
  });
});

after(async () => {
  await gateway.stop();
  await provider.close();
});

async function chat(): Promise<{ readonly status: number; readonly code: string | null }> {
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${KEY}` },
    body: JSON.stringify({ model: "chat", messages: [{ role: "user", content: "Hello" }] }),
  });
  const { error } = (await response.json()) as { error?: { code?: string } };
  return { status: response.status, code: error?.code ?? null };
}

test("a provider that is back is found long before the time of its circuit is over", async (context) => {
  for (const model of ["one", "other"]) provider.moods.set(model, { status: 500 });
  const openedAtMs = performance.now();
  assert.equal((await chat()).status, 500);
  assert.deepEqual(provider.called, ["one", "other"], "both circuits open");
  const passedMs = (): number => performance.now() - openedAtMs;
  let refused = 0;
  while (provider.called.length === 2) {
    const { code } = await chat();
    if (provider.called.length > 2) break;
    assert.equal(code, "no_target_available");
    refused++;
    assert.ok(passedMs() < PATIENCE_MS);
  }
  assert.ok(refused > 0 && passedMs() >= EARLIEST_CALL_MS, `${refused} refused in ${passedMs()} ms`);
  assert.equal(provider.called.length, 3, "one call was risked");
  provider.moods.clear();
  while ((await chat()).status !== 200) assert.ok(passedMs() < PATIENCE_MS);
  context.diagnostic(`back after ${Math.round(passedMs())} ms`);
  assert.ok(passedMs() < EARLIEST_HALF_OPEN_MS, `${passedMs()} ms`);
});
