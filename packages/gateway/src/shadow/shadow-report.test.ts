import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import fc from "fast-check";
import { keyOf } from "./shadow-plan.ts";
import { reportShadows } from "./shadow-report.ts";
import {
  addComparison,
  type ComparedCall,
  emptyTally,
  type LegFacts,
  mergeTallies,
  RECENT,
  type ShadowTally,
  WORST,
} from "./shadow-tally.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);
before((context) => {
  if ("diagnostic" in context) context.diagnostic(`fast-check seed ${seed}`);
});

const NAME = { model: "m", provider: "p", targetModel: "t" };
const LEG: LegFacts = {
  provider: "p",
  model: "t",
  error: null,
  firstByteMs: 10,
  totalMs: 20,
  answerBytes: 100,
  costUsd: 0.001,
  inputTokens: 5,
  outputTokens: 7,
  textChars: 30,
};

interface Change extends Partial<Omit<ComparedCall, "primary" | "shadow">> {
  readonly primary?: Partial<LegFacts>;
  readonly shadow?: Partial<LegFacts>;
}

let made = 0;
function call({ primary, shadow, ...change }: Change = {}): ComparedCall {
  made++;
  return {
    requestId: `request-${made}`,
    at: new Date(made * 1_000).toISOString(),
    endpoint: "chat",
    stream: false,
    outcome: "compared",
    similarity: 1,
    identical: true,
    sameToolCalls: null,
    sameFinish: true,
    ...change,
    primary: { ...LEG, ...primary },
    shadow: { ...LEG, ...shadow },
  };
}

function tallyOf(calls: readonly ComparedCall[]): ShadowTally {
  const tally = emptyTally(NAME);
  for (const each of calls) addComparison(tally, each);
  return tally;
}

function reportOf(...tallies: ShadowTally[]): ReturnType<typeof reportShadows>[number] {
  const [report, ...others] = reportShadows(tallies);
  assert.ok(report !== undefined && others.length === 0);
  return report;
}

describe("the report of copies", () => {
  it("tells differences as the shadow's less the primary's", () => {
    const report = reportOf(
      tallyOf([
        call({ shadow: { firstByteMs: 15, totalMs: 10, costUsd: 0.004, outputTokens: 9, textChars: 36 } }),
        call({ shadow: { firstByteMs: 25, totalMs: 20, costUsd: null, outputTokens: 7, textChars: 30 } }),
        call({ shadow: { firstByteMs: null, totalMs: 80 } }),
      ]),
    );
    assert.deepEqual(report.latencyDifferenceMs, {
      firstByte: { calls: 2, p50: 5, p95: 15 },
      total: { calls: 3, p50: 0, p95: 60 },
    });
    assert.deepEqual(report.costUsd, {
      calls: 2,
      primaryMean: 0.001,
      shadowMean: 0.0025,
      meanDifference: 0.0015,
    });
    assert.equal(report.outputTokens?.meanDifference, 0.666667);
    assert.equal(report.textChars?.meanDifference, 2);
  });

  it("has a place in the histogram for every similarity", () => {
    const report = reportOf(tallyOf([-1, 0, 0.09, 0.1, 0.95, 1].map((similarity) => call({ similarity }))));
    const counts = report.similarity?.histogram.map(({ calls }) => calls);
    assert.deepEqual(counts, [3, 1, 0, 0, 0, 0, 0, 0, 0, 2]);
    assert.equal(report.similarity?.histogram[1]?.from, 0.1);
  });

  it("takes nothing but the failure from calls of which one failed", () => {
    const failed = call({ outcome: "shadow_failed", similarity: null, shadow: { error: "503" } });
    const report = reportOf(tallyOf([failed, call({ outcome: "both_failed", primary: { error: "503" } })]));
    assert.deepEqual(
      [report.costUsd, report.similarity, report.latencyDifferenceMs.total, report.finish],
      [null, null, null, { same: 0, different: 0 }],
    );
    assert.deepEqual(report.worst, [failed]);
  });

  it("has the worst first: failures, other calls of tools, other texts; alike answers are none of them", () => {
    const alike = call();
    const texts = call({ similarity: 0.2, identical: false });
    const tools = call({ similarity: 0.9, sameToolCalls: false });
    const failed = call({ outcome: "shadow_failed", similarity: null, shadow: { error: "upstream_cut" } });
    assert.deepEqual(reportOf(tallyOf([alike, texts, failed, tools])).worst, [failed, tools, texts]);
  });

  it("holds so many of the worst and so many differences, however many calls there were", () => {
    const worst = call({ outcome: "shadow_failed" });
    const tally = tallyOf([worst, ...Array.from({ length: RECENT - 1 }, () => call({ similarity: 0.5 }))]);
    assert.equal(tally.worst.length, WORST);
    assert.equal(tally.worst[0]?.call, worst);
    addComparison(tally, call({ similarity: 0.5 }));
    assert.ok(!tally.worst.some((each) => each.call === worst), "it is no more among the latest");
    addComparison(tally, call());
    assert.deepEqual([tally.totalDifferencesMs.length, tally.comparisons], [RECENT, RECENT + 2]);
  });

  it("of several processes is that of all their calls", () => {
    const similarities = fc.array(fc.tuple(fc.integer({ min: 0, max: 100 }), fc.boolean()), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(similarities, (calls) => {
        const compared = calls.map(([similarity, here]) => ({
          here,
          call: call({ similarity: similarity / 100, shadow: { totalMs: similarity } }),
        }));
        const one = tallyOf(compared.filter(({ here }) => here).map((each) => each.call));
        const other = tallyOf(compared.filter(({ here }) => !here).map((each) => each.call));
        const before = structuredClone([one, other]);
        const merged = reportOf(one, other);
        assert.deepEqual([one, other], before, "what is merged stays as it is");
        assert.deepEqual(merged, reportOf(other, one));
        const all = reportOf(tallyOf(compared.map((each) => each.call)));
        assert.deepEqual(merged, all);
      }),
      { seed, numRuns: 50 },
    );
  });

  it("keeps models and targets apart, in their order", () => {
    const tallies = ["b", "a"].map((model) => emptyTally({ ...NAME, model }));
    const others = emptyTally({ ...NAME, model: "a", targetModel: "u" });
    const names = reportShadows([...tallies, others, emptyTally({ ...NAME, model: "b" })]);
    assert.deepEqual(
      names.map(({ model, target }) => [model, target.model]),
      [
        ["a", "t"],
        ["a", "u"],
        ["b", "t"],
      ],
    );
    assert.equal(mergeTallies([], keyOf).length, 0);
  });
});
