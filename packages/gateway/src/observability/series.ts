import { TOKEN_KINDS, type TokenUsage } from "@headrace/core/canonical/usage";
import type { ShadowOutcome } from "../shadow/shadow-outcome.ts";

/** Upper bounds in seconds, from what a cached embedding takes to what a long reasoning answer takes. */
const DURATION_BOUNDS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];
/** The gateway's own share: tens of microseconds to a stall. */
const OVERHEAD_BOUNDS_S = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5];

/** How tries end; what a target refuses for lack of capacity is no failure of it. */
export const TRY_OUTCOMES = ["served", "failed", "refused", "abandoned"] as const;
export type TryOutcome = (typeof TRY_OUTCOMES)[number];

/** Whether tokens are a provider's own count, or an estimate for the lack of one. */
export type UsageSource = "reported" | "estimated";

/** By kind, in the order of {@link TOKEN_KINDS}. */
export type TokenCounts = Readonly<Record<UsageSource, Float64Array>>;

/** Counts observations by bucket. Observing is a few comparisons and two additions, no look-up and no object. */
export class Histogram {
  readonly boundsS: readonly number[];
  /** Observations by bucket, not cumulated; the last one is above every bound. */
  readonly counts: Float64Array;
  sumS = 0;

  constructor(boundsS: readonly number[]) {
    this.boundsS = boundsS;
    this.counts = new Float64Array(boundsS.length + 1);
  }

  observeMs(valueMs: number): void {
    const valueS = valueMs / 1000;
    let bucket = 0;
    while (bucket < this.boundsS.length && valueS > (this.boundsS[bucket] ?? 0)) bucket++;
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.sumS += valueS;
  }
}

export type SeriesLabels = {
  readonly endpoint: string;
  readonly model: string;
  readonly provider: string;
};

/** Everything that is counted under one set of labels. */
export class Series {
  readonly labels: SeriesLabels;
  /** Requests by HTTP status, 499 for a client that left. */
  readonly byStatus: Map<number, number> = new Map();
  /** Failures by code of the error table. */
  readonly byError: Map<string, number> = new Map();
  readonly duration: Histogram = new Histogram(DURATION_BOUNDS_S);
  readonly firstToken: Histogram = new Histogram(DURATION_BOUNDS_S);
  readonly queue: Histogram = new Histogram(DURATION_BOUNDS_S);
  readonly overhead: Histogram = new Histogram(OVERHEAD_BOUNDS_S);
  /** Tokens by kind, in the order of {@link TOKEN_KINDS}. */
  readonly tokens: TokenCounts = { reported: newTokens(), estimated: newTokens() };
  retries = 0;
  /** Tries by outcome, in the order of {@link TRY_OUTCOMES}. */
  readonly tries: Float64Array = new Float64Array(TRY_OUTCOMES.length);
  /** Of the calls whose price is known. */
  costUsd = 0;
  /** Null while no call is copied here. */
  shadow: ShadowCounts | null = null;

  constructor(labels: SeriesLabels) {
    this.labels = labels;
  }

  countRequest(status: number, errorCode: string | null): void {
    this.byStatus.set(status, (this.byStatus.get(status) ?? 0) + 1);
    if (errorCode !== null) this.byError.set(errorCode, (this.byError.get(errorCode) ?? 0) + 1);
  }

  countTry(outcome: TryOutcome): void {
    const at = TRY_OUTCOMES.indexOf(outcome);
    this.tries[at] = (this.tries[at] ?? 0) + 1;
  }

  countTokens(usage: TokenUsage, source: UsageSource): void {
    addTokens(this.tokens[source], usage);
  }

  /** A copy of a call: it is no request, and what it used is on nobody's account but the operator's. */
  countShadow(outcome: ShadowOutcome, spent: ShadowSpending | null): void {
    this.shadow ??= {
      byOutcome: new Map(),
      tokens: { reported: newTokens(), estimated: newTokens() },
      costUsd: 0,
    };
    const { byOutcome, tokens } = this.shadow;
    byOutcome.set(outcome, (byOutcome.get(outcome) ?? 0) + 1);
    if (spent === null) return;
    if (spent.usage !== null) addTokens(tokens[spent.usage.source], spent.usage.tokens);
    this.shadow.costUsd += spent.costUsd ?? 0;
  }
}

/** What is counted of copies. */
interface ShadowCounts {
  readonly byOutcome: Map<ShadowOutcome, number>;
  readonly tokens: TokenCounts;
  costUsd: number;
}

export interface ShadowSpending {
  readonly usage: { readonly tokens: TokenUsage; readonly source: UsageSource } | null;
  readonly costUsd: number | null;
}

function newTokens(): Float64Array {
  return new Float64Array(TOKEN_KINDS.length);
}

function addTokens(tokens: Float64Array, usage: TokenUsage): void {
  for (let i = 0; i < TOKEN_KINDS.length; i++) {
    const kind = TOKEN_KINDS[i];
    if (kind !== undefined) tokens[i] = (tokens[i] ?? 0) + usage[kind];
  }
}
