import type { ContentComparison } from "@headrace/workers/comparison/compare-contents";
import type { AnsweredLeg } from "./answered-leg.ts";
import type { ShadowOutcome } from "./shadow-outcome.ts";
import type { ShadowName } from "./shadow-plan.ts";

/** Of the latest comparisons so many count for quantiles, and may be among the worst. */
export const RECENT = 1_000;
export const WORST = 20;
/** Tenths from 0 to 1; what is below 0, which only vectors are, is in the first one. */
const BUCKETS = 10;

/** One comparison, without a word of what was said. */
export interface ComparedCall {
  readonly requestId: string;
  /** When it ended, in RFC 3339. */
  readonly at: string;
  readonly endpoint: string;
  readonly stream: boolean;
  readonly outcome: ShadowOutcome;
  readonly primary: LegFacts;
  readonly shadow: LegFacts;
  readonly similarity: number | null;
  readonly identical: boolean | null;
  readonly sameToolCalls: boolean | null;
  readonly sameFinish: boolean | null;
}

export interface LegFacts
  extends Omit<AnsweredLeg, "body" | "usage">,
    Partial<ContentComparison["primary"]> {}

/** Numbers of one side, next to those of the other. */
export interface Both {
  /** Calls of which both are known. */
  calls: number;
  primary: number;
  shadow: number;
}

/**
 * What one process, or several together, know of the copies of one model. Sums and bounded lists alone, so that it can be
 * merged, and crosses processes as it is.
 */
export interface ShadowTally extends ShadowName {
  readonly outcomes: Partial<Record<ShadowOutcome, number>>;
  /** The shadow's time less the primary's, of the latest calls that both answered; oldest first. */
  readonly firstByteDifferencesMs: number[];
  readonly totalDifferencesMs: number[];
  readonly costUsd: Both;
  readonly outputTokens: Both;
  readonly answerBytes: Both;
  readonly textChars: Both;
  readonly similarity: { calls: number; sum: number; identical: number; readonly byTenth: number[] };
  readonly toolCalls: { same: number; different: number };
  readonly finish: { same: number; different: number };
  /** The worst of the latest, worst first. */
  readonly worst: WorstCall[];
  comparisons: number;
}

export interface WorstCall {
  readonly call: ComparedCall;
  /** From 0 for alike answers. */
  readonly badness: number;
  /** Which comparison of its process it was. */
  readonly number: number;
}

export function emptyTally(name: ShadowName): ShadowTally {
  const none = (): Both => ({ calls: 0, primary: 0, shadow: 0 });
  return {
    ...name,
    outcomes: {},
    firstByteDifferencesMs: [],
    totalDifferencesMs: [],
    costUsd: none(),
    outputTokens: none(),
    answerBytes: none(),
    textChars: none(),
    similarity: { calls: 0, sum: 0, identical: 0, byTenth: new Array<number>(BUCKETS).fill(0) },
    toolCalls: { same: 0, different: 0 },
    finish: { same: 0, different: 0 },
    worst: [],
    comparisons: 0,
  };
}

/** Takes note of a call whose both answers are there, good or not. */
export function addComparison(tally: ShadowTally, call: ComparedCall): void {
  const { primary, shadow } = call;
  tally.comparisons++;
  if (primary.error === null && shadow.error === null) {
    addDifference(tally.firstByteDifferencesMs, primary.firstByteMs, shadow.firstByteMs);
    addDifference(tally.totalDifferencesMs, primary.totalMs, shadow.totalMs);
    addBoth(tally.costUsd, primary.costUsd, shadow.costUsd);
    addBoth(tally.outputTokens, primary.outputTokens, shadow.outputTokens);
    addBoth(tally.answerBytes, primary.answerBytes, shadow.answerBytes);
    addBoth(tally.textChars, primary.textChars ?? null, shadow.textChars ?? null);
    addSimilarity(tally, call);
    addVerdict(tally.toolCalls, call.sameToolCalls);
    addVerdict(tally.finish, call.sameFinish);
  }
  const number = tally.comparisons;
  const badness = badnessOf(call);
  const recent = tally.worst.filter((worst) => worst.number > number - RECENT);
  setWorst(tally, badness === 0 ? recent : [...recent, { call, badness, number }]);
}

