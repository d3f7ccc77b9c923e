import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Price } from "@headrace/core/canonical/cost";
import { snapshotOf } from "../testing/compiled.ts";
import type { MeteredUsage } from "./metered-usage.ts";
import { type Spending, spendingOf, sumSpending } from "./spending.ts";
import { TryRecord } from "./try-record.ts";

const USED: MeteredUsage = {
  tokens: {
    uncachedInput: 1_000,
    cacheReadInput: 0,
    cacheWrite5mInput: 0,
    cacheWrite1hInput: 0,
    visibleOutput: 500,
    reasoningOutput: 0,
  },
  source: "reported",
};
const UNUSED: Spending = { usage: null, costUsd: null };

const tryWith = (spending: Spending): { spending(): Spending } => ({ spending: () => spending });

describe("sumSpending", () => {
  const priced = tryWith({ usage: USED, costUsd: 0.25 });
  const unpriced = tryWith({ usage: { ...USED, source: "estimated" }, costUsd: null });

  it("adds what was used, and passes over what was not", () => {
    assert.deepEqual(sumSpending([]), UNUSED);
    const { usage, costUsd } = sumSpending([tryWith(UNUSED), priced, tryWith(UNUSED), priced]);
    assert.deepEqual([usage?.tokens.uncachedInput, usage?.source, costUsd], [2_000, "reported", 0.5]);
  });

  it("knows no cost where one price is not known, in whichever order", () => {
    for (const tries of [
      [priced, unpriced, priced],
      [unpriced, priced],
    ]) {
      const { usage, costUsd } = sumSpending(tries);
      assert.deepEqual([usage?.source, costUsd], ["estimated", null]);
    }
  });
});

describe("a try's spending", () => {
  it("is priced by its target, and worked out once when it has ended", () => {
    const { models } = snapshotOf({
      providers: { p: { adapter: "openai-compatible", baseUrl: "http://127.0.0.1:9/v1" } },
      models: { m: { targets: [{ provider: "p", model: "m" }] } },
      prices: { m: { inputUsdPerMillion: 2, outputUsdPerMillion: 8 } },
      keys: [{ name: "ci", key: "sk-12345678" }],
    });
    const target = models.get("m")?.targets[0];
    assert.ok(target !== undefined);
    const begun = new TryRecord(target, { reason: "first", endpoint: "chat" });
    assert.deepEqual(begun.spending(), UNUSED);
    const asked: number[] = [];
    const meteredUsage = (estimatedInputTokens: number): MeteredUsage => {
      asked.push(estimatedInputTokens);
      return USED;
    };
    begun.send({ events: 0, waitedMs: () => 0, meteredUsage }, 7);
    begun.spending();
    begun.end({ outcome: "served", status: 200, code: null, retryAfterMs: null });
    const spent = begun.spending();
    assert.equal(begun.spending(), spent);
    assert.deepEqual([spent.usage, spent.costUsd], [USED, 0.006]);
    assert.deepEqual(asked, [7, 7], "once while it ran, once when it had ended");
  });
});

describe("spendingOf", () => {
  const { tokens } = USED;
  const none = { ...tokens, uncachedInput: 0, visibleOutput: 0 };
  const costOf = (used: MeteredUsage["tokens"], price: Price | null): number | null =>
    spendingOf({ tokens: used, source: "reported" }, price).costUsd;
  const bySecond: Price = {
    origin: "config",
    rates: null,
    tiers: [],
    units: { second: 1e8 },
    contextWindowTokens: null,
    maxOutputTokens: null,
  };
  const rates = { input: 2e6, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, output: 8e6, reasoning: 0 };
  const byToken: Price = { ...bySecond, rates, units: { audioInputToken: 6e6 } };

  it("goes by what the price goes by, and is not known where that was not told", () => {
    assert.equal(costOf({ ...none, units: { seconds: 30 } }, bySecond), 0.003);
    assert.equal(costOf({ ...tokens, units: { seconds: 30 } }, bySecond), 0.003);
    assert.equal(costOf(tokens, bySecond), null);
    assert.equal(costOf({ ...none, units: { seconds: 30 } }, byToken), null);
    assert.equal(costOf({ ...none, units: { seconds: 30 } }, null), null);
  });

  it("counts the tokens of sound at their own rate", () => {
    assert.equal(costOf(tokens, byToken), 0.006);
    assert.equal(costOf({ ...tokens, units: { audioInputTokens: 400 } }, byToken), 0.0076);
  });
});
