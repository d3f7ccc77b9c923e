import type { IncomingHttpHeaders } from "node:http";
import type { Endpoint, RelayedEndpoint } from "@headrace/core/endpoints";
import type { ErrorCode } from "@headrace/core/errors/table";
import { readRateLimits } from "@headrace/routing/health/rate-limits";
import type { EndedTry } from "@headrace/routing/health/target-health";
import type { ConcurrencyGate } from "../admission/concurrency-gate.ts";
import type { Destination } from "../snapshot/snapshot.ts";
import type { MeteredUsage } from "./metered-usage.ts";
import type { Recorder } from "./record.ts";
import { type Spending, spendingOf } from "./spending.ts";
import type { TryFailure } from "./tries.ts";

/** Why a target was asked: a retry is where the call has been before, a fallback is another target. */
export type TryReason = "first" | "retry" | "fallback" | "hedge" | "continuation";

type TryOutcome = EndedTry["outcome"];

export interface TryOptions {
  readonly reason: TryReason;
  readonly endpoint: Endpoint | RelayedEndpoint;
  /** The call has the target's slot already; absent = it takes one if there is one. */
  readonly hasSlot?: boolean;
}

/** What has to be known of the request at a target. */
export interface TalliedTry {
  /** Events of a stream seen so far. */
  readonly events: number;
  /** Which of the provider's keys it shows, from 0; absent for what does not count by key. */
  readonly key?: number;
  /** When its provider had all of it, 0 before; absent for what goes out at once. */
  readonly askedAtMs?: number;
  /** Time from the request's sending to the last byte of its answer, or to `nowMs` while it lasts. */
  waitedMs(nowMs: number): number;
  meteredUsage(estimatedInputTokens: number): MeteredUsage | null;
}

/** How a try ended. */
export interface TryEnd {
  readonly outcome: TryOutcome;
  /** Of the provider's answer, or of our own error; 0 for one that was abandoned. */
  readonly status: number;
  /** Our own error, or null for an answer of the provider. */
  readonly code: ErrorCode | null;
  readonly retryAfterMs: number | null;
}

const NONE: readonly string[] = [];

/** One try of a call, as it is told afterwards. What it shows of its target's health, that target hears. */
export class TryRecord<T extends Destination = Destination> implements EndedTry {
  readonly target: T;
  readonly reason: TryReason;
  /** Under its target's name. */
  readonly recorder: Recorder;
  /** When the target was chosen, in ms of `performance.now()`. */
  readonly startedAtMs: number;
  /** 0 while it has not been sent. */
  sentAtMs = 0;
  /** 0 while nothing has come. */
  firstByteAtMs = 0;
  /** 0 while it lasts. */
  endedAtMs = 0;
  mark = 0;
  outcome: TryOutcome = "abandoned";
  retryAfterMs: number | null = null;
  status = 0;
  code: ErrorCode | null = null;
  /** Fields of the request that the target cannot take. */
  lost: readonly string[] = NONE;
  /** The failure that was made on purpose, as a header writes it. */
  fault: string | null = null;
  /** Where it has a slot, until it ends. */
  readonly #slot: ConcurrencyGate | null;
  #sent: TalliedTry | null = null;
  #estimatedInputTokens = 0;
  #key = 0;
  /** Once it has ended, it is worked out once. */
  #spending: Spending | null = null;

  constructor(target: T, { reason, endpoint, hasSlot = false }: TryOptions) {
    this.target = target;
    this.reason = reason;
    this.recorder = target.recorders.for(endpoint);
    this.#slot = hasSlot || target.gate?.tryEnter() === true ? target.gate : null;
    this.startedAtMs = performance.now();
  }

  /** The request at the target; null before it is sent. */
  get sent(): TalliedTry | null {
    return this.#sent;
  }

  /** What it has used so far, and when it has ended, in all. */
  spending(): Spending {
    if (this.#spending !== null) return this.#spending;
    const usage = this.#sent?.meteredUsage(this.#estimatedInputTokens) ?? null;
    const spending = spendingOf(usage, this.target.price);
    if (this.endedAtMs !== 0) this.#spending = spending;
    return spending;
  }

  send(request: TalliedTry, estimatedInputTokens: number): void {
    this.#sent = request;
    this.#estimatedInputTokens = estimatedInputTokens;
    this.sentAtMs = performance.now();
    this.#key = request.key ?? 0;
    this.mark = this.target.health.onSent(this.sentAtMs, estimatedInputTokens, this.#key);
  }

  /** The first of its answer is here. */
  begin(): void {
    this.firstByteAtMs = performance.now();
    if (this.#sent === null) return;
    // A provider is not slow because a client uploads slowly.
    const askedAtMs = this.#sent.askedAtMs ?? this.sentAtMs;
    if (askedAtMs === 0) return;
    this.target.health.onFirstByte(this.firstByteAtMs, this.firstByteAtMs - askedAtMs, this.mark);
  }

  /** What the head of an answer tells of the provider's limits, which are those of the key that was shown. */
  hear(headers: IncomingHttpHeaders): void {
    const limits = readRateLimits(headers, Date.now());
    if (limits !== null) this.target.health.onLimits(performance.now(), limits, this.#key);
  }

  /** Only the first call counts. */
  end({ outcome, status, code, retryAfterMs }: TryEnd): void {
    if (this.endedAtMs !== 0) return;
    this.outcome = outcome;
    this.retryAfterMs = retryAfterMs;
    this.status = status;
    this.code = code;
    this.endedAtMs = performance.now();
    this.#slot?.leave();
    if (this.#sent !== null) this.target.health.onEnded(this.endedAtMs, this);
  }
}

/** How a try that failed so is told. */
export function endOfFailure({ status, code, retryAfterMs, otherKey }: TryFailure): TryEnd {
  // One key of several that is refused says nothing of what the target does for the others.
  const outcome = otherKey === true ? "abandoned" : outcomeOf(status, code);
  return { outcome, status, code, retryAfterMs };
}

/**
 * What a failure says of its target: one that refuses what is wrong is in good health, and our own errors other than of
 * the way there say nothing of it.
 */
export function outcomeOf(status: number, code: ErrorCode | null): TryEnd["outcome"] {
  if (code !== null && code !== "upstream_error")
    return code.startsWith("upstream_") ? "failed" : "abandoned";
  if (status === 429) return "refused";
  return status >= 500 || status === 408 ? "failed" : "served";
}