/** What several processes know; those of one model are put together. */
export function mergeTallies(
  tallies: readonly ShadowTally[],
  keyOf: (name: ShadowName) => string,
): ShadowTally[] {
  const merged = new Map<string, ShadowTally>();
  for (const tally of tallies) {
    const key = keyOf(tally);
    const known = merged.get(key);
    if (known !== undefined) mergeInto(known, tally);
    else {
      const { model, provider, targetModel } = tally;
      const fresh = emptyTally({ model, provider, targetModel });
      mergeInto(fresh, tally);
      merged.set(key, fresh);
    }
  }
  return [...merged.values()];
}

function mergeInto(sum: ShadowTally, other: ShadowTally): void {
  for (const [outcome, count] of Object.entries(other.outcomes) as [ShadowOutcome, number][])
    sum.outcomes[outcome] = (sum.outcomes[outcome] ?? 0) + count;
  sum.firstByteDifferencesMs.push(...other.firstByteDifferencesMs);
  sum.totalDifferencesMs.push(...other.totalDifferencesMs);
  for (const key of ["costUsd", "outputTokens", "answerBytes", "textChars"] as const) {
    sum[key].calls += other[key].calls;
    sum[key].primary += other[key].primary;
    sum[key].shadow += other[key].shadow;
  }
  sum.similarity.calls += other.similarity.calls;
  sum.similarity.sum += other.similarity.sum;
  sum.similarity.identical += other.similarity.identical;
  for (const [i, count] of other.similarity.byTenth.entries())
    sum.similarity.byTenth[i] = (sum.similarity.byTenth[i] ?? 0) + count;
  for (const key of ["toolCalls", "finish"] as const) {
    sum[key].same += other[key].same;
    sum[key].different += other[key].different;
  }
  sum.comparisons += other.comparisons;
  setWorst(sum, [...sum.worst, ...other.worst]);
}

/** Of those that are equally bad, the latest. */
function setWorst({ worst }: ShadowTally, candidates: readonly WorstCall[]): void {
  const sorted = candidates.toSorted(
    (one, other) => other.badness - one.badness || (one.call.at < other.call.at ? 1 : -1),
  );
  worst.splice(0, worst.length, ...sorted.slice(0, WORST));
}

function addDifference(differencesMs: number[], primaryMs: number | null, shadowMs: number | null): void {
  if (primaryMs === null || shadowMs === null) return;
  differencesMs.push(shadowMs - primaryMs);
  if (differencesMs.length > RECENT) differencesMs.shift();
}

function addBoth(both: Both, primary: number | null, shadow: number | null): void {
  if (primary === null || shadow === null) return;
  both.calls++;
  both.primary += primary;
  both.shadow += shadow;
}

function addSimilarity({ similarity: counts }: ShadowTally, { similarity, identical }: ComparedCall): void {
  if (identical === true) counts.identical++;
  if (similarity === null) return;
  counts.calls++;
  counts.sum += similarity;
  const tenth = Math.min(BUCKETS - 1, Math.max(0, Math.floor(similarity * BUCKETS)));
  counts.byTenth[tenth] = (counts.byTenth[tenth] ?? 0) + 1;
}

function addVerdict(counts: { same: number; different: number }, same: boolean | null): void {
  if (same === true) counts.same++;
  else if (same === false) counts.different++;
}

/** A failure of the shadow where the call itself went well is the worst, other calls of tools come next. */
function badnessOf({ outcome, similarity, sameToolCalls, sameFinish }: ComparedCall): number {
  if (outcome === "shadow_failed") return 4;
  if (outcome === "primary_failed" || outcome === "both_failed") return 0;
  return (
    (sameToolCalls === false ? 2 : 0) +
    (sameFinish === false ? 0.5 : 0) +
    (similarity === null ? 0 : 1 - similarity)
  );
}
