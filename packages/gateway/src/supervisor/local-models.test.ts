import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { LOCAL_SERVERS, type LocalServer } from "@headrace/providers/local-servers";
import { configOf } from "../testing/compiled.ts";
import { findLocalServers, withLocalModels } from "./local-models.ts";

const CONFIG = configOf({
  providers: { p: { adapter: "mock" } },
  models: { "ollama/mine": { targets: [{ provider: "p", model: "x" }] } },
  aliases: { "ollama/other": "ollama/mine" },
  keys: [{ name: "ci", key: "sk-12345678" }],
});

/** Ollama's place, at a free port of this test. */
async function serverWith(answer: string, status = 200): Promise<{ server: LocalServer; http: Server }> {
  const http = createServer((req, res) => {
    res.writeHead(req.url === "/api/tags" ? status : 404, { "content-type": "application/json" }).end(answer);
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  const [ollama] = LOCAL_SERVERS;
  assert.ok(ollama !== undefined);
  return { http, server: { ...ollama, port } };
}

test("local models: those of a server that answers are offered under its name", async (t) => {
  const names = ["llama3:latest", "mine", "other", "no such\r\nname"].map((name) => ({ name }));
  const { http, server } = await serverWith(JSON.stringify({ models: names }));
  t.after(() => http.close());
  const found = await findLocalServers(CONFIG, [server]);
  const config = withLocalModels(CONFIG, found);
  assert.deepEqual(Object.keys(config.models), ["ollama/mine", "ollama/llama3:latest"]);
  assert.deepEqual(config.models["ollama/llama3:latest"]?.targets, [
    { provider: "ollama", model: "llama3:latest", weight: 1 },
  ]);
  assert.equal(config.providers.ollama?.baseUrl, `http://127.0.0.1:${server.port}`);
  assert.equal(config.models["ollama/mine"], CONFIG.models["ollama/mine"]);
});

for (const [name, answer, status] of [
  ["says no", "{}", 500],
  ["is another program", '{"models":5}', 200],
  ["speaks no JSON", "<html>", 200],
] as const) {
  test(`local models: none of one that ${name}`, async (t) => {
    const { http, server } = await serverWith(answer, status);
    t.after(() => http.close());
    assert.deepEqual(await findLocalServers(CONFIG, [server]), []);
  });
}

test("local models: nobody there, and the gateway itself, are no servers", async (t) => {
  const { http, server } = await serverWith('{"models":[{"name":"a"}]}');
  t.after(() => http.close());
  const own = { ...CONFIG, listen: { ...CONFIG.listen, port: server.port } };
  assert.deepEqual(await findLocalServers(own, [server]), []);
  http.close();
  await once(http, "close");
  assert.deepEqual(await findLocalServers(CONFIG, [server]), []);
});

test("local models: a provider of that name in the config is left alone", () => {
  const [server] = LOCAL_SERVERS;
  assert.ok(server !== undefined);
  const provider = CONFIG.providers.p;
  assert.ok(provider !== undefined);
  const config = { ...CONFIG, providers: { ollama: provider } };
  assert.deepEqual(withLocalModels(config, [{ server, models: ["a"] }]), config);
});
