import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { pino } from "pino";
import { AccessLog } from "../observability/access-log.ts";
import { configOf, snapshotOf } from "../testing/compiled.ts";
import { compileSnapshot } from "./compile.ts";
import { detachedContext } from "./detached-context.ts";

const KEYS = [{ name: "ci", key: "sk-12345678" }];
const CONFIG = {
  providers: {
    local: {
      adapter: "openai-compatible",
      baseUrl: "http://127.0.0.1:9/api/v1",
      apiKey: "sk-provider",
      forwardHeaders: ["x-trace", "x-team"],
    },
    cloud: { adapter: "openai", apiKey: "sk-cloud", forwardHeaders: ["x-trace"] },
  },
  models: {
    chain: {
      strategy: { type: "fallback" },
      targets: [
        { provider: "local", model: "a/b" },
        { provider: "cloud", model: "c" },
      ],
      retry: { attempts: 3, statuses: [500] },
      timeouts: { connectMs: 1, firstByteMs: 2, plainFirstByteMs: 9, idleMs: 3, totalMs: 4 },
    },
    constructor: { targets: [{ provider: "cloud", model: "d" }] },
  },
  aliases: { toString: "chain" },
  keys: KEYS,
};

describe("compileSnapshot", () => {
  const snapshot = snapshotOf(CONFIG);

  it("lists models and aliases by every name that a client may ask for", () => {
    assert.deepEqual([...snapshot.models.names()], ["chain", "constructor", "toString"]);
    assert.equal(snapshot.models.get("toString"), snapshot.models.get("chain"));
  });

  it("knows what providers call the models, whatever a client may call them", () => {
    assert.deepEqual({ ...snapshot.providerModels }, { chain: "a/b", constructor: "d", toString: "a/b" });
  });

  it("keeps a model's targets in order, with its retries and clocks", () => {
    const model = snapshot.models.get("chain");
    assert.deepEqual(
      model?.targets.map(({ provider, model: name }) => `${provider}/${name}`),
      ["local/a/b", "cloud/c"],
    );
    assert.equal(model?.retry.attempts, 3);
    assert.deepEqual(model.retry.statuses, new Set([500]));
    const { connectMs, firstByteMs, idleMs, totalMs } = model?.targets[0].timeouts ?? {};
    assert.deepEqual([connectMs, firstByteMs, idleMs, totalMs], [1, 2, 3, 4]);
    assert.deepEqual(model?.plainTimeouts, { ...model?.targets[0].timeouts, firstByteMs: 9 });
  });

  it("knows each endpoint's path at a target", () => {
    const [first] = snapshot.models.get("chain")?.targets ?? [];
    assert.equal(first?.routes.embeddings.passing?.plainPath, "/api/v1/embeddings");
  });

  it("joins a provider's base URL and an endpoint's path", () => {
    const [local, cloud] = snapshot.models.get("chain")?.targets ?? [];
    assert.equal(local?.routes.chat.passing?.streamPath, "/api/v1/chat/completions");
    assert.equal(cloud?.routes.embeddings.passing?.plainPath, "/v1/embeddings");
  });

  it("gives every request of a provider its credentials", () => {
    const [local] = snapshot.upstreams;
    const headers = local?.headers ?? [];
    assert.equal(headers[headers.indexOf("authorization") + 1], "Bearer sk-provider");
    assert.equal(headers[headers.indexOf("accept-encoding") + 1], "identity");
  });

  it("names a target in the answer's headers", () => {
    assert.equal(
      snapshot.models.get("chain")?.targets[0].headerLines,
      "\r\nx-headrace-provider: local\r\nx-headrace-model: a/b",
    );
  });

  it("gathers the headers that any provider lets through, each once", () => {
    // The beta header belongs to a wire, so that any client may send it.
    assert.deepEqual(snapshot.forwardHeaders, ["x-trace", "x-team", "anthropic-beta"]);
  });

  it("opens one upstream a provider, shared by its targets", () => {
    assert.equal(snapshot.upstreams.length, 2);
    assert.equal(snapshot.models.get("constructor")?.targets[0].upstream, snapshot.upstreams[1]);
  });

  it("keeps counting in the same series over versions", () => {
    const context = detachedContext({ access: new AccessLog(null), keptCalls: 0 });
    const series = [1, 2].map(() => {
      const snapshot = compileSnapshot(configOf(CONFIG), context);
      return snapshot.models.get("chain")?.targets[0].recorders.for("chat").series;
    });
    assert.ok(series[0] !== undefined);
    assert.equal(series[0], series[1]);
  });

  it("tells of models that nobody can go on for", () => {
    const told: unknown[] = [];
    const logger = pino({}, { write: (line) => told.push(JSON.parse(line)) });
    const [openai, mistral] = ["openai", "mistral"].map((adapter) => ({ adapter, apiKey: "sk" }));
    const target = (provider: string): object => ({ targets: [{ provider, model: "m" }] });
    const config = configOf({
      providers: { openai, mistral },
      models: {
        alone: { ...target("openai"), continuation: true },
        asked: { ...target("openai") },
        "by-itself": { ...target("mistral"), continuation: true },
        "by-another": { ...target("openai"), continuation: true, fallbacks: { other: ["by-itself"] } },
      },
      keys: KEYS,
    });
    compileSnapshot(config, { ...detachedContext({ access: new AccessLog(null), keptCalls: 0 }), logger });
    const models = told.map((line) => {
      const { model, msg } = line as { model: string; msg: string };
      assert.match(msg, /^"continuation" has no effect once text was sent: no target/);
      return model;
    });
    assert.deepEqual(models, ["alone"]);
  });

  it("fails with the file's name when a provider's CA cannot be read", async () => {
    const directory = await mkdtemp(join(tmpdir(), "headrace-ca-"));
    try {
      const caCertFile = join(directory, "missing.pem");
      const provider = { adapter: "openai-compatible", baseUrl: "https://127.0.0.1:9/v1", caCertFile };
      const models = { m: { targets: [{ provider: "p", model: "x" }] } };
      assert.throws(() => snapshotOf({ providers: { p: provider }, models, keys: KEYS }), /missing\.pem/);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
