/** How a model's calls find a target, and what becomes of them when one fails. */

/** At least one. */
export type TargetList = readonly [TargetConfig, ...TargetConfig[]];

/**
 * A place in a route: a model at a provider, another model of this config, or a group with a strategy of its own.
 * `provider` is there in the first only, `targets` in the third only.
 */
export type TargetConfig = ProviderTargetConfig | ModelTargetConfig | GroupTargetConfig;

export type ProviderTargetConfig = TargetPlace & {
  /** A key of `Config.providers`. */
  readonly provider: string;
  /** The model's name at that provider; "*" under a model with a wildcard = the name that the client asked for. */
  readonly model: string;
  readonly concurrency?: ConcurrencyConfig;
  readonly strategy?: never;
  readonly targets?: never;
};

/** The strategy and targets of another model; everything else is that of the model that was asked for. */
export type ModelTargetConfig = TargetPlace & {
  /** A key of `Config.models`. */
  readonly model: string;
  readonly provider?: never;
  readonly concurrency?: never;
  readonly strategy?: never;
  readonly targets?: never;
};

export type GroupTargetConfig = TargetPlace & {
  readonly strategy: StrategyConfig;
  readonly targets: TargetList;
  readonly provider?: never;
  readonly model?: never;
  readonly concurrency?: never;
};

type TargetPlace = {
  /** For rules and reports; each only once in a list. */
  readonly name?: string;
  /** Its share, beside the weights of the list's others, of which one at least is more than 0. */
  readonly weight: number;
};

export type StrategyConfig =
  | { readonly type: PlainStrategy }
  | RulesStrategyConfig
  | StickyStrategyConfig
  | AbStrategyConfig;

/** Strategies without options. `single` has one target. */
export type PlainStrategy =
  | "single"
  | "fallback"
  | "weighted"
  | "round-robin"
  | "least-latency"
  | "least-busy"
  | "cost";

export type RulesStrategyConfig = {
  readonly type: "rules";
  /** The first that holds decides; at least one. */
  readonly rules: readonly RuleConfig[];
  /** For calls that none takes. */
  readonly otherwise: TargetReference;
};

export type RuleConfig = {
  /** A CEL expression that gives true or false. */
  readonly when: string;
  readonly use: TargetReference;
};

/** The index of a target in the strategy's list, or its name. */
export type TargetReference = number | string;

/** The same target for the same sender or text, as long as it can be asked. */
export type StickyStrategyConfig = {
  readonly type: "sticky";
  readonly by: "key" | "conversation" | "prefix" | "header";
  /** In lower case; there when `by` is "header". */
  readonly header?: string;
};

/** The same target for the same sender, in shares by weight. */
export type AbStrategyConfig = {
  readonly type: "ab";
  readonly by: "key" | "conversation" | "header";
  /** In lower case; there when `by` is "header". */
  readonly header?: string;
  /** Another one shuffles who gets which target. */
  readonly salt?: string;
};

export type RetryConfig = {
  /** Tries per target in all, the first included; 1 = no retry. */
  readonly attempts: number;
  readonly statuses: readonly number[];
  /** Tries per call in all, over every target. */
  readonly maxTries: number;
  /** The longest pause before the second try of a target, which doubles with each further one; full jitter. */
  readonly backoffMs: { readonly first: number; readonly max: number };
  /** A provider that asks for a longer pause is not asked again in this call. */
  readonly maxRetryAfterMs: number;
  /** By status, written as text; each is one of `statuses`. */
  readonly byStatus: Readonly<Record<string, StatusRetryConfig>>;
};

export type StatusRetryConfig = {
  /** In place of {@link RetryConfig.attempts}. */
  readonly attempts?: number;
  /** False = go on with another target at once. */
  readonly sameTarget: boolean;
};

/** Keys of `Config.models`, tried in turn after the model's own targets, by what went wrong. */
export type FallbacksConfig = {
  /** The input is too long. */
  readonly contextWindow: readonly string[];
  /** The provider refused what the input says. */
  readonly contentPolicy: readonly string[];
  /** No target could serve it. */
  readonly other: readonly string[];
};

export type HedgeConfig = {
  /** Wait so long for the first byte; "p95" = the target's own 95th percentile. */
  readonly afterMs: number | "p95";
  /** Of the model's calls, from 0 to 1. */
  readonly share: number;
};

/** When a target is left alone. Its provider's, as all models that name a target share its health. */
export type BreakerConfig = {
  readonly enabled: boolean;
  /** Opens after so many failures in a row. */
  readonly consecutiveFailures: number;
  /** Opens when this share of the calls within `windowMs` failed, from 0 to 1, … */
  readonly failureShare: number;
  /** … once there were so many. */
  readonly minCalls: number;
  readonly windowMs: number;
  /** Open for so long at first, and twice as long after each failed probe … */
  readonly openMs: number;
  /** … up to this. */
  readonly maxOpenMs: number;
};

/** When a target is left out because it does worse than the others of its group. */
export type OutliersConfig = {
  readonly enabled: boolean;
  /** So many times the group's median time to first byte. */
  readonly latencyFactor: number;
  /** So much above the group's median share of failures, from 0 to 1. */
  readonly failureMargin: number;
  readonly ejectMs: number;
  /** Of the group's targets at once, from 0 to 1. */
  readonly maxEjectedShare: number;
  readonly intervalMs: number;
};

export type ConcurrencyConfig = {
  /** Calls at a time. */
  readonly limit: number;
  readonly queue: QueueConfig;
};

export type QueueConfig = {
  /** Calls that wait; 0 = none does. */
  readonly max: number;
  readonly deadlineMs: number;
};

export type StallConfig = {
  /** Slower than this is a stall, … */
  readonly minTokensPerSecond: number;
  /** … when it lasts so long. */
  readonly afterMs: number;
};

/** A copy of some calls to another target, whose answers only go into a report. */
export type ShadowConfig = {
  readonly target: { readonly provider: string; readonly model: string };
  /** Of the model's calls, from 0 to 1. */
  readonly sample: number;
  readonly perMinute: number;
  /** Larger requests are not copied, and of longer answers only the length is compared. */
  readonly maxBytes: number;
};
