/** What of a target's health its route compares at every call. */
export interface TargetVitals {
  /** No call should be sent before this time, in ms of the process's monotonic clock. */
  readonly unavailableUntilMs: number;
  /** The same without the times in which it only does worse than others. */
  readonly unusableUntilMs: number;
  /** Until then its provider's own limits are nearly used up, so that others are preferred. */
  readonly pacedUntilMs: number;
  /** Calls that it is working on. */
  readonly inFlight: number;
  /** Time to first byte as it is to be expected now, in ms; 0 when nothing is known yet. */
  latencyMs(nowMs: number): number;
}

/** A leaf of a route: a provider and a model there. */
export interface RoutedTarget {
  /** Its place among the route's leaves, from 0. */
  readonly index: number;
  readonly health: TargetVitals;
  /** Input and output blended, in USD for a million tokens; null when no price is known. */
  readonly blendedUsdPerMillion: number | null;
}

/** What rules and affinity may look at. Read only where a strategy needs it. */
export interface CallFacts {
  /** The name that the client asked for. */
  readonly model: string;
  readonly endpoint: string;
  readonly keyName: string;
  readonly tags: readonly string[];
  readonly stream: boolean;
  /** An estimate. */
  readonly inputTokens: number;
  /** Milliseconds since 1970. */
  readonly wallMs: number;
  /** @param name - in lower case; one of those in {@link RouteNeeds.headers}. "" when absent */
  header(name: string): string;
  /** The request's JSON, parsed when it is first read. */
  readonly body: unknown;
}

/** What of a call's facts a route reads, so that nothing else is kept for it. */
export interface RouteNeeds {
  /** In lower case. */
  readonly headers: readonly string[];
  readonly body: boolean;
}

/** One client's request, as a route sees it while it looks for a target. */
export interface RouteCall<T extends RoutedTarget> {
  readonly nowMs: number;
  readonly random: () => number;
  readonly facts: CallFacts;
  /** False for a target that was given up in this call, has no tries left, or is unavailable. */
  mayAsk(target: T): boolean;
  /** How often it was tried in this call. */
  triesOf(target: T): number;
}

/** A strategy over its children, or a leaf. */
export interface RouteNode<T extends RoutedTarget> {
  /** All leaves below, in the order of the config. */
  readonly targets: readonly T[];
  /** The target to ask next, or null when none below may be asked. */
  pick(call: RouteCall<T>): T | null;
}
