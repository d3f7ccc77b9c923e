import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HEADER_FAMILIES } from "./rate-limit-families.ts";
import { type HeaderRecord, type RateLimits, readRateLimits } from "./rate-limits.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);
/** 2025-08-21T12:41:00Z. */
const NOW = 1_755_780_060_000;

const NONE: RateLimits = { requests: null, tokens: null, outputTokens: null };

/** Heads as the providers named send them; their sources stand in rate-limit-families.ts. */
const HEADS: Readonly<Record<string, readonly [headers: HeaderRecord, limits: RateLimits | null]>> = {
  OpenAI: [
    {
      "x-ratelimit-limit-requests": "5000",
      "x-ratelimit-limit-tokens": "160000",
      "x-ratelimit-remaining-requests": "4999",
      "x-ratelimit-remaining-tokens": "159976",
      "x-ratelimit-reset-requests": "12ms",
      "x-ratelimit-reset-tokens": "6m0s",
    },
    {
      requests: { limit: 5_000, remaining: 4_999, resetMs: 12, refill: "gradually" },
      tokens: { limit: 160_000, remaining: 159_976, resetMs: 360_000, refill: "gradually" },
      outputTokens: null,
    },
  ],
  Groq: [
    {
      "x-ratelimit-limit-requests": "14400",
      "x-ratelimit-limit-tokens": "18000",
      "x-ratelimit-remaining-requests": "14370",
      "x-ratelimit-remaining-tokens": "17997",
      "x-ratelimit-reset-requests": "2m59.56s",
      "x-ratelimit-reset-tokens": "7.66s",
    },
    {
      requests: { limit: 14_400, remaining: 14_370, resetMs: 179_560, refill: "gradually" },
      tokens: { limit: 18_000, remaining: 17_997, resetMs: 7_660, refill: "gradually" },
      outputTokens: null,
    },
  ],
  Anthropic: [
    {
      "anthropic-ratelimit-input-tokens-limit": "80000",
      "anthropic-ratelimit-input-tokens-remaining": "79000",
      "anthropic-ratelimit-input-tokens-reset": "2025-08-21T12:41:01Z",
      "anthropic-ratelimit-output-tokens-limit": "16000",
      "anthropic-ratelimit-output-tokens-remaining": "15000",
      "anthropic-ratelimit-output-tokens-reset": "2025-08-21T12:41:04Z",
      "anthropic-ratelimit-requests-limit": "1000",
      "anthropic-ratelimit-requests-remaining": "999",
      "anthropic-ratelimit-requests-reset": "2025-08-21T12:40:59Z",
      "anthropic-ratelimit-tokens-limit": "96000",
      "anthropic-ratelimit-tokens-remaining": "94000",
      "anthropic-ratelimit-tokens-reset": "2025-08-21T12:41:04Z",
    },
    {
      requests: { limit: 1_000, remaining: 999, resetMs: 0, refill: "gradually" },
      tokens: { limit: 80_000, remaining: 79_000, resetMs: 1_000, refill: "gradually" },
      outputTokens: { limit: 16_000, remaining: 15_000, resetMs: 4_000, refill: "gradually" },
    },
  ],
  "Azure, which tells little": [
    { "x-ratelimit-remaining-requests": "79", "x-ratelimit-remaining-tokens": "61353" },
    {
      requests: { limit: null, remaining: 79, resetMs: null, refill: "gradually" },
      tokens: { limit: null, remaining: 61_353, resetMs: null, refill: "gradually" },
      outputTokens: null,
    },
  ],
  "Azure, when it tells nonsense": [
    {
      "x-ratelimit-limit-tokens": "-1",
      "x-ratelimit-remaining-tokens": "-1",
      "x-ratelimit-reset-tokens": "0",
    },
    null,
  ],
  Cerebras: [
    {
      "x-ratelimit-limit-requests-day": "1000000000",
      "x-ratelimit-limit-tokens-minute": "1000000000",
      "x-ratelimit-remaining-requests-day": "999997455",
      "x-ratelimit-remaining-tokens-minute": "999998298",
      "x-ratelimit-reset-requests-day": "33011.5",
      "x-ratelimit-reset-tokens-minute": "11.5",
    },
    {
      requests: { limit: 1e9, remaining: 999_997_455, resetMs: 33_011_500, refill: "at-reset" },
      tokens: { limit: 1e9, remaining: 999_998_298, resetMs: 11_500, refill: "at-reset" },
      outputTokens: null,
    },
  ],
  Mistral: [
    {
      "x-ratelimit-limit-tokens-minute": "5000000",
      "x-ratelimit-remaining-tokens-minute": "4999911",
      "x-ratelimit-tokens-query-cost": "52",
      "x-ratelimit-limit-req-minute": "720",
      "x-ratelimit-remaining-req-minute": "717",
    },
    {
      requests: { limit: 720, remaining: 717, resetMs: null, refill: "at-reset" },
      tokens: { limit: 5_000_000, remaining: 4_999_911, resetMs: null, refill: "at-reset" },
      outputTokens: null,
    },
  ],
  "Mistral, before": [
    {
      "ratelimitbysize-limit": "500000",
      "ratelimitbysize-remaining": "499900",
      "ratelimitbysize-reset": "28",
    },
    { ...NONE, tokens: { limit: 500_000, remaining: 499_900, resetMs: 28_000, refill: "at-reset" } },
  ],
  Fireworks: [
    {
      "x-ratelimit-limit-tokens-prompt": "7200000",
      "x-ratelimit-remaining-tokens-prompt": "7193993",
      "x-ratelimit-limit-tokens-generated": "72000",
      "x-ratelimit-remaining-tokens-generated": "69338",
    },
    {
      requests: null,
      tokens: { limit: 7_200_000, remaining: 7_193_993, resetMs: null, refill: "at-reset" },
      outputTokens: { limit: 72_000, remaining: 69_338, resetMs: null, refill: "at-reset" },
    },
  ],
  OpenRouter: [
    { "x-ratelimit-limit": "20", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1755780090000" },
    { ...NONE, requests: { limit: 20, remaining: 0, resetMs: 30_000, refill: "at-reset" } },
  ],
  Together: [
    {
      "x-ratelimit-limit": "10",
      "x-ratelimit-remaining": "9",
      "x-ratelimit-reset": "1",
      "x-tokenlimit-limit": "3000",
      "x-tokenlimit-remaining": "2970",
    },
    {
      requests: { limit: 10, remaining: 9, resetMs: 1_000, refill: "at-reset" },
      tokens: { limit: 3_000, remaining: 2_970, resetMs: null, refill: "at-reset" },
      outputTokens: null,
    },
  ],
  "the IETF's drafts": [
    { "ratelimit-limit": "100, 100;w=60", "ratelimit-remaining": "50", "ratelimit-reset": "30" },
    { ...NONE, requests: { limit: 100, remaining: 50, resetMs: 30_000, refill: "at-reset" } },
  ],
  "the IETF's draft 07": [
    { ratelimit: "limit=100, remaining=50, reset=30" },
    { ...NONE, requests: { limit: 100, remaining: 50, resetMs: 30_000, refill: "at-reset" } },
  ],
  "the IETF's later drafts": [
    { ratelimit: '"100-in-1min";r=95;t=25, "day";r=500;t=9000' },
    { ...NONE, requests: { limit: null, remaining: 95, resetMs: 25_000, refill: "at-reset" } },
  ],
  "several windows, of which the scarcest counts": [
    {
      "x-ratelimit-remaining-requests": "40",
      "x-ratelimit-remaining-requests-minute": "12",
      "x-ratelimit-remaining-requests-day": "900",
      ratelimit: '"x";r=13;t=1',
    },
    { ...NONE, requests: { limit: null, remaining: 12, resetMs: null, refill: "at-reset" } },
  ],
  "a header sent twice, of which the first counts": [
    { "x-ratelimit-remaining-requests": ["3", "9"], "x-ratelimit-reset-requests": [] },
    { ...NONE, requests: { limit: null, remaining: 3, resetMs: null, refill: "gradually" } },
  ],
  "a provider without limits": [{ "content-type": "text/event-stream", date: "now" }, null],
  "nonsense in one kind, sense in the other": [
    { "x-ratelimit-remaining-requests": "many", "x-ratelimit-remaining-tokens": "7" },
    { ...NONE, tokens: { limit: null, remaining: 7, resetMs: null, refill: "gradually" } },
  ],
  "a structured field without an end": [{ ratelimit: `"x";r=1${";q=1".repeat(100_000)}` }, null],
};

for (const [name, [headers, limits]] of Object.entries(HEADS)) {
  test(`rate limits: ${name}`, () => {
    assert.deepEqual(readRateLimits(headers, NOW), limits);
  });
}

test("rate limits: an adapter that names its families has no others read", () => {
  const headers = { "x-ratelimit-remaining": "1", "anthropic-ratelimit-requests-remaining": "2" };
  const own = HEADER_FAMILIES.filter(({ remaining }) => remaining.startsWith("anthropic-"));
  assert.equal(readRateLimits(headers, NOW, own)?.requests?.remaining, 2);
});

test("rate limits: no two families share a header of what remains", () => {
  const names = HEADER_FAMILIES.map(({ remaining }) => remaining);
  assert.equal(new Set(names).size, names.length);
  assert.ok(names.every((name) => name === name.toLowerCase() && !name.includes("*")));
});

test("rate limits: whatever the headers say, the numbers are sound", (context) => {
  context.diagnostic(`fast-check seed ${seed}`);
  const names = HEADER_FAMILIES.flatMap(({ limit, remaining, reset }) => [limit, remaining, reset]);
  const name = fc.constantFrom(...names, "ratelimit");
  const text = fc.oneof(
    fc.string(),
    fc.integer().map(String),
    fc.double().map(String),
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    fc.string({ unit: fc.constantFrom(..."059.-;=rt,msh ") }),
  );
  const value = fc.oneof(text, fc.array(text, { maxLength: 2 }), fc.constant(undefined));
  fc.assert(
    fc.property(fc.dictionary(name, value), (headers) => {
      for (const quota of Object.values(readRateLimits(headers, NOW) ?? {})) {
        if (quota === null) continue;
        for (const number of [quota.limit, quota.remaining, quota.resetMs]) {
          assert.ok(number === null || (Number.isFinite(number) && number >= 0), JSON.stringify(headers));
        }
      }
    }),
    { seed, numRuns: 2_000 },
  );
});
