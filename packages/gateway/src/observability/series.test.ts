import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Histogram, Series } from "./series.ts";

// The same cases in every run; another seed tries others.
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20_260_101) });

describe("Histogram", () => {
  it("counts a value on a bound into the bucket of that bound", () => {
    const histogram = new Histogram([0.1, 1]);
    for (const valueMs of [0, 99.9, 100, 100.1, 1000, 1000.1, 3_600_000]) histogram.observeMs(valueMs);
    assert.deepEqual([...histogram.counts], [3, 2, 2]);
  });

  it("counts every observation once, in the first bucket that holds it", () => {
    const boundsS = [0.005, 0.05, 0.5, 5];
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 10_000, noNaN: true })), (valuesMs) => {
        const histogram = new Histogram(boundsS);
        for (const valueMs of valuesMs) histogram.observeMs(valueMs);
        const expected = [0, ...boundsS].map((above, i) => {
          const upTo = boundsS[i] ?? Number.POSITIVE_INFINITY;
          return valuesMs.filter((ms) => ms / 1000 <= upTo && (i === 0 || ms / 1000 > above)).length;
        });
        assert.deepEqual([...histogram.counts], expected);
        assert.ok(Math.abs(histogram.sumS - valuesMs.reduce((sum, ms) => sum + ms / 1000, 0)) < 1e-6);
      }),
    );
  });
});

describe("Series", () => {
  const labels = { endpoint: "chat", model: "m", provider: "p" };

  it("counts requests by status and failures by code", () => {
    const series = new Series(labels);
    series.countRequest(200, null);
    series.countRequest(200, "upstream_cut");
    series.countRequest(429, "upstream_error");
    assert.deepEqual(
      [...series.byStatus],
      [
        [200, 2],
        [429, 1],
      ],
    );
    assert.deepEqual(
      [...series.byError],
      [
        ["upstream_cut", 1],
        ["upstream_error", 1],
      ],
    );
  });

  it("adds up each kind of token on its own, and estimates apart from reports", () => {
    const series = new Series(labels);
    const usage = {
      uncachedInput: 1,
      cacheReadInput: 2,
      cacheWrite5mInput: 3,
      cacheWrite1hInput: 4,
      visibleOutput: 5,
      reasoningOutput: 6,
    };
    series.countTokens(usage, "reported");
    series.countTokens({ ...usage, visibleOutput: 100 }, "reported");
    series.countTokens(usage, "estimated");
    assert.deepEqual([...series.tokens.reported], [2, 4, 6, 8, 105, 12]);
    assert.deepEqual([...series.tokens.estimated], [1, 2, 3, 4, 5, 6]);
  });
});
