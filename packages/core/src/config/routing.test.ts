import assert from "node:assert/strict";
import { test } from "node:test";
import { MODEL_DEFAULTS } from "./defaults.ts";
import { load, problemLines } from "./testing.ts";

const TEXT = `
providers:
  a:
    adapter: openai-compatible
    baseUrl: http://127.0.0.1:1/v1
    breaker: { enabled: false, consecutiveFailures: 3, failureShare: 0.2, minCalls: 4, windowMs: 5, openMs: 6, maxOpenMs: 7 }
    probe: { intervalMs: 5000, path: /health }
  b: { adapter: mock }
models:
  chat:
    strategy:
      type: rules
      rules: [{ when: "tokens > 8000", use: big }, { when: "'x' in tags", use: 1 }]
      otherwise: 2
    targets:
      - { name: big, provider: a, model: big, concurrency: { limit: 4, queue: { max: 0 } } }
      - { model: spare }
      - strategy: { type: ab, by: header, header: x-user, salt: spring }
        targets: [{ provider: a, model: one, weight: 3 }, { provider: b, model: two, weight: 0.5 }]
    retry:
      attempts: 3
      maxTries: 8
      backoffMs: { first: 50 }
      maxRetryAfterMs: 0
      byStatus: { 429: { attempts: 1 }, 503: { sameTarget: false } }
    fallbacks: { contextWindow: [spare], other: [spare, "claude-*"] }
    hedge: { share: 0.1 }
    outliers: { enabled: false }
    concurrency: { limit: 100 }
    stall: { minTokensPerSecond: 0.5 }
    continuation: true
    shadow: { target: { provider: b, model: new }, sample: 1 }
  spare: { strategy: { type: sticky, by: prefix }, targets: [{ provider: b, model: x }], hedge: { afterMs: 700 } }
  claude-*: { targets: [{ provider: a, model: "*" }] }
aliases: { best: chat }
keys:
  - name: ci
    key: sk-12345678
    priority: low
    concurrency: { limit: 2, queue: { max: 1, deadlineMs: 3 } }
    overrides: [fallbacks, priority, faults, target]
    tags: [team-a, "x"]
    models: [best, claude-3]
routing: { retryBudget: { share: 0.1, burst: 0 }, hedgeBudget: { share: 0 }, explain: { keep: 0 } }
shedding: { eventLoopDelayMs: null }
faults:
  enabled: true
  rules:
    - { provider: a, model: chat, share: 0.1, fault: status, status: 429, retryAfterMs: 1 }
    - { fault: stall }
prices: { house: { inputUsdPerMillion: 2.5, cacheWriteUsdPerMillion: 3, outputUsdPerMillion: 10 } }
`;

test("config, routing: every key can be set, and what is left out has its default", () => {
  const problems = problemLines(TEXT, {}, { acceptNotBuilt: true });
  assert.deepEqual(problems, [
    'headrace.yaml:26:57 models.chat.fallbacks.other[1]: the name "claude-*" stands for many models (only a model whose own name has a * can pass on the name that the client asked for)',
    "headrace.yaml:33:90 models.spare.hedge: needs a second target to ask, and here is one",
  ]);
  const text = TEXT.replace(', "claude-*"', "").replace(", hedge: { afterMs: 700 }", "");
  const result = load(text, {}, { acceptNotBuilt: true });
  assert.ok(result.ok);
  const { models, providers, keys, routing, shedding, faults, prices } = result.config;
  assert.deepEqual(models.chat, {
    strategy: {
      type: "rules",
      rules: [
        { when: "tokens > 8000", use: "big" },
        { when: "'x' in tags", use: 1 },
      ],
      otherwise: 2,
    },
    targets: [
      {
        name: "big",
        provider: "a",
        model: "big",
        weight: 1,
        concurrency: { limit: 4, queue: { max: 0, deadlineMs: 10_000 } },
      },
      { model: "spare", weight: 1 },
      {
        strategy: { type: "ab", by: "header", header: "x-user", salt: "spring" },
        targets: [
          { provider: "a", model: "one", weight: 3 },
          { provider: "b", model: "two", weight: 0.5 },
        ],
        weight: 1,
      },
    ],
    retry: {
      ...MODEL_DEFAULTS.retry,
      attempts: 3,
      maxTries: 8,
      backoffMs: { first: 50, max: 1_000 },
      maxRetryAfterMs: 0,
      byStatus: { 429: { attempts: 1, sameTarget: true }, 503: { sameTarget: false } },
    },
    timeouts: MODEL_DEFAULTS.timeouts,
    fallbacks: { contextWindow: ["spare"], contentPolicy: [], other: ["spare"] },
    hedge: { afterMs: "p95", share: 0.1 },
    outliers: { ...MODEL_DEFAULTS.outliers, enabled: false },
    concurrency: { limit: 100, queue: { max: 100, deadlineMs: 10_000 } },
    stall: { minTokensPerSecond: 0.5, afterMs: 10_000 },
    continuation: true,
    shadow: { target: { provider: "b", model: "new" }, sample: 1, perMinute: 60, maxBytes: 262_144 },
  });
  assert.deepEqual(models.spare?.strategy, { type: "sticky", by: "prefix" });
  assert.deepEqual(providers.a?.breaker, {
    enabled: false,
    consecutiveFailures: 3,
    failureShare: 0.2,
    minCalls: 4,
    windowMs: 5,
    openMs: 6,
    maxOpenMs: 7,
  });
  assert.deepEqual(providers.a?.probe, { intervalMs: 5_000, timeoutMs: 2_000, path: "/health" });
  assert.deepEqual(keys, [
    {
      name: "ci",
      key: "sk-12345678",
      priority: "low",
      concurrency: { limit: 2, queue: { max: 1, deadlineMs: 3 } },
      overrides: ["fallbacks", "priority", "faults", "target"],
      tags: ["team-a", "x"],
      models: ["best", "claude-3"],
    },
  ]);
  assert.deepEqual(routing, {
    retryBudget: { share: 0.1, burst: 0 },
    hedgeBudget: { share: 0, burst: 100 },
    explain: { keep: 0 },
  });
  assert.deepEqual(shedding, { eventLoopDelayMs: null, retryAfterMs: 1_000 });
  assert.deepEqual(faults, {
    enabled: true,
    rules: [
      { provider: "a", model: "chat", share: 0.1, fault: "status", status: 429, retryAfterMs: 1 },
      { share: 1, fault: "stall" },
    ],
  });
  assert.deepEqual(prices, {
    house: { inputUsdPerMillion: 2.5, cacheWriteUsdPerMillion: 3, outputUsdPerMillion: 10 },
  });
});
