import assert from "node:assert/strict";
import { type MicroBench, type MicroSubject, microBench } from "@headrace/core/testing/micro-bench";
import { ShareBudget } from "../budget/share-budget.ts";
import { HEALTH_DEFAULTS } from "./options.ts";
import { ejectOutliers } from "./outliers.ts";
import { type HeaderRecord, readRateLimits } from "./rate-limits.ts";
import { type EndedTry, TargetHealth } from "./target-health.ts";

const TARGETS = 100;
const EPOCH_MS = 1_767_225_600_000;
const SURROUNDINGS = { random: Math.random, onNotice: (): void => {} };

const COMMON = {
  "content-type": "text/event-stream; charset=utf-8",
  date: "Thu, 01 Jan 2026 00:00:00 GMT",
  "transfer-encoding": "chunked",
  connection: "keep-alive",
  "cache-control": "no-cache",
  "x-request-id": "req_0123456789",
  server: "cloudflare",
};
/** As answers without limits come; several shapes, as those of several providers. */
const PLAIN: readonly HeaderRecord[] = Array.from({ length: 8 }, (_, shape) => ({
  ...COMMON,
  [`x-own-${shape}`]: "1",
}));
const OPENAI: HeaderRecord = {
  ...COMMON,
  "x-ratelimit-limit-requests": "5000",
  "x-ratelimit-limit-tokens": "160000",
  "x-ratelimit-remaining-requests": "4999",
  "x-ratelimit-remaining-tokens": "159976",
  "x-ratelimit-reset-requests": "12ms",
  "x-ratelimit-reset-tokens": "6m0s",
};
const ANTHROPIC: HeaderRecord = {
  ...COMMON,
  "anthropic-ratelimit-requests-limit": "1000",
  "anthropic-ratelimit-requests-remaining": "999",
  "anthropic-ratelimit-requests-reset": "2026-01-01T00:00:01Z",
  "anthropic-ratelimit-input-tokens-limit": "80000",
  "anthropic-ratelimit-input-tokens-remaining": "79000",
  "anthropic-ratelimit-input-tokens-reset": "2026-01-01T00:00:01Z",
  "anthropic-ratelimit-output-tokens-limit": "16000",
  "anthropic-ratelimit-output-tokens-remaining": "15000",
  "anthropic-ratelimit-output-tokens-reset": "2026-01-01T00:00:04Z",
};

function openHealths(): TargetHealth[] {
  return Array.from({ length: TARGETS }, (_, index) => {
    return new TargetHealth(`target-${index}`, HEALTH_DEFAULTS, SURROUNDINGS);
  });
}

/** All that calls do to their targets' health, with the heads of their answers, by turns. */
function serving(heads: readonly HeaderRecord[]): MicroSubject<TargetHealth> {
  const healths = openHealths();
  let calls = 0;
  let nowMs = 0;
  return {
    run: () => {
      const health = healths[calls % TARGETS] ?? raise("no target");
      calls += 1;
      nowMs += 0.05;
      const mark = health.onSent(nowMs, 500);
      const limits = readRateLimits(heads[calls % heads.length] ?? COMMON, EPOCH_MS);
      if (limits !== null) health.onLimits(nowMs, limits);
      health.onFirstByte(nowMs + 1, 80 + (calls % 64), mark);
      const ended: EndedTry = { mark, outcome: calls % 50 === 0 ? "failed" : "served", retryAfterMs: null };
      health.onEnded(nowMs + 2, ended);
      return health;
    },
    check: (health) => {
      assert.equal(health.inFlight, 0);
      assert.ok(health.latencyMs(nowMs) > 0);
    },
  };
}

/** Targets that have served some calls each. */
function usedHealths(): TargetHealth[] {
  const healths = openHealths();
  for (let call = 0; call < 64 * TARGETS; call += 1) {
    const health = healths[call % TARGETS] ?? raise("no target");
    const mark = health.onSent(call, 500);
    health.onFirstByte(call + 1, 80 + (call % 64), mark);
    health.onEnded(call + 2, { mark, outcome: "served", retryAfterMs: null });
  }
  return healths;
}

function reading(heads: readonly HeaderRecord[], tells: boolean): MicroSubject<unknown> {
  let calls = 0;
  return {
    run: () => readRateLimits(heads[calls++ % heads.length] ?? COMMON, EPOCH_MS),
    check: (limits) => assert.equal(limits !== null, tells),
  };
}

function raise(message: string): never {
  throw new Error(message);
}

export const benches: readonly MicroBench[] = [
  microBench("a call whose answer tells no limits", () => serving(PLAIN)),
  microBench("a call whose answer tells OpenAI's", () => serving([OPENAI])),
  microBench("a call whose answer tells Anthropic's", () => serving([ANTHROPIC])),
  microBench("limits, none there", () => reading(PLAIN, false)),
  microBench("limits, OpenAI's", () => reading([OPENAI], true)),
  microBench("limits, Anthropic's", () => reading([ANTHROPIC], true)),
  microBench("a budget, deposit and take", () => {
    const budget = new ShareBudget({ share: 0.2, burst: 500 });
    return {
      run: () => {
        budget.deposit();
        return budget.take();
      },
      check: (taken) => assert.equal(typeof taken, "boolean"),
    };
  }),
  microBench("p95 of a target", () => {
    const [health = raise("no target")] = usedHealths();
    return { run: () => health.p95Ms(), check: (p95Ms) => assert.ok(p95Ms !== null && p95Ms > 0) };
  }),
  microBench("latency of 100 targets", () => {
    const healths = usedHealths();
    return {
      run: () => {
        let sum = 0;
        for (const health of healths) sum += health.latencyMs(64 * TARGETS);
        return sum;
      },
      check: (sum) => assert.ok(sum > 0),
    };
  }),
  microBench("outliers among 100 targets", () => {
    const healths = usedHealths();
    return {
      run: () => ejectOutliers(healths, 64 * TARGETS),
      check: () => assert.ok(healths.every(({ unavailableUntilMs }) => unavailableUntilMs === 0)),
    };
  }),
];
