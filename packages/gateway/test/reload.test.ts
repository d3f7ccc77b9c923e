/** A new configuration while requests run: all of it or nothing, and nobody is cut. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Mock, startMock } from "@headrace/mock-upstream/server";
import { isWhole, openStream } from "./support/live-stream.ts";
import { type StartedGateway, startGateway } from "./support/started-gateway.ts";

const TIMEOUT_MS = 10_000;
const ADMIN_KEY = "hr-the-admin-key";
const KEYS = [
  { name: "old", key: "sk-old-client-key" },
  { name: "new", key: "sk-new-client-key" },
];

type Json = ReturnType<typeof JSON.parse>;

interface Change {
  readonly models?: readonly string[];
  readonly keys?: readonly object[];
  /** Further top-level settings. */
  readonly rest?: object;
}

function configFor(mock: Mock, change: Change = {}): Json {
  const { models = ["first"], keys = KEYS.slice(0, 1), rest = {} } = change;
  return {
    listen: { host: "127.0.0.1" },
    admin: { key: ADMIN_KEY },
    providers: { p: { adapter: "openai-compatible", baseUrl: mock.url, apiKey: "sk-secret-of-provider" } },
    models: Object.fromEntries(models.map((name) => [name, { targets: [{ provider: "p", model: name }] }])),
    keys,
    drainTimeoutMs: 5_000,
    ...rest,
  };
}

async function statusOf({ url }: StartedGateway, model: string, key: string): Promise<number> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "Hello" }] }),
  });
  await response.arrayBuffer();
  return response.status;
}

interface RunningConfig {
  readonly text: string;
  readonly json: Json;
}

async function runningConfig({ adminUrl }: StartedGateway): Promise<RunningConfig> {
  const response = await fetch(`${adminUrl}/admin/config`, {
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
  });
  const text = await response.text();
  return { text, json: JSON.parse(text) };
}

/** Resolves when all processes run another configuration than this one; the test's own time-out bounds it. */
async function leaves(gateway: StartedGateway, hash: string): Promise<void> {
  while ((await runningConfig(gateway)).json.hash === hash);
}

const write = (gateway: StartedGateway, config: Json): Promise<void> =>
  writeFile(gateway.configFile, typeof config === "string" ? config : JSON.stringify(config));

