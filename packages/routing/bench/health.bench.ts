import { parseArgs } from "node:util";
import { bench, do_not_optimize, group, run } from "mitata";
import { ShareBudget } from "../src/budget/share-budget.ts";
import { HEALTH_DEFAULTS } from "../src/health/options.ts";
import { ejectOutliers } from "../src/health/outliers.ts";
import { type HeaderRecord, readRateLimits } from "../src/health/rate-limits.ts";
import type { EndedTry } from "../src/health/target-health.ts";
import { TargetHealth } from "../src/health/target-health.ts";

/**
 * What a target's health costs a call. Run:
 * `node --expose-gc --conditions=headrace-source packages/routing/bench/health.bench.ts [--json]`.
 */
const { values } = parseArgs({ options: { json: { type: "boolean", default: false } } });

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

const healths = Array.from({ length: TARGETS }, (_, index) => {
  return new TargetHealth(`target-${index}`, HEALTH_DEFAULTS, SURROUNDINGS);
});
let calls = 0;
let nowMs = 0;

/** All that a call does to its target's health, with the head of its answer. */
function serve(headers: HeaderRecord): void {
  const health = healths[calls % TARGETS];
  if (health === undefined) return;
  calls += 1;
  nowMs += 0.05;
  const mark = health.onSent(nowMs, 500);
  const limits = readRateLimits(headers, EPOCH_MS);
  if (limits !== null) health.onLimits(nowMs, limits);
  health.onFirstByte(nowMs + 1, 80 + (calls % 64), mark);
  const ended: EndedTry = { mark, outcome: calls % 50 === 0 ? "failed" : "served", retryAfterMs: null };
  health.onEnded(nowMs + 2, ended);
}

group("a call, from its sending to its end", () => {
  bench("the answer tells no limits", () => serve(PLAIN[calls % PLAIN.length] ?? COMMON));
  bench("the answer tells OpenAI's", () => serve(OPENAI));
  bench("the answer tells Anthropic's", () => serve(ANTHROPIC));
});

group("reading limits", () => {
  bench("none there", () =>
    do_not_optimize(readRateLimits(PLAIN[calls++ % PLAIN.length] ?? COMMON, EPOCH_MS)),
  );
  bench("OpenAI's", () => do_not_optimize(readRateLimits(OPENAI, EPOCH_MS)));
  bench("Anthropic's", () => do_not_optimize(readRateLimits(ANTHROPIC, EPOCH_MS)));
});

group("seldom, or small", () => {
  const budget = new ShareBudget({ share: 0.2, burst: 500 });
  bench("budget: deposit and take", () => {
    budget.deposit();
    do_not_optimize(budget.take());
  });
  bench("p95", () => do_not_optimize(healths[0]?.p95Ms()));
  bench("latency of 100 targets", () => {
    let sum = 0;
    for (const health of healths) sum += health.latencyMs(nowMs);
    do_not_optimize(sum);
  });
  bench("outliers among 100 targets", () => do_not_optimize(ejectOutliers(healths, nowMs)));
});

await run(values.json ? { format: "json" } : {});
