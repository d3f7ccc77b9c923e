import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { adapterById } from "@headrace/providers/registry";
import { configOf } from "../testing/compiled.ts";
import { ask } from "./ask.ts";
import type { Credential } from "./credentials/credential.ts";
import { KeptPools } from "./kept-pools.ts";
import { Probe } from "./probe.ts";
import { Pool } from "./undici-pool.ts";
import { openUpstream, type Upstream } from "./upstream.ts";

const AMPLE_MS = 5_000;
const SHORT_MS = 50;

interface Provider {
  readonly url: string;
  readonly seen: IncomingMessage[];
  readonly connections: () => number;
}

async function provide(context: TestContext, answer: RequestListener): Promise<Provider> {
  const seen: IncomingMessage[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    seen.push(request);
    answer(request, response);
  }).on("connection", () => {
    connections += 1;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, seen, connections: () => connections };
}

function open(context: TestContext, baseUrl: string, more: object = {}): Upstream {
  const config = configOf({
    providers: { p: { adapter: "openai-compatible", baseUrl, apiKey: "key-of-p", ...more } },
    models: { m: { targets: [{ provider: "p", model: "m" }] } },
    keys: [{ name: "ci", key: "sk-12345678" }],
  }).providers.p;
  assert.ok(config !== undefined);
  const adapter = adapterById(config.adapter);
  const upstream = openUpstream("p", config, {
    adapter,
    connectTimeoutMs: AMPLE_MS,
    pools: new KeptPools(),
  });
  context.after(() => upstream.close());
  return upstream;
}

for (const [status, answered] of [
  [200, true],
  [401, true],
  [404, true],
  [429, true],
  [500, false],
  [503, false],
] as const) {
  test(`probe: a provider that answers ${status} is ${answered ? "there" : "not there"}`, async (context) => {
    const { url, seen } = await provide(context, (_request, response) =>
      response.writeHead(status).end("{}"),
    );
    assert.equal(await open(context, `${url}/v1`).probe(AMPLE_MS), answered);
    const [request] = seen;
    assert.deepEqual([request?.method, request?.url], ["GET", "/v1/models"]);
    assert.equal(request?.headers.authorization, "Bearer key-of-p");
  });
}

test("probe: one that cannot be reached, is silent, or never comes to an end, is not there", async (context) => {
  assert.equal(await open(context, "http://127.0.0.1:9/v1").probe(AMPLE_MS), false);
  const silent = await provide(context, () => {});
  assert.equal(await open(context, silent.url).probe(SHORT_MS), false);
  const endless = await provide(context, (_request, response: ServerResponse) => {
    const timer = setInterval(() => response.write("."), 5);
    response.once("close", () => clearInterval(timer));
  });
  assert.equal(await open(context, endless.url).probe(SHORT_MS), false);
});

test("probe: what was silent once is asked again, on one connection at a time", async (context) => {
  let silent = true;
  const { url, connections } = await provide(context, (_request, response) => {
    if (!silent) response.end("{}");
  });
  const upstream = open(context, url);
  assert.equal(await upstream.probe(SHORT_MS), false);
  silent = false;
  for (let time = 0; time < 3; time += 1) assert.equal(await upstream.probe(AMPLE_MS), true);
  assert.equal(connections(), 2, "the silent one was given up, the other one is kept");
});

test("probe: needs none of the connections that calls have", async (context) => {
  const { url } = await provide(context, (request, response) => {
    if (request.method === "GET") response.end("{}");
  });
  const upstream = open(context, url, { connections: 1, probe: { intervalMs: 1_000, path: "/healthz" } });
  // It ends with the provider.
  void assert.rejects(ask(upstream.dispatcher, { method: "POST", path: "/", body: "{}" }));
  assert.equal(await upstream.probe(AMPLE_MS), true);
});

test("probe: asks for what the config says", async (context) => {
  const { url, seen } = await provide(context, (_request, response) => response.end("{}"));
  const upstream = open(context, `${url}/v1`, { probe: { intervalMs: 1_000, path: "/healthz" } });
  assert.equal(await upstream.probe(AMPLE_MS), true);
  assert.equal(seen[0]?.url, "/v1/healthz");
});

test("probe: is signed like a call; where nothing can sign it, the provider is not there", async (context) => {
  const { url, seen } = await provide(context, (_request, response) => response.end("{}"));
  const probeWith = (headers: Credential["headers"]): Probe => {
    const credential: Credential = { headers, secrets: [], close: () => Promise.resolve() };
    const host = new URL(url).host;
    const probe = new Probe({
      open: () => new Pool(url),
      path: "/p",
      host,
      headers: ["x-a", "1"],
      credential,
    });
    context.after(() => probe.close());
    return probe;
  };
  const signing = probeWith(async ({ method, path, host }) => ["x-signed", `${method} ${path} ${host}`]);
  assert.equal(await signing.ask(AMPLE_MS), true);
  assert.equal(seen[0]?.headers["x-signed"], `GET /p ${new URL(url).host}`);
  assert.equal(seen[0]?.headers["x-a"], "1");
  assert.equal(await probeWith(() => Promise.reject(new Error("no token"))).ask(AMPLE_MS), false);
  assert.equal(await probeWith(() => new Promise(() => {})).ask(SHORT_MS), false);
  assert.equal(seen.length, 1);
});

test("probe: one that is closed opens nothing any more", async (context) => {
  const { url, seen } = await provide(context, (_request, response) => response.end("{}"));
  const upstream = open(context, url);
  await upstream.close();
  assert.equal(await upstream.probe(AMPLE_MS), false);
  assert.equal(seen.length, 0);
});
