/** How a provider is connected to: early when asked for, and over HTTP/2 when asked for. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createSecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startMock } from "@headrace/mock-upstream/server";
import { createSelfSigned } from "./support/certificates.ts";
import { KEY } from "./support/mock-gateway.ts";
import { callRaw } from "./support/raw-call.ts";
import { type StartedGateway, startGateway } from "./support/started-gateway.ts";

const WARM_CONNECTIONS = 7;
const AMPLE_MS = 10_000;
const ANSWER = '{"object":"chat.completion","choices":[]}';
const EVENTS = 'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';

function configFor(provider: object): object {
  return {
    listen: { host: "127.0.0.1" },
    providers: { provider: { adapter: "openai-compatible", ...provider } },
    models: { chat: { targets: [{ provider: "provider", model: "m" }], retry: { attempts: 1 } } },
    keys: [{ name: "client", key: KEY }],
  };
}

test("connections are there before the first call, and the first call takes one of them", async (t) => {
  const mock = await startMock();
  t.after(() => mock.close());
  const gateway = await startGateway({
    config: configFor({ baseUrl: mock.url, warmConnections: WARM_CONNECTIONS }),
  });
  t.after(() => gateway.stop());
  assert.equal(mock.counts.connections, WARM_CONNECTIONS);
  assert.equal((await callRaw(gateway)).status, 200);
  assert.equal(mock.counts.maxConnections, WARM_CONNECTIONS);
});

test("HTTP/2 serves plain and streamed calls over one connection", async (t) => {
  const certificate = createSelfSigned({ names: ["127.0.0.1"] });
  const versions: string[] = [];
  let sessions = 0;
  const server = createSecureServer({ ...certificate, allowHTTP1: true }, (request, response) => {
    versions.push(request.httpVersion);
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const stream = JSON.parse(Buffer.concat(chunks).toString()).stream === true;
      response.setHeader("content-type", stream ? "text/event-stream" : "application/json");
      response.end(stream ? EVENTS : ANSWER);
    });
  });
  server.on("session", () => sessions++);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const directory = await mkdtemp(join(tmpdir(), "headrace-http2-"));
  t.after(() => rm(directory, { recursive: true }));
  const caCertFile = join(directory, "ca.pem");
  await writeFile(caCertFile, certificate.cert);
  const { port } = server.address() as AddressInfo;
  const gateway = await startGateway({
    config: configFor({ baseUrl: `https://127.0.0.1:${port}/v1`, http2: true, caCertFile }),
  });
  t.after(() => server.close());
  t.after(() => gateway.stop());
  const plain = await callRaw(gateway);
  assert.deepEqual([plain.status, String(plain.body)], [200, ANSWER]);
  const streamed = await callRaw(gateway, { stream: true });
  assert.deepEqual([streamed.status, String(streamed.body)], [200, EVENTS]);
  assert.deepEqual([versions, sessions], [["2.0", "2.0"], 1]);
});

test("a reload keeps the connections of a provider whose address stays, and its calls go on over them", async (t) => {
  const mock = await startMock();
  t.after(() => mock.close());
  const provider = { baseUrl: mock.url, warmConnections: WARM_CONNECTIONS };
  const gateway = await startGateway({ config: configFor(provider) });
  t.after(() => gateway.stop());
  await reload(gateway, configFor({ ...provider, apiKey: "another-key-of-the-gateway" }));
  assert.equal((await callRaw(gateway)).status, 200);
  assert.equal(mock.received.at(-1)?.headers.authorization, "Bearer another-key-of-the-gateway");
  assert.deepEqual(
    [mock.counts.connections, mock.counts.maxConnections],
    [WARM_CONNECTIONS, WARM_CONNECTIONS],
  );
});

test("a reload under load fails no call, and opens the connections to a new provider before the switch", async (t) => {
  const [old, next] = [await startMock(), await startMock()];
  t.after(() => Promise.all([old.close(), next.close()]));
  const gateway = await startGateway({ config: configFor({ baseUrl: old.url }) });
  t.after(() => gateway.stop());
  const load = keepCalling(gateway);
  await old.waitFor(() => true, AMPLE_MS);
  await reload(gateway, configFor({ baseUrl: next.url, warmConnections: WARM_CONNECTIONS }));
  const warmed = next.received.slice(0, WARM_CONNECTIONS).map(({ method }) => method);
  await next.waitFor(({ method }) => method === "POST", AMPLE_MS);
  const statuses = await load.stop();
  assert.deepEqual(new Set(statuses), new Set([200]));
  assert.deepEqual(new Set(warmed), new Set(["GET"]), "no call may come before the connections are there");
});

test("a reload to a provider that cannot be reached takes effect all the same", async (t) => {
  const mock = await startMock();
  const gateway = await startGateway({ config: configFor({ baseUrl: mock.url }) });
  t.after(() => gateway.stop());
  const gone = mock.url;
  await mock.close();
  await reload(gateway, configFor({ baseUrl: gone, connections: 100, warmConnections: WARM_CONNECTIONS }));
  assert.equal((await callRaw(gateway)).status, 502);
});

async function reload(gateway: StartedGateway, config: object): Promise<void> {
  await writeFile(gateway.configFile, JSON.stringify(config));
  gateway.signal("SIGHUP");
  await gateway.waitForLog((line) => line.msg === "configuration reloaded");
}

/** Asks again and again, two calls at a time. */
function keepCalling(gateway: StartedGateway): { stop(): Promise<number[]> } {
  const statuses: number[] = [];
  let stopped = false;
  const callers = [0, 1].map(async () => {
    while (!stopped) statuses.push((await callRaw(gateway)).status);
  });
  return {
    async stop(): Promise<number[]> {
      stopped = true;
      await Promise.all(callers);
      return statuses;
    },
  };
}
