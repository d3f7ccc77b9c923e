import assert from "node:assert/strict";
import { test } from "node:test";
import { KEY_DEFAULTS, MODEL_DEFAULTS, PROVIDER_DEFAULTS } from "./defaults.ts";
import { demoConfigText } from "./demo.ts";
import { maskSecrets } from "./mask.ts";
import { configText, load, problemLines } from "./testing.ts";
import type { Config } from "./types.ts";

function loadGood(text: string, env: Record<string, string> = {}): { config: Config; hash: string } {
  const result = load(text, env);
  assert.ok(result.ok, problemLines(text, env).join("\n"));
  return result;
}

test("config: every default is filled in", () => {
  assert.deepEqual(loadGood(configText()).config, {
    listen: { host: "0.0.0.0", port: 8080 },
    admin: { host: "127.0.0.1", port: 8081 },
    processes: "auto",
    workers: { threads: "auto", offloadAboveBytes: 32_768 },
    providers: {
      mock: {
        adapter: "mock",
        connections: 1024,
        warmConnections: 0,
        http2: false,
        forwardHeaders: [],
        unsupportedParams: "warn",
        breaker: {
          enabled: true,
          consecutiveFailures: 5,
          failureShare: 0.5,
          minCalls: 20,
          windowMs: 10_000,
          openMs: 5_000,
          maxOpenMs: 120_000,
        },
      },
    },
    models: {
      m: {
        strategy: { type: "single" },
        targets: [{ provider: "mock", model: "x", weight: 1 }],
        retry: {
          attempts: 2,
          statuses: [408, 429, 500, 502, 503, 504, 529],
          maxTries: 6,
          backoffMs: { first: 100, max: 1_000 },
          maxRetryAfterMs: 2_000,
          byStatus: {},
        },
        timeouts: {
          connectMs: 2000,
          firstByteMs: 30_000,
          plainFirstByteMs: 600_000,
          idleMs: 60_000,
          totalMs: null,
        },
        fallbacks: { contextWindow: [], contentPolicy: [], other: [] },
        outliers: {
          enabled: true,
          latencyFactor: 4,
          failureMargin: 0.3,
          ejectMs: 30_000,
          maxEjectedShare: 0.5,
          intervalMs: 5_000,
        },
        continuation: false,
      },
    },
    aliases: {},
    auth: { mode: "keys", force: false },
    keys: [{ name: "ci", key: "sk-12345678", priority: "normal", overrides: [], tags: [] }],
    limits: {
      bodyBytes: 20_971_520,
      uploadBytes: 536_870_912,
      uploadSpoolBytes: 4_294_967_296,
      headerTimeoutMs: 10_000,
      bodyTimeoutMs: 30_000,
      jsonDepth: 128,
    },
    discovery: { local: false, intervalMs: 30_000 },
    responses: { storeBytes: 67_108_864, ttlMs: 86_400_000 },
    drainTimeoutMs: 30_000,
    logs: { level: "info", access: true },
    routing: {
      retryBudget: { share: 0.2, burst: 500 },
      hedgeBudget: { share: 0.05, burst: 100 },
      explain: { keep: 1_000 },
    },
    shedding: { eventLoopDelayMs: 200, retryAfterMs: 1_000 },
    faults: { enabled: false, rules: [] },
    prices: {},
  });
});

test("config: what the program makes by itself has the schema's defaults", () => {
  const { config } = loadGood(configText());
  assert.deepEqual(config.models.m, { ...MODEL_DEFAULTS, targets: config.models.m?.targets });
  assert.deepEqual(config.providers.mock, { ...PROVIDER_DEFAULTS, adapter: "mock" });
  assert.deepEqual(config.keys, [{ ...KEY_DEFAULTS, name: "ci", key: "sk-12345678" }]);
});

const FULL = `
# Everything that this version has.
listen: { host: 0.0.0.0, port: 8443, tls: { cert: /etc/tls/cert.pem, key: /etc/tls/key.pem } }
admin: { host: 10.0.0.5, port: 9000, key: \${ADMIN_KEY} }
processes: 2
workers: { threads: 3, offloadAboveBytes: 1000 }
providers:
  openai: { adapter: openai, apiKey: \${OPENAI_API_KEY} }
  vllm-a:
    adapter: openai-compatible
    baseUrl: https://vllm.internal:8000/v1
    connections: 50
    warmConnections: 5
    http2: true
    forwardHeaders: [x-session-id]
    caCertFile: /etc/tls/ca.pem
models:
  gpt-4o:
    strategy: { type: fallback }
    targets: [ { provider: openai, model: gpt-4o }, { provider: vllm-a, model: qwen3 } ]
    retry: { attempts: 3, statuses: [429] }
    timeouts: { connectMs: 1, firstByteMs: 2, idleMs: 3, totalMs: 4 }
  meta-llama/Llama-3.3-70B:free: { targets: [ { provider: vllm-a, model: llama } ] }
aliases: { fast: gpt-4o }
auth: { mode: keys }
keys: [ { name: ci, key: \${CI_KEY}, models: [gpt-4o, fast] } ]
limits: { bodyBytes: 1024, uploadBytes: 4096, uploadSpoolBytes: 8192, headerTimeoutMs: 1, bodyTimeoutMs: 2, jsonDepth: 16 }
drainTimeoutMs: 5000
logs: { level: warn, access: false }
`;
const FULL_ENV = {
  ADMIN_KEY: "admin-secret-1",
  OPENAI_API_KEY: "sk-openai-secret",
  CI_KEY: "sk-client-secret",
};

