import { SHADOW_OUTCOMES, type ShadowOutcome } from "./shadow-outcome.ts";
import { keyOf } from "./shadow-plan.ts";
import { type Both, type ComparedCall, mergeTallies, type ShadowTally } from "./shadow-tally.ts";

/** How the copies of one model went, as `GET /admin/shadow` tells it. Differences are the shadow's less the primary's. */
export interface ShadowReport {
  readonly model: string;
  readonly target: { readonly provider: string; readonly model: string };
  readonly outcomes: Partial<Record<ShadowOutcome, number>>;
  /** Of the latest calls that both answered. */
  readonly latencyDifferenceMs: {
    readonly firstByte: Quantiles | null;
    readonly total: Quantiles | null;
  };
  readonly costUsd: Compared | null;
  readonly outputTokens: Compared | null;
  readonly answerBytes: Compared | null;
  readonly textChars: Compared | null;
  readonly similarity: SimilarityReport | null;
  readonly toolCalls: Verdicts;
  readonly finish: Verdicts;
  readonly worst: readonly ComparedCall[];
}

interface Quantiles {
  readonly calls: number;
  readonly p50: number;
  readonly p95: number;
}

interface Compared {
  readonly calls: number;
  readonly primaryMean: number;
  readonly shadowMean: number;
  readonly meanDifference: number;
}

interface SimilarityReport {
  readonly calls: number;
  readonly mean: number;
  readonly identical: number;
  readonly histogram: readonly { readonly from: number; readonly calls: number }[];
}

interface Verdicts {
  readonly same: number;
  readonly different: number;
}

/** Of what several processes know, in the order of the models' names. */
export function reportShadows(tallies: readonly ShadowTally[]): ShadowReport[] {
  return mergeTallies(tallies, keyOf)
    .sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1))
    .map(reportOf);
}

function reportOf(tally: ShadowTally): ShadowReport {
  const { model, provider, targetModel, outcomes, similarity } = tally;
  const told = SHADOW_OUTCOMES.filter((outcome) => outcomes[outcome] !== undefined);
  return {
    model,
    target: { provider, model: targetModel },
    outcomes: Object.fromEntries(told.map((outcome) => [outcome, outcomes[outcome]])),
    latencyDifferenceMs: {
      firstByte: quantilesOf(tally.firstByteDifferencesMs),
      total: quantilesOf(tally.totalDifferencesMs),
    },
    costUsd: comparedOf(tally.costUsd),
    outputTokens: comparedOf(tally.outputTokens),
    answerBytes: comparedOf(tally.answerBytes),
    textChars: comparedOf(tally.textChars),
    similarity:
      similarity.calls === 0
        ? null
        : {
            calls: similarity.calls,
            mean: rounded(similarity.sum / similarity.calls),
            identical: similarity.identical,
            histogram: similarity.byTenth.map((calls, i) => ({ from: i / similarity.byTenth.length, calls })),
          },
    toolCalls: tally.toolCalls,
    finish: tally.finish,
    worst: tally.worst.map(({ call }) => call),
  };
}

function comparedOf({ calls, primary, shadow }: Both): Compared | null {
  if (calls === 0) return null;
  return {
    calls,
    primaryMean: rounded(primary / calls),
    shadowMean: rounded(shadow / calls),
    meanDifference: rounded((shadow - primary) / calls),
  };
}

function quantilesOf(values: readonly number[]): Quantiles | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((one, other) => one - other);
  return { calls: sorted.length, p50: quantileOf(sorted, 0.5), p95: quantileOf(sorted, 0.95) };
}

/** The smallest value that so large a share does not exceed. */
function quantileOf(sorted: readonly number[], share: number): number {
  return rounded(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0);
}

/** To what is not noise; amounts of money have few places before the point. */
function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
