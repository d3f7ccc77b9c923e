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
import { startGateway } from "./support/started-gateway.ts";

const WARM_CONNECTIONS = 7;
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