test("config: every key that is built can be set, with references inside flow mappings", () => {
  const { config } = loadGood(FULL, FULL_ENV);
  assert.deepEqual(config.listen.tls, { cert: "/etc/tls/cert.pem", key: "/etc/tls/key.pem" });
  assert.deepEqual(config.admin, { host: "10.0.0.5", port: 9000, key: "admin-secret-1" });
  assert.equal(config.providers.openai?.apiKey, "sk-openai-secret");
  assert.deepEqual(config.providers["vllm-a"], {
    adapter: "openai-compatible",
    baseUrl: "https://vllm.internal:8000/v1",
    connections: 50,
    warmConnections: 5,
    http2: true,
    forwardHeaders: ["x-session-id"],
    caCertFile: "/etc/tls/ca.pem",
    unsupportedParams: "warn",
    breaker: PROVIDER_DEFAULTS.breaker,
  });
  assert.deepEqual(Object.keys(config.models), ["gpt-4o", "meta-llama/Llama-3.3-70B:free"]);
  assert.equal(config.models["gpt-4o"]?.timeouts.totalMs, 4);
  assert.deepEqual(config.keys[0]?.models, ["gpt-4o", "fast"]);
});

test("config: masking hides every secret and nothing else", () => {
  const { config } = loadGood(FULL, FULL_ENV);
  const before = structuredClone(config);
  const text = JSON.stringify(maskSecrets(config));
  for (const secret of Object.values(FULL_ENV)) assert.ok(!text.includes(secret));
  assert.equal(text.split('"***"').length - 1, 3);
  // The path of a key file is no secret.
  assert.ok(text.includes("/etc/tls/key.pem"));
  assert.deepEqual(config, before);
});

test("config: the hash follows the meaning, not the spelling", () => {
  const { hash } = loadGood(configText());
  assert.match(hash, /^[0-9a-f]{64}$/);
  const respelled = `# a comment\n${configText().trim().split("\n").reverse().join("\n")}\nlisten: { port: 8080 }\n`;
  assert.equal(loadGood(respelled).hash, hash);
  assert.notEqual(loadGood(configText({ rest: "processes: 2" })).hash, hash);
  assert.notEqual(loadGood(configText({ keys: "keys: [{ name: ci, key: sk-12345679 }]" })).hash, hash);
});

test("config: the demo needs nothing and listens on loopback", () => {
  const { config } = loadGood(demoConfigText("sk-demo-${x}-1234"));
  assert.equal(config.listen.host, "127.0.0.1");
  assert.equal(config.keys[0]?.key, "sk-demo-${x}-1234");
  assert.deepEqual(Object.keys(config.models), ["gpt-4o", "gpt-4o-mini", "text-embedding-3-small"]);
});

test("config: JSON is read as well", () => {
  const { config } = loadGood(
    '{"listen":{"port":"${PORT:-9999}"},"providers":{"mock":{"adapter":"mock"}},"models":{"m":{"targets":[{"provider":"mock","model":"x"}]}},"keys":[{"name":"a","key":"sk-12345678"}]}',
  );
  assert.equal(config.listen.port, 9999);
});

test("config: references give text, numbers and booleans, by what the key wants", () => {
  const text = configText({
    keys: "keys: [{ name: '${NAME}', key: ${KEY} }]",
    rest: [
      "listen: { port: ${PORT}, host: '${HOST:-127.0.0.1}' }",
      "logs: { access: ${ACCESS}, level: ${LEVEL:-warn} }",
      "processes: ${PROCESSES}",
      "aliases: { a: 'm${NOTHING:-}', b: ${B:-m} }",
    ].join("\n"),
  });
  const env = { NAME: "123", KEY: "12345678", PORT: "1234", ACCESS: "false", PROCESSES: "auto", B: "" };
  const { config } = loadGood(text, env);
  assert.deepEqual(config.keys, [{ ...KEY_DEFAULTS, name: "123", key: "12345678" }]);
  assert.deepEqual(config.listen, { port: 1234, host: "127.0.0.1" });
  assert.deepEqual(config.logs, { access: false, level: "warn" });
  assert.equal(config.processes, "auto");
  assert.deepEqual(config.aliases, { a: "m", b: "m" });
});

test("config: a default may hold what YAML would take for its own", () => {
  const text = configText({
    models: "models: { m: { targets: [{ provider: mock, model: ${M:-a,b: [c] #d} }] } }",
  });
  assert.equal(loadGood(text).config.models.m?.targets[0].model, "a,b: [c] #d");
});

test("config: $${ stands for ${", () => {
  const text = configText({ models: "models: { m: { targets: [{ provider: mock, model: 'a$${B}c' }] } }" });
  assert.equal(loadGood(text).config.models.m?.targets[0].model, "a${B}c");
});

test("config: anchors and aliases of YAML work", () => {
  const text = configText({
    models: "models:\n  a: { targets: &t [{ provider: mock, model: x }] }\n  m: { targets: *t }",
  });
  assert.deepEqual(loadGood(text).config.models.m?.targets, [{ provider: "mock", model: "x", weight: 1 }]);
});

for (const host of ["localhost", "127.0.0.1", "127.8.8.8", "::1"]) {
  test(`config: auth none is fine on ${host}`, () => {
    const text = configText({ keys: "auth: { mode: none }", rest: `listen: { host: "${host}" }` });
    assert.equal(loadGood(text).config.auth.mode, "none");
  });
}

test("config: auth none elsewhere must be forced", () => {
  assert.equal(loadGood(configText({ keys: "auth: { mode: none, force: true }" })).config.auth.force, true);
});

test("config: one port on two addresses is fine", () => {
  const text = configText({ rest: "listen: { host: 10.0.0.5 }\nadmin: { port: 8080 }" });
  assert.equal(loadGood(text).config.admin.port, 8080);
});
