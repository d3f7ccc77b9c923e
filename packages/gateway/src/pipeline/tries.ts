import type { ErrorCode } from "@headrace/core/errors/table";
import type { RefusalKind } from "@headrace/providers/refusal-kind";
import type { ShareBudget } from "@headrace/routing/budget/share-budget";
import type { CallFacts, RouteCall, RouteNode } from "@headrace/routing/route";
import type { ConcurrencyGate } from "../admission/concurrency-gate.ts";
import type { Destination, RetryPolicy, StatusRule, Target } from "../snapshot/snapshot.ts";
import { REMEDIES, type Remedy } from "./remedies.ts";

/** The next try of a request, and how long to wait before it. */
export interface Try<T = Target> {
  readonly target: T;
  readonly delayMs: number;
}

/** Where a request may go, and how often. */
export interface TriesPlan<T extends Destination> {
  readonly route: RouteNode<T>;
  readonly retry: RetryPolicy;
  /** Of second targets, beside that of all calls; absent = that one alone bounds them. */
  readonly hedgeBudget?: ShareBudget | null;
  /** Where it may go after these, by what went wrong; absent = nowhere. */
  readonly fallbacks?: Fallbacks<T>;
}

/** Tried in turn, each at most once in a call. */
export type Fallbacks<T extends Destination> = Readonly<
  Record<RefusalKind | "other", readonly TriesPlan<T>[]>
>;

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

/** What a call knows of one of its targets. */
interface Tried {
  count: number;
  /** Those of them that were there for another key. */
  otherKeys: number;
  /** Of its failures so far, the one that says most about asking again. */
  remedy: Remedy;
  /** Before this it is not to be asked again, in ms of the clock. */
  notBeforeMs: number;
}