for (const processes of [1, 2]) {
  describe(`reload with ${processes} process(es)`, { timeout: 60_000 }, () => {
    let mock: Mock;
    let gateway: StartedGateway;

    const reloadTo = async (config: Json): Promise<void> => {
      const { hash } = (await runningConfig(gateway)).json;
      await write(gateway, config);
      gateway.signal("SIGHUP");
      await leaves(gateway, hash);
    };

    before(async () => {
      mock = await startMock();
      gateway = await startGateway({ config: configFor(mock), processes });
    });

    after(async () => {
      gateway.signal("SIGTERM");
      assert.deepEqual(await gateway.exited, { code: 0, signal: null });
      await mock.close();
    });

    it("shows version and hash, and no secret", async () => {
      const { text, json } = await runningConfig(gateway);
      assert.equal(json.version, 1);
      assert.match(json.hash, /^\S{8,}$/);
      assert.equal(json.config.providers.p.baseUrl, mock.url);
      for (const secret of ["sk-secret-of-provider", "sk-old-client-key", ADMIN_KEY]) {
        assert.ok(!text.includes(secret), secret);
      }
    });

    it("lets a stream go on while a model and a key come and another key goes", async () => {
      const stream = await openStream({
        port: gateway.port,
        model: "first",
        key: "sk-old-client-key",
        mock: { chunks: 30, tokensPerSecond: 30 },
      });
      assert.equal(await statusOf(gateway, "second", "sk-old-client-key"), 404);
      await reloadTo(configFor(mock, { models: ["second"], keys: KEYS.slice(1) }));
      assert.ok(stream.running, "the reload must take effect under the stream");
      assert.ok((await runningConfig(gateway)).json.version > 1);
      assert.equal(await statusOf(gateway, "second", "sk-new-client-key"), 200);
      assert.equal(await statusOf(gateway, "first", "sk-new-client-key"), 404);
      assert.equal(await statusOf(gateway, "second", "sk-old-client-key"), 401);
      assert.ok(isWhole(await stream.ended));
    });

    it("lets a request try again on the configuration it began with", async () => {
      await reloadTo(configFor(mock));
      mock.clear();
      mock.setFaults({ status: 503, retryAfterMs: 1_000 }, { times: 1 });
      const status = statusOf(gateway, "first", "sk-old-client-key");
      await mock.waitFor(({ finished }) => finished, TIMEOUT_MS);
      await reloadTo(configFor(mock, { models: ["second"], keys: KEYS.slice(1) }));
      assert.equal(mock.counts.requests, 1, "the second try must come after the reload");
      assert.equal(await status, 200);
      assert.equal(mock.counts.requests, 2);
    });

    it("changes nothing for a file that is wrong, and says where", async () => {
      const { text } = await runningConfig(gateway);
      const config = configFor(mock);
      await write(gateway, JSON.stringify({ ...config, modles: {} }, null, 2));
      gateway.signal("SIGHUP");
      await gateway.waitForStderr(/headrace\.yaml:\d+:\d+ .*modles.*models/);
      assert.match(gateway.stderr, /^the configuration stays as it was:\n/m);
      assert.equal((await runningConfig(gateway)).text, text);
      assert.equal(await statusOf(gateway, "second", "sk-new-client-key"), 200);
    });

    it("changes nothing when a file that the configuration names cannot be read", async () => {
      const { text } = await runningConfig(gateway);
      const config = configFor(mock);
      const caCertFile = join(tmpdir(), "headrace-no-such-file.pem");
      config.providers.p = { adapter: "openai-compatible", baseUrl: "https://127.0.0.1:9/v1", caCertFile };
      await write(gateway, config);
      gateway.signal("SIGHUP");
      await gateway.waitForStderr(/headrace-no-such-file\.pem/);
      assert.equal((await runningConfig(gateway)).text, text);
      assert.equal(await statusOf(gateway, "second", "sk-new-client-key"), 200);
    });

    it("leaves what is built once, and says so", async () => {
      const rest = { limits: { bodyBytes: 10 }, listen: { host: "127.0.0.1", port: 1 } };
      await reloadTo(configFor(mock, { models: ["third"], rest }));
      const waits = await gateway.waitForLog((line) => line.msg === "these settings wait for a restart");
      assert.deepEqual(waits.settings, ["limits"]);
      const { config } = (await runningConfig(gateway)).json;
      assert.equal(config.limits.bodyBytes, 20_971_520);
      assert.equal(await statusOf(gateway, "third", "sk-old-client-key"), 200);
    });
  });
}

describe("reload by the file alone", { timeout: 60_000 }, () => {
  let mock: Mock;
  before(async () => {
    mock = await startMock();
  });
  after(() => mock.close());

  it("when it is written, or replaced as editors do", async () => {
    const gateway = await startGateway({ config: configFor(mock) });
    const first = (await runningConfig(gateway)).json.hash;
    await write(gateway, configFor(mock, { models: ["second"] }));
    await leaves(gateway, first);
    const second = (await runningConfig(gateway)).json.hash;
    await writeFile(`${gateway.configFile}.new`, JSON.stringify(configFor(mock, { models: ["third"] })));
    await rename(`${gateway.configFile}.new`, gateway.configFile);
    await leaves(gateway, second);
    assert.equal(await statusOf(gateway, "third", "sk-old-client-key"), 200);
    await gateway.stop();
  });

  it("when it is mounted by Kubernetes, which replaces a link beside it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "headrace-mount-"));
    const put = async (generation: string, models: readonly string[]): Promise<void> => {
      await mkdir(join(folder, generation));
      await writeFile(join(folder, generation, "gateway.yaml"), JSON.stringify(configFor(mock, { models })));
      await symlink(generation, join(folder, "..data_tmp"));
      await rename(join(folder, "..data_tmp"), join(folder, "..data"));
    };
    await put("..2026_01", ["first"]);
    await symlink(join("..data", "gateway.yaml"), join(folder, "gateway.yaml"));
    const gateway = await startGateway({ args: ["--config", join(folder, "gateway.yaml")] });
    const { hash } = (await runningConfig(gateway)).json;
    await put("..2026_02", ["second"]);
    await leaves(gateway, hash);
    assert.equal(await statusOf(gateway, "second", "sk-old-client-key"), 200);
    await gateway.stop();
    await rm(folder, { recursive: true });
  });
});
