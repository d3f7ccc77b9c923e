/** A gateway process that stands still for longer than its clocks allow: that is nobody's silence but its own. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { setTimeout as pass } from "node:timers/promises";
import { KEY } from "./support/mock-gateway.ts";
import { startGateway } from "./support/started-gateway.ts";
import { WHOLE_CHAT } from "./support/whole-chat.ts";

const FIRST_BYTE_MS = 2_000;
const PAUSE_MS = 2_500;

test("a provider that answers right after a pause of the gateway was in time, and is in good health", async () => {
  const asked = Promise.withResolvers<ServerResponse>();
  const provider = createServer((request, response) => {
    request.resume().once("end", () => asked.resolve(response));
  });
  provider.listen(0, "127.0.0.1");
  await once(provider, "listening");
  const { port } = provider.address() as AddressInfo;
  const gateway = await startGateway({
    config: {
      listen: { host: "127.0.0.1" },
      providers: {
        p: {
          adapter: "openai-compatible",
          baseUrl: `http://127.0.0.1:${port}/v1`,
          breaker: { consecutiveFailures: 1 },
        },
      },
      models: {
        chat: {
          targets: [{ provider: "p", model: "m" }],
          timeouts: { firstByteMs: FIRST_BYTE_MS, plainFirstByteMs: FIRST_BYTE_MS },
          retry: { attempts: 1 },
        },
      },
      keys: [{ name: "client", key: KEY }],
    },
  });
  try {
    const answered = fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${KEY}` },
      body: JSON.stringify({ model: "chat", messages: [{ role: "user", content: "Hello" }] }),
    });
    const response = await asked.promise;
    gateway.signal("SIGSTOP");
    await pass(PAUSE_MS);
    gateway.signal("SIGCONT");
    // Not before it runs again: what had arrived during the pause would prove less.
    await fetch(`${gateway.url}/livez`);
    response.writeHead(200, { "content-type": "application/json" }).end(WHOLE_CHAT);
    assert.equal((await answered).status, 200);
    const health = await (await fetch(`${gateway.adminUrl}/admin/health`)).text();
    assert.match(health, /"model":"m","state":"closed"/);
  } finally {
    await gateway.stop();
    provider.close();
  }
});