/** For calls that routes know nothing of but where they go. */
export const NO_FACTS: CallFacts = {
  model: "",
  endpoint: "",
  keyName: "",
  tags: [],
  stream: false,
  inputTokens: 0,
  wallMs: 0,
  body: null,
  header: () => "",
};

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
  #plan: TriesPlan<T>;
  /** Those that it has come by. */
  readonly #plans: TriesPlan<T>[];
  #current: T | null = null;
  /** By the target's index; null until one has failed. */
  #tried: (Tried | undefined)[] | null = null;
  #lenience = STRICT;
  #takesFull = false;
  /** Where the call has a slot, as long as it has not decided to use it. */
  #slotAt: ConcurrencyGate | null = null;
  /** Where it is about to line up, while it asks where else. */
  #lines: ConcurrencyGate[] | null = null;
  #takes: ((target: T) => boolean) | null = null;

  constructor(plan: TriesPlan<T>, deps: TriesDeps, facts: CallFacts) {
    this.#plan = plan;
    this.#plans = [plan];
    this.#maxTries = plan.retry.maxTries;
    this.#deps = deps;
    this.random = deps.random;
    this.facts = facts;
  }

  /** All that may be asked at the point at which it is. */
  get targets(): readonly T[] {
    return this.#plan.route.targets;
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
    this.#plan.hedgeBudget?.deposit();
    return this.#begin(this.#pick() ?? this.#pickFull() ?? this.#fallBack("other") ?? this.#pickEarly());
  }

  /** A target beside the present one, which is to be left in peace; null when there is none. */
  beside(): T | null {
    const current = this.#current;
    if (current === null || this.count >= this.#maxTries) return null;
    this.#triedOf(current).remedy = "elsewhere";
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
    const own = this.#current?.gate ?? null;
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
    const current = this.#current;
    if (current === null) return;
    this.count--;
    if (this.#tried !== null) this.#triedOf(current).count--;
  }

  #mayHedge(): boolean {
    const own = this.#plan.hedgeBudget ?? null;
    if ((own !== null && own.available === 0) || !this.#deps.hedgeBudget.take()) return false;
    own?.take();
    return true;
  }

  /** The try after one that failed, or null when there is none or another would not help. */
  next(failure: TryFailure, failed: T | null = this.#current): Try<T> | null {
    if (failed === null || this.count >= this.#maxTries) return null;
    const changesKey = failure.otherKey === true && this.#mayChangeKey(failed);
    const target = changesKey ? failed : this.#after(failure, failed);
    if (target === null || !this.#deps.retryBudget.take()) return null;
    this.#begin(target);
    if (changesKey) {
      this.#triedOf(target).otherKeys++;
      return { target, delayMs: 0 };
    }
    const notBeforeMs = Math.max(this.nowMs, this.#tried?.[target.index]?.notBeforeMs ?? 0);
    return { target, delayMs: Math.max(0, notBeforeMs - this.#deps.nowMs()) };
  }

  #after(failure: TryFailure, failed: T): T | null {
    const { retry } = this.#plan;
    const { refusal = null } = failure;
    if (refusal !== null) return this.#fallBack(refusal);
    const remedy = this.#remedy(failure);
    if (remedy === "none") return null;
    const rule = retry.byStatus.get(failure.status);
    const tried = this.#triedOf(failed);
    const attempts = tried.count - tried.otherKeys;
    const waitMs = this.#backoffMs(attempts, failure.retryAfterMs);
    tried.remedy =
      waitMs > retry.maxRetryAfterMs || attempts >= attemptsOf(retry, rule) ? "elsewhere" : remedy;
    tried.notBeforeMs = this.#deps.nowMs() + waitMs;
    return this.#pick() ?? this.#pickFull() ?? this.#fallBack("other") ?? this.#pickLater();
  }

  /** Goes over to another model. There is no way back: what a model failed at is not tried again. */
  #fallBack(reason: RefusalKind | "other"): T | null {
    for (let plan = this.#fallbackFor(reason); plan !== null; plan = this.#fallbackFor(reason)) {
      const before = [this.#plan, this.#current, this.#tried] as const;
      this.#plans.push(plan);
      [this.#plan, this.#current, this.#tried] = [plan, null, null];
      const target = this.#pick() ?? this.#pickFull();
      if (target !== null) return target;
      [this.#plan, this.#current, this.#tried] = before;
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
    const { index, health } = target;
    if (this.#takes?.(target) === false) return false;
    if (this.#lenience === OPEN_TOO) return health.mayAskEarly(this.nowMs);
    const lastResorts = this.#lenience >= LAST_RESORTS_TOO;
    const untilMs = lastResorts ? health.unusableUntilMs : health.unavailableUntilMs;
    if (untilMs > this.nowMs) return false;
    if (this.#lenience < PACED_TOO && health.pacedUntilMs > this.nowMs) return false;
    const remedy = this.#tried?.[index]?.remedy;
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
    return this.#triedOf(target).otherKeys + 1 < (upstream.credential.keys ?? 1);
  }

  #isGivenUp({ index }: T): boolean {
    return this.#tried?.[index]?.remedy === "elsewhere";
  }

  triesOf({ index }: T): number {
    return this.#tried?.[index]?.count ?? 0;
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
    if (only === undefined || others.length > 0 || this.#isGivenUp(only)) return null;
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
    const latestMs = this.nowMs + this.#plan.retry.maxRetryAfterMs;
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
    return this.#plan.route.pick(this);
  }

  #begin(target: T | null): T | null {
    if (target === null) return null;
    if (this.#tried !== null) this.#triedOf(target).count++; // before it is the current one, which counts as tried
    this.count++;
    this.#current = target;
    return target;
  }

  /** The first failure is the time to begin with an account of the tries; until then there was one, at the current target. */
  #triedOf(target: T): Tried {
    this.#tried ??= [];
    const known = this.#tried[target.index];
    if (known !== undefined) return known;
    const tried: Tried = {
      count: target === this.#current ? 1 : 0,
      otherKeys: 0,
      remedy: "again",
      notBeforeMs: 0,
    };
    this.#tried[target.index] = tried;
    return tried;
  }

  #backoffMs(tries: number, retryAfterMs: number | null): number {
    const { firstMs, maxMs } = this.#plan.retry.backoff;
    const backoffMs = Math.min(maxMs, firstMs * 2 ** (tries - 1));
    return Math.max(retryAfterMs ?? 0, this.random() * backoffMs);
  }

  /** A provider's status, in a head or in an error event, is the config's to judge. */
  #remedy({ status, code }: TryFailure): Remedy {
    if (code !== null && code !== "upstream_error") return REMEDIES[code] ?? "none";
    const { statuses, byStatus } = this.#plan.retry;
    if (!statuses.has(status)) return "none";
    return byStatus.get(status)?.sameTarget === false ? "elsewhere" : "again";
  }
}

function attemptsOf({ attempts }: RetryPolicy, rule: StatusRule | undefined): number {
  return rule?.attempts ?? attempts;
}
