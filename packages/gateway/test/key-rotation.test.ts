/** A provider with several keys: one that is refused is no reason to leave the provider, as long as another is taken. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, beforeEach, test } from "node:test";
import WebSocket, { WebSocketServer } from "ws";
import { KEY } from "./support/mock-gateway.ts";
import { type StartedGateway, startGateway } from "./support/started-gateway.ts";
import { WHOLE_CHAT } from "./support/whole-chat.ts";

const KEYS = ["key-of-the-first-account", "key-of-the-second-account", "key-of-the-third-account"];

const GREETING = JSON.stringify({ type: "session.created" });

let provider: Server;
let gateway: StartedGateway;
/** The status that a key is refused with, and the keys shown so far. */
let refusals: Map<string, number>;
let shown: string[];
/** What each key has left of its limit; one that is not here is told of no limit. */
let left: Map<string, number>;

function limitHeaders(remaining: number): Record<string, string> {
  return {
    "x-ratelimit-limit-requests": "100",
    "x-ratelimit-remaining-requests": String(Math.max(0, remaining - 1)),
    "x-ratelimit-reset-requests": "60s",
  };
}

before(async () => {
  provider = createServer((request, response) => {
    const key = (request.headers.authorization ?? "").replace("Bearer ", "");
    shown.push(key);
    const status = refusals.get(key) ?? 200;
    // Limits that are used up: of this key, and of no other.
    const remaining = left.get(key);
    if (remaining !== undefined) left.set(key, Math.max(0, remaining - 1));
    const told = remaining === undefined ? {} : limitHeaders(remaining);
    const limits = status === 429 ? { "x-ratelimit-remaining-requests": "0", "retry-after": "30" } : told;
    request.resume().once("end", () => {
      response.writeHead(status, { "content-type": "application/json", ...limits });
      response.end(
        status === 200 ? WHOLE_CHAT : JSON.stringify({ error: { message: "no", type: "refused" } }),
      );
    });
  });
  const sockets = new WebSocketServer({ noServer: true });
  provider.on("upgrade", (request, socket, head) => {
    const key = (request.headers.authorization ?? "").replace("Bearer ", "");
    shown.push(key);
    const status = refusals.get(key) ?? 200;
    if (status === 200) sockets.handleUpgrade(request, socket, head, (open) => open.send(GREETING));
    else socket.end(`HTTP/1.1 ${status} No\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}`);
  });
  provider.listen(0, "127.0.0.1");
  await once(provider, "listening");
});

after(() => {
  provider.close();
});

/** A gateway whose keys are all awake. */
beforeEach(async (context) => {
  refusals = new Map();
  shown = [];
  left = new Map();
  const { port } = provider.address() as AddressInfo;
  gateway = await startGateway({
    config: {
      listen: { host: "127.0.0.1" },
      providers: {
        p: {
          adapter: "openai-compatible",
          baseUrl: `http://127.0.0.1:${port}/v1`,
          apiKeys: KEYS.map((key) => ({ key })),
          breaker: { consecutiveFailures: 1 },
        },
      },
      models: {
        chat: { targets: [{ provider: "p", model: "m" }], retry: { attempts: 1, statuses: [503] } },
        spared: {
          strategy: { type: "fallback" },
          targets: [
            { provider: "p", model: "m" },
            { provider: "p", model: "other" },
          ],
        },
      },
      keys: [{ name: "client", key: KEY }],
    },
  });
  assert.ok("after" in context);
  context.after(() => gateway.stop());
});

async function chat(model = "chat"): Promise<Response> {
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${KEY}` },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "Hello" }] }),
  });
  await response.arrayBuffer();
  return response;
}

for (const status of [401, 402, 403, 429]) {
  test(`a key that is refused with ${status} gives way to another one at once`, async () => {
    const [good = ""] = KEYS;
    for (const key of KEYS) if (key !== good) refusals.set(key, status);
    for (let calls = 0; calls < 5; calls++) {
      const before = shown.length;
      const response = await chat();
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("x-headrace-attempts"), String(shown.length - before));
      assert.equal(shown.at(-1), good);
    }
    for (const key of KEYS)
      if (key !== good) assert.ok(shown.filter((one) => one === key).length <= 1, "it rests");
  });

  test(`keys that are all refused with ${status} are each shown once, and the client is told`, async () => {
    for (const key of KEYS) refusals.set(key, status);
    const response = await chat();
    assert.equal(response.status, status === 401 ? 502 : status);
    assert.deepEqual([...shown].sort(), [...KEYS].sort());
    if (status === 429) assert.ok(Number(response.headers.get("retry-after")) <= 30);
  });
}

test("a key whose limits are nearly used up is spared, and the target when all of its keys are", async () => {
  const [tight = "", ...roomy] = KEYS;
  for (const key of KEYS) left.set(key, key === tight ? 2 : 50);
  while (!shown.includes(tight)) await chat("spared");
  shown = [];
  for (let calls = 0; calls < 12; calls++) {
    const response = await chat("spared");
    assert.equal(response.headers.get("x-headrace-model"), "m");
  }
  assert.ok(!shown.includes(tight), "no call goes out with the key that has next to nothing left");
  for (const key of roomy) assert.ok(shown.includes(key));
  for (const key of roomy) left.set(key, 2);
  shown = [];
  while (new Set(shown).size < roomy.length) await chat("spared");
  left.clear();
  for (let calls = 0; calls < 6; calls++) {
    const response = await chat("spared");
    assert.equal(response.headers.get("x-headrace-model"), "other");
  }
});

test("a session opens with another key when one is refused", async () => {
  const [good = ""] = KEYS;
  for (const key of KEYS) if (key !== good) refusals.set(key, 429);
  for (let sessions = 0; sessions < 3; sessions++) {
    const session = new WebSocket(`${gateway.url.replace("http", "ws")}/v1/realtime?model=chat`, {
      headers: { authorization: `Bearer ${KEY}` },
    });
    const [message] = await once(session, "message");
    assert.equal(String(message), GREETING);
    session.close();
    await once(session, "close");
    assert.equal(shown.at(-1), good);
  }
});

test("a server's failure is none of a key", async () => {
  for (const key of KEYS) refusals.set(key, 500);
  assert.equal((await chat()).status, 500);
  assert.equal(shown.length, 1);
});
