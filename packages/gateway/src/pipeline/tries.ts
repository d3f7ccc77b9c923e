import type { ErrorCode } from "@headrace/core/errors/table";
import type { RefusalKind } from "@headrace/providers/refusal-kind";
import type { ShareBudget } from "@headrace/routing/budget/share-budget";
import type { CallFacts, RouteCall } from "@headrace/routing/route";
import type { ConcurrencyGate } from "../admission/concurrency-gate.ts";
import type { Destination, Target } from "../snapshot/snapshot.ts";
import { ModelTries } from "./model-tries.ts";
import { attemptsFor, remedyFor } from "./remedies.ts";
import type { TriesPlan } from "./tries-plan.ts";

/** The next try of a request, and how long to wait before it. */
export interface Try<T = Target> {
  readonly target: T;
  readonly delayMs: number;
}

/** How a try failed. */
export interface TryFailure {
  /** Of the provider's answer, or of our own error. */
  readonly status: number;
  /** Our own error, or null for an answer of the provider. */
  readonly code: ErrorCode | null;
  /** How long the provider asks to be left alone, or null. */
  readonly retryAfterMs: number | null;
  /** What another model might not refuse. */
  readonly refusal?: RefusalKind | null;
  /** True when the provider refused one of several keys, and there is one that it may take. */
  readonly otherKey?: boolean;
}

/** What the tries of all calls share. */
export interface TriesDeps {
  /** Of the process's monotonic clock. */
  readonly nowMs: () => number;
  readonly random: () => number;
  /** Bounds the tries that follow a failure, over all calls. */
  readonly retryBudget: ShareBudget;
  /** Bounds those that a slow target is helped by. */
  readonly hedgeBudget: ShareBudget;
}

/** What is overlooked for want of better, more with each step. */
const STRICT = 0;
/** That the provider's limits are nearly used up. */
const PACED_TOO = 1;
/** That others do better, and that nobody could be reached there a moment ago. */
const LAST_RESORTS_TOO = 2;
/** That its circuit is open, where it lets a call through now and then to find out. */
const OPEN_TOO = 3;

/** Looking for one more costs a choice among all targets. */
const MAX_LINES = 32;

/**
 * The tries of one request in their order, as its route and its failures tell. Repeating a target waits with full
 * jitter, so that the clients of a provider that stumbled do not come back all at once.
 */
export class Tries<T extends Destination = Target> implements RouteCall<T> {
  nowMs = 0;
  readonly random: () => number;
  readonly facts: CallFacts;
  /** Tries begun so far. */
  count = 0;
  /** True for who can wait at a target that has no free slot; others do not get to know of it. */
  waitsForSlots = false;
  readonly #deps: TriesDeps;
  readonly #maxTries: number;
  /** The model that it is at. */
  #at: ModelTries<T>;
  /** Those that it has come by. */
  readonly #plans: TriesPlan<T>[];
  #lenience = STRICT;
  #takesFull = false;
  /** Where the call has a slot, as long as it has not decided to use it. */
  #slotAt: ConcurrencyGate | null = null;
  /** Where it is about to line up, while it asks where else. */
  #lines: ConcurrencyGate[] | null = null;
  #takes: ((target: T) => boolean) | null = null;

  constructor(plan: TriesPlan<T>, deps: TriesDeps, facts: CallFacts) {
    this.#at = new ModelTries(plan);
    this.#plans = [plan];
    this.#maxTries = plan.retry.maxTries;
    this.#deps = deps;
    this.random = deps.random;
    this.facts = facts;
  }

  /** All that may be asked at the point at which it is. */
  get targets(): readonly T[] {
    return this.#at.plan.route.targets;
  }

  /** From here on, what these do not take is nobody's. */
  askOnly(takes: (target: T) => boolean): void {
    this.#takes = takes;
  }

  /**
   * The target to begin with; null when none may be asked at present. One whose slots are all taken is given to who can
   * wait: see {@link gatesToWaitAt}. The same goes for all that follow.
   */
  first(): T | null {
    this.#deps.retryBudget.deposit();
    this.#deps.hedgeBudget.deposit();
    this.#at.plan.hedgeBudget?.deposit();
    return this.#begin(this.#pick() ?? this.#pickFull() ?? this.#fallBack("other") ?? this.#pickEarly());
  }

