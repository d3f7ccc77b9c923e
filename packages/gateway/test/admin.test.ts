/** The admin port, and who may see what on it. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { parsePrometheus } from "../src/testing/prometheus-text.ts";
import { KEY, type MockGateway, startMockGateway } from "./support/mock-gateway.ts";

const ADMIN_KEY = "hr-the-admin-key";

describe("admin port with a key", { timeout: 60_000 }, () => {
  let started: MockGateway;
  before(async () => {
    started = await startMockGateway({ config: { admin: { key: ADMIN_KEY } } });
  });
  after(() => started.close());

  const get = (path: string, key?: string): Promise<Response> =>
    fetch(`${started.gateway.adminUrl}${path}`, {
      headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    });

  for (const path of ["/metrics", "/admin/config", "/admin/health", "/admin/requests"]) {
    it(`${path} needs it`, async () => {
      for (const [key, status, code] of [
        [undefined, 401, "missing_api_key"],
        ["hr-some-other-key", 401, "invalid_api_key"],
        [KEY, 401, "invalid_api_key"],
      ] as const) {
        const response = await get(path, key);
        const { error } = (await response.json()) as { error: { code: string } };
        assert.deepEqual([response.status, error.code], [status, code]);
      }
      assert.equal((await get(path, ADMIN_KEY)).status, 200);
    });
  }

  it("takes a scheme without a key for no key", async () => {
    const response = await fetch(`${started.gateway.adminUrl}/metrics`, {
      headers: { authorization: "Bearer " },
    });
    const { error } = (await response.json()) as { error: { code: string } };
    assert.deepEqual([response.status, error.code], [401, "missing_api_key"]);
  });

  it("health needs none", async () => {
    assert.deepEqual([(await get("/livez")).status, (await get("/readyz")).status], [200, 200]);
  });

  it("its key opens no model", async () => {
    const response = await fetch(`${started.baseUrl}/models`, { headers: { "x-api-key": ADMIN_KEY } });
    assert.equal(response.status, 401);
  });

  it("answers unknown paths and methods like the data port", async () => {
    assert.equal((await get("/admin/nothing", ADMIN_KEY)).status, 404);
    const posted = await fetch(`${started.gateway.adminUrl}/metrics`, { method: "POST" });
    assert.equal(posted.status, 405);
    assert.match(posted.headers.get("allow") ?? "", /GET/);
  });

  it("serves no admin page on the data port", async () => {
    for (const path of ["/metrics", "/admin/config", "/admin/health", "/admin/requests"]) {
      assert.equal((await fetch(`${started.gateway.url}${path}`)).status, 404);
    }
  });

  it("counts what has happened, under labels of the configuration alone", async () => {
    const ask = (model: string): Promise<Response> =>
      fetch(`${started.baseUrl}/chat/completions`, {
        method: "POST",
        headers: { authorization: `Bearer ${KEY}` },
        body: JSON.stringify({ model, messages: [{ role: "user", content: "Hello" }] }),
      });
    for (const model of ["chat", "fast", "nobody-has-heard-of-this"]) await (await ask(model)).arrayBuffer();
    const samples = parsePrometheus(await (await get("/metrics", ADMIN_KEY)).text());
    const total = (labels: Readonly<Record<string, string>>): number | undefined =>
      samples.find(({ name, labels: its }) => {
        return (
          name === "headrace_requests_total" &&
          Object.entries(labels).every(([label, value]) => its[label] === value)
        );
      })?.value;
    assert.equal(total({ endpoint: "chat", model: "chat", provider: "mock-provider", status: "200" }), 2);
    assert.equal(total({ endpoint: "chat", model: "", status: "404" }), 1);
    assert.ok(!samples.some(({ labels }) => Object.values(labels).includes("nobody-has-heard-of-this")));
    assert.ok(!samples.some(({ labels }) => Object.values(labels).includes(KEY)));
  });
});

describe("admin port without a key", { timeout: 60_000 }, () => {
  it("is open on loopback", async () => {
    const { gateway, close } = await startMockGateway();
    for (const path of ["/metrics", "/admin/config", "/admin/health", "/admin/requests"]) {
      assert.equal((await fetch(`${gateway.adminUrl}${path}`)).status, 200);
    }
    await close();
  });
});
