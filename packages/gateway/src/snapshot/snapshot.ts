import type { TimeoutsConfig, UnsupportedParams } from "@headrace/core/config/types";
import type { Recorder } from "../pipeline/record.ts";
import type { Upstream } from "../upstream/upstream.ts";
import type { Keyring } from "./keyring.ts";
import type { Recorders } from "./recorders.ts";
import type { RunningRequests } from "./running.ts";
import type { TargetRoutes } from "./target-route.ts";

/**
 * A config, compiled: everything that can be known before a request is worked out here. A request keeps the snapshot
 * it began with; a reload swaps the whole.
 */
export interface Snapshot {
  readonly keyring: Keyring;
  /** By every name that a client may ask for, aliases included. */
  readonly models: ReadonlyMap<string, Model>;
  /** What the first provider asked calls each model, by every name that a client may use: it decides the tokeniser. */
  readonly providerModels: Readonly<Record<string, string>>;
  readonly upstreams: readonly Upstream[];
  /** By name, in the order of the config: where calls go that name no model. */
  readonly providers: ReadonlyMap<string, Provider>;
  /** The requests that may still use them. */
  readonly running: RunningRequests;
  /** Client headers, in lower case, that some provider's config lets through. */
  readonly forwardHeaders: readonly string[];
  /** For requests that never reached a model. */
  readonly unroutedRecorders: Recorders;
  /** For requests that the gateway answers by itself. */
  readonly localRecorders: Readonly<Record<LocalEndpoint, Recorder>>;
}

/** What the gateway answers by itself and counts; `none` is a request that no route may answer. */
export type LocalEndpoint = "models" | "capabilities" | "tokenize" | "none";

export interface Model {
  readonly name: string;
  /** In the order in which they are tried. */
  readonly targets: readonly [Target, ...Target[]];
  readonly retry: RetryPolicy;
  /** The clocks of a stream, which begins with its first token. */
  readonly timeouts: TimeoutsConfig;
  /** The clocks of a plain answer, which begins when it is complete. */
  readonly plainTimeouts: TimeoutsConfig;
}

export interface RetryPolicy {
  /** Tries per target, the first included. */
  readonly attempts: number;
  readonly statuses: ReadonlySet<number>;
}

/** Where a call can go. */
export interface Destination {
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
  /** How calls of each endpoint reach it; null where they cannot. */
  readonly routes: TargetRoutes;
}

/** A provider by itself, for calls about what it keeps. */
export interface Provider {
  /** Itself alone. */
  readonly targets: readonly [Destination];
  readonly retry: RetryPolicy;
  readonly plainTimeouts: TimeoutsConfig;
}
