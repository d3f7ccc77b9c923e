import type { Price } from "@headrace/core/canonical/cost";
import type { TimeoutsConfig, UnsupportedParams } from "@headrace/core/config/types";
import type { StallConfig } from "@headrace/core/config/types-routing";
import type { ShareBudget } from "@headrace/routing/budget/share-budget";
import type { TargetHealth } from "@headrace/routing/health/target-health";
import type { RoutedTarget, RouteNeeds, RouteNode } from "@headrace/routing/route";
import type { ConcurrencyGate } from "../admission/concurrency-gate.ts";
import type { GatePlan } from "../admission/gates.ts";
import type { FaultPlan } from "../faults/fault-plan.ts";
import type { Recorder } from "../pipeline/record.ts";
import type { Fallbacks } from "../pipeline/tries-plan.ts";
import type { ShadowPlan } from "../shadow/shadow-plan.ts";
import type { Upstream } from "../upstream/upstream.ts";
import type { Keyring } from "./keyring.ts";
import type { ModelTable } from "./model-table.ts";
import type { Recorders } from "./recorders.ts";
import type { RunningRequests } from "./running.ts";
import type { TargetRoutes } from "./target-route.ts";
import type { WatchPlan } from "./watch-plan.ts";

/**
 * A config, compiled: everything that can be known before a request is worked out here. A request keeps the snapshot
 * it began with; a reload swaps the whole.
 */
export interface Snapshot {
  readonly keyring: Keyring;
  readonly models: ModelTable;
  /** What the first provider asked calls each model, by every name that a client may use: it decides the tokeniser. */
  readonly providerModels: Readonly<Record<string, string>>;
  readonly upstreams: readonly Upstream[];
  /** By name, in the order of the config: where calls go that name no model. */
  readonly providers: ReadonlyMap<string, Provider>;
  /** The requests that may still use them. */
  readonly running: RunningRequests;
  /** Client headers, in lower case, that some provider's config lets through. */
  readonly forwardHeaders: readonly string[];
  /** Failures that are made on purpose; null when none may be. */
  readonly faults: FaultPlan | null;
  /** What of a request some route looks at. */
  readonly needs: RouteNeeds;
  /** How many calls may run at a time, in force from the swap on. */
  readonly gates: GatePlan;
  /** What is to be looked at while it is in force. */
  readonly watch: WatchPlan;
  /** For requests that never reached a model. */
  readonly unroutedRecorders: Recorders;
  /** For requests that the gateway answers by itself. */
  readonly localRecorders: Readonly<Record<LocalEndpoint, Recorder>>;
}

/** What the gateway answers by itself and counts; `none` is a request that no route may answer. */
export type LocalEndpoint = "models" | "capabilities" | "tokenize" | "none";

export interface Model {
  readonly name: string;
  /** How a target is chosen. */
  readonly route: RouteNode<Target>;
  /** All that may be, in the order of the config. */
  readonly targets: readonly [Target, ...Target[]];
  readonly retry: RetryPolicy;
  /** Null when any number of calls may run at a time. */
  readonly gate: ConcurrencyGate | null;
  /** Null when no second targets are asked. */
  readonly hedgeBudget: ShareBudget | null;
  /** Where a call may go after these targets. */
  readonly fallbacks: Fallbacks<Target>;
  /** The clocks of a plain answer, which begins when it is complete. */
  readonly plainTimeouts: TimeoutsConfig;
  /** A text that breaks off is gone on with by another target. */
  readonly continuation: boolean;
  /** Where copies of its calls go; null when there are none. */
  readonly shadow: ShadowPlan | null;
}

export interface RetryPolicy {
  /** Tries per target, the first included. */
  readonly attempts: number;
  readonly statuses: ReadonlySet<number>;
  /** Tries of a call in all. */
  readonly maxTries: number;
  /** The longest pause before a target's second try, which doubles with each further one up to `maxMs`. */
  readonly backoff: { readonly firstMs: number; readonly maxMs: number };
  /** A provider that asks for a longer pause is not asked again in this call. */
  readonly maxRetryAfterMs: number;
  readonly byStatus: ReadonlyMap<number, StatusRule>;
}

/** What a provider's status calls for. */
export interface StatusRule {
  /** In place of {@link RetryPolicy.attempts}. */
  readonly attempts: number | undefined;
  /** False when another target is to be asked instead. */
  readonly sameTarget: boolean;
}

/** Where a call can go. */
export interface Destination extends RoutedTarget {
  readonly health: TargetHealth;
  /** Null when any number of calls may run at a time. */
  readonly gate: ConcurrencyGate | null;
  /** Null when none is known. */
  readonly price: Price | null;
  readonly provider: string;
  /** The model's name at the provider; "" for calls that are about none. */
  readonly model: string;
  readonly upstream: Upstream;
  readonly unsupportedParams: UnsupportedParams;
  /** The answer's header lines that name it. */
  readonly headerLines: string;
  readonly recorders: Recorders;
}

export interface Target extends Destination {
  /** After this long without a beginning another target is asked besides; null for never. */
  readonly hedgeAfterMs: () => number | null;
  /** The clocks of a stream, which begins with its first token. */
  readonly timeouts: TimeoutsConfig;
  /** The clocks of a plain answer, which begins when it is complete. */
  readonly plainTimeouts: TimeoutsConfig;
  /** How slow a stream may be; null for any pace. */
  readonly stall: StallConfig | null;
  /** How calls of each endpoint reach it; null where they cannot. */
  readonly routes: TargetRoutes;
}

/** A provider by itself, for calls about what it keeps. */
export interface Provider {
  /** Itself alone. */
  readonly targets: readonly [Destination];
  readonly route: RouteNode<Destination>;
  readonly retry: RetryPolicy;
  readonly plainTimeouts: TimeoutsConfig;
}