  /** A target beside the present one, which is to be left in peace; null when there is none. */
  beside(): T | null {
    const { current } = this.#at;
    if (current === null || this.count >= this.#maxTries) return null;
    this.#at.of(current).remedy = "elsewhere";
    const target = this.#pick();
    return target !== null && this.#mayHedge() ? this.#begin(target) : null;
  }

  /**
   * Chooses again in place of the present target, where time has passed since it was chosen.
   *
   * @param slotAt - where the call has a slot by now
   */
  again(slotAt: ConcurrencyGate | null): T | null {
    this.#unbegin();
    this.#slotAt = slotAt;
    const target = this.#pick();
    this.#slotAt = null;
    return this.#begin(target ?? this.#pickFull() ?? this.#fallBack("other"));
  }

  /** Where to wait when the present target has no free slot: at all that its strategy would take in its place. */
  gatesToWaitAt(): readonly ConcurrencyGate[] {
    const own = this.#at.current?.gate ?? null;
    if (own === null) return [];
    const lines = [own];
    this.#lines = lines;
    while (lines.length < MAX_LINES) {
      const gate = this.#pickAt(this.#lenience)?.gate ?? null;
      if (gate === null) break;
      lines.push(gate);
    }
    this.#lines = null;
    return lines;
  }

  /** The target after one that it has waited for in vain, of a model that may stand in for the present one. */
  pastQueue(): T | null {
    this.#unbegin();
    return this.#begin(this.#fallBack("other"));
  }

  #unbegin(): void {
    if (this.#at.current === null) return;
    this.count--;
    this.#at.unbegin();
  }

  #mayHedge(): boolean {
    const own = this.#at.plan.hedgeBudget ?? null;
    if ((own !== null && own.available === 0) || !this.#deps.hedgeBudget.take()) return false;
    own?.take();
    return true;
  }

  /** The try after one that failed, or null when there is none or another would not help. */
  next(failure: TryFailure, failed: T | null = this.#at.current): Try<T> | null {
    if (failed === null || this.count >= this.#maxTries) return null;
    const changesKey = failure.otherKey === true && this.#mayChangeKey(failed);
    const target = changesKey ? failed : this.#after(failure, failed);
    if (target === null || !this.#deps.retryBudget.take()) return null;
    this.#begin(target);
    if (changesKey) {
      this.#at.of(target).otherKeys++;
      return { target, delayMs: 0 };
    }
    const notBeforeMs = Math.max(this.nowMs, this.#at.known(target)?.notBeforeMs ?? 0);
    return { target, delayMs: Math.max(0, notBeforeMs - this.#deps.nowMs()) };
  }

  #after(failure: TryFailure, failed: T): T | null {
    const { retry } = this.#at.plan;
    const { refusal = null } = failure;
    if (refusal !== null) return this.#fallBack(refusal);
    const remedy = remedyFor(failure, retry);
    if (remedy === "none") return null;
    const tried = this.#at.of(failed);
    const attempts = tried.count - tried.otherKeys;
    const waitMs = this.#backoffMs(attempts, failure.retryAfterMs);
    tried.remedy =
      waitMs > retry.maxRetryAfterMs || attempts >= attemptsFor(failure, retry) ? "elsewhere" : remedy;
    tried.notBeforeMs = this.#deps.nowMs() + waitMs;
    return this.#pick() ?? this.#pickFull() ?? this.#fallBack("other") ?? this.#pickLater();
  }

  /** Goes over to another model. There is no way back: what a model failed at is not tried again. */
  #fallBack(reason: RefusalKind | "other"): T | null {
    for (let plan = this.#fallbackFor(reason); plan !== null; plan = this.#fallbackFor(reason)) {
      const before = this.#at;
      this.#plans.push(plan);
      this.#at = new ModelTries(plan);
      const target = this.#pick() ?? this.#pickFull();
      if (target !== null) return target;
      this.#at = before;
    }
    return null;
  }

  /** The first that has not been come by, of the model asked for before those of its fallbacks. */
  #fallbackFor(reason: RefusalKind | "other"): TriesPlan<T> | null {
    for (const { fallbacks } of this.#plans) {
      const next = fallbacks?.[reason].find((plan) => !this.#plans.includes(plan));
      if (next !== undefined) return next;
    }
    return null;
  }

  mayAsk(target: T): boolean {
    if (target.gate !== null && this.#isFull(target.gate)) return false;
    const { health } = target;
    if (this.#takes?.(target) === false) return false;
    if (this.#lenience === OPEN_TOO) return health.mayAskEarly(this.nowMs);
    const lastResorts = this.#lenience >= LAST_RESORTS_TOO;
    const untilMs = lastResorts ? health.unusableUntilMs : health.unavailableUntilMs;
    if (untilMs > this.nowMs) return false;
    if (this.#lenience < PACED_TOO && health.pacedUntilMs > this.nowMs) return false;
    const remedy = this.#at.known(target)?.remedy;
    return remedy === undefined || remedy === "again" || (remedy === "last-resort" && lastResorts);
  }

  #isFull(gate: ConcurrencyGate): boolean {
    if (this.#lines !== null) return this.#lines.includes(gate);
    return !gate.hasRoom && !this.#takesFull && this.#slotAt !== gate;
  }

  /** As often as there are keys, whatever the retry's statuses and attempts say: those are about the target. */
  #mayChangeKey(target: T): boolean {
    const { health, upstream } = target;
    if (health.unusableUntilMs > this.#deps.nowMs()) return false;
    return this.#at.of(target).otherKeys + 1 < (upstream.credential.keys ?? 1);
  }

  triesOf(target: T): number {
    return this.#at.known(target)?.count ?? 0;
  }

  #pick(): T | null {
    this.nowMs = this.#deps.nowMs();
    return (
      this.#pickAt(STRICT) ?? this.#pickAt(PACED_TOO) ?? this.#pickAt(LAST_RESORTS_TOO) ?? this.#pickOnly()
    );
  }

  /** A provider that nobody can stand in for says by itself that it has too much to do. */
  #pickOnly(): T | null {
    const [only, ...others] = this.targets;
    if (only === undefined || others.length > 0 || this.#at.known(only)?.remedy === "elsewhere") return null;
    if (only.gate !== null && this.#isFull(only.gate)) return null;
    if (this.#takes?.(only) === false) return null;
    return only.health.describe(this.nowMs).reason === "rate-limited" ? only : null;
  }

  /** One to wait at when all that could be asked have no free slots. */
  #pickFull(): T | null {
    if (!this.waitsForSlots) return null;
    this.#takesFull = true;
    const target = this.#pick();
    this.#takesFull = false;
    return target;
  }

  /** The target that is the first to be available again, if it is worth waiting for. */
  #pickLater(): T | null {
    const latestMs = this.nowMs + this.#at.plan.retry.maxRetryAfterMs;
    const soonestMs = Math.min(
      ...this.targets.map(({ health }) => health.unusableUntilMs).filter((atMs) => atMs > this.nowMs),
    );
    if (soonestMs > latestMs) return null;
    this.nowMs = soonestMs;
    return this.#pickAt(LAST_RESORTS_TOO);
  }

  /** Nobody may be asked. Lest all wait for the first circuit's time to pass, one call now and then finds out before. */
  #pickEarly(): T | null {
    const target = this.#pickAt(OPEN_TOO);
    target?.health.grantEarly(this.nowMs);
    return target;
  }

  #pickAt(lenience: number): T | null {
    this.#lenience = lenience;
    return this.#at.plan.route.pick(this);
  }

  #begin(target: T | null): T | null {
    if (target === null) return null;
    this.count++;
    this.#at.begin(target);
    return target;
  }

  #backoffMs(tries: number, retryAfterMs: number | null): number {
    const { firstMs, maxMs } = this.#at.plan.retry.backoff;
    const backoffMs = Math.min(maxMs, firstMs * 2 ** (tries - 1));
    return Math.max(retryAfterMs ?? 0, this.random() * backoffMs);
  }
}
