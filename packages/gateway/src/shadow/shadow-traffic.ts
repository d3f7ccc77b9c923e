import { ENDPOINTS } from "@headrace/core/endpoints";
import type { Offload } from "@headrace/workers/offload";
import type { ClientRequest } from "../pipeline/encode-for-target.ts";
import type { RunnerOwner } from "../pipeline/try-runner.ts";
import type { RunningRequests } from "../snapshot/running.ts";
import type { Target } from "../snapshot/snapshot.ts";
import type { Deadlines } from "../time/deadlines.ts";
import type { AnsweredLeg } from "./answered-leg.ts";
import { CallsPerMinute } from "./calls-per-minute.ts";
import { ShadowCall, type ShadowCallDeps, type ShadowEnding } from "./shadow-call.ts";
import { compareBodies, comparedCall, logShadow, type ToldShadow } from "./shadow-ending.ts";
import type { ShadowOutcome } from "./shadow-outcome.ts";
import { keyOf, nameOf, type ShadowPlan } from "./shadow-plan.ts";
import { addComparison, emptyTally, type ShadowTally } from "./shadow-tally.ts";
import { WatchedPrimary } from "./watched-primary.ts";

export interface ShadowTrafficOptions {
  /** Of the process's monotonic clock. */
  readonly nowMs: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** How late the event loop comes to its work, on average of the last moments. */
  readonly lateMs: () => number;
  readonly onBug: (error: unknown, requestId: string) => void;
}

/** A call that may be copied. Its body is only read before `copy` returns. */
export interface CandidateCall {
  readonly plan: ShadowPlan;
  readonly request: ClientRequest;
  readonly keyName: string;
  readonly running: RunningRequests;
  readonly offload: Offload;
  readonly deadlines: Deadlines;
}

/** So many wait for a slow target at most, and hold together so much: a request and two answers of `maxBytes` each. */
const MAX_RUNNING = 100;
const MAX_HELD_BYTES = 96 * 1024 * 1024;
/** An event loop that is later than that on average has enough to do. */
const MAX_LATE_MS = 100;

interface Shadow {
  readonly tally: ShadowTally;
  readonly rate: CallsPerMinute;
}

/** The copies that one process sends, and what is known of them. It outlives snapshots. */
export class ShadowTraffic {
  readonly #options: ShadowTrafficOptions;
  readonly #shadows = new Map<string, Shadow>();
  readonly #running = new Set<ShadowCall>();
  /** At most, by all that run. */
  #heldBytes = 0;
  #closed = false;

  constructor(options: ShadowTrafficOptions) {
    this.#options = options;
  }

  /** Copies that run, or are yet to be compared. */
  get running(): number {
    return this.#running.size;
  }

  /** Whether chance wants a call to be copied. */
  draws({ config }: ShadowPlan): boolean {
    return !this.#closed && this.#options.random() < config.sample;
  }

  /**
   * Copies a call, unless the copy would be a burden or cannot be. If it does, the call's tries are to be led for the one
   * who is given back, who looks on and leads them for `owner`.
   */
  copy(call: CandidateCall, owner: RunnerOwner<Target, string>): WatchedPrimary | null {
    try {
      return this.#copy(call, owner);
    } catch (error) {
      this.#options.onBug(error, call.request.requestId); // no reason to refuse the call itself
      return null;
    }
  }

  tallies(): ShadowTally[] {
    return Array.from(this.#shadows.values(), ({ tally }) => tally);
  }

  /** What is known of others is forgotten. */
  retain(plans: readonly ShadowPlan[]): void {
    const kept = new Set(plans.map((plan) => keyOf(nameOf(plan))));
    for (const key of this.#shadows.keys()) if (!kept.has(key)) this.#shadows.delete(key);
  }

  /** Ends all copies at once, and takes no more. */
  close(): void {
    this.#closed = true;
    for (const copy of this.#running) copy.cancel();
  }

  #copy(call: CandidateCall, owner: RunnerOwner<Target, string>): WatchedPrimary | null {
    const { plan, request } = call;
    const { operation } = ENDPOINTS[request.endpoint];
    if (operation !== "chat" && operation !== "embedding") return null;
    const { perMinute, maxBytes } = plan.config;
    const { rate } = this.#shadowOf(plan);
    rate.configure(perMinute);
    const obstacle = this.#obstacleTo(call);
    if (obstacle !== null || !rate.take(this.#options.nowMs())) {
      this.#count(call, obstacle ?? "over_rate");
      return null;
    }
    const body = Buffer.from(request.body);
    const copy = new ShadowCall({ ...call, request: { ...request, body, state: null } }, this.#depsOf(call));
    this.#running.add(copy);
    this.#heldBytes += heldBytesOf(plan);
    return new WatchedPrimary(owner, { listener: copy, maxBytes });
  }

  #obstacleTo({ plan, request }: CandidateCall): ShadowOutcome | null {
    const { target, config } = plan;
    const { passing, translating } = target.routes[request.endpoint];
    const { health, upstream } = target;
    if (passing === null && translating === null) return "unsupported";
    if (request.state?.isBound === true) return "unsupported";
    if (request.body.length > config.maxBytes) return "too_large";
    const nowMs = this.#options.nowMs();
    if (health.unavailableUntilMs > nowMs || health.pacedUntilMs > nowMs) return "unavailable";
    if (this.#options.lateMs() > MAX_LATE_MS) return "late";
    return this.#isFull(plan) || upstream.isFull() ? "busy" : null;
  }

  #isFull(plan: ShadowPlan): boolean {
    const { size } = this.#running;
    return size >= MAX_RUNNING || (size > 0 && this.#heldBytes + heldBytesOf(plan) > MAX_HELD_BYTES);
  }

  #depsOf({ offload, deadlines }: CandidateCall): ShadowCallDeps {
    const { onBug } = this.#options;
    return {
      offload,
      deadlines,
      onOver: (copy, ending) => void this.#conclude(copy, ending, offload),
      onBug,
    };
  }

  async #conclude(copy: ShadowCall, ending: ShadowEnding, offload: Offload): Promise<void> {
    const { plan, request } = copy.call;
    try {
      const { primary, shadow } = ending;
      if (ending.cancelled || primary === null || shadow === null) {
        this.#tell(copy, { outcome: "cancelled", shadow, compared: null });
        return;
      }
      const content = await compareBodies(request, { primary, shadow }, offload);
      const compared = comparedCall(request, { primary, shadow }, content);
      const tally = this.#shadows.get(keyOf(nameOf(plan)))?.tally;
      if (tally !== undefined) addComparison(tally, compared);
      this.#tell(copy, { outcome: compared.outcome, shadow, compared });
    } catch (error) {
      // A draining process's threads take no more; all else is not as it should be.
      if (!this.#closed) this.#options.onBug(error, request.requestId);
    } finally {
      this.#running.delete(copy);
      this.#heldBytes -= heldBytesOf(plan);
    }
  }

  #tell({ call }: ShadowCall, told: ToldShadow): void {
    this.#count(call, told.outcome, told.shadow);
    logShadow(call, told);
  }

  #count(
    { plan, request }: Pick<CandidateCall, "plan" | "request">,
    outcome: ShadowOutcome,
    shadow: AnsweredLeg | null = null,
  ): void {
    const outcomes = this.#shadows.get(keyOf(nameOf(plan)))?.tally.outcomes;
    if (outcomes !== undefined) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    plan.target.recorders.for(request.endpoint).series.countShadow(outcome, shadow);
  }

  #shadowOf(plan: ShadowPlan): Shadow {
    const name = nameOf(plan);
    const key = keyOf(name);
    const known = this.#shadows.get(key);
    if (known !== undefined) return known;
    const shadow = { tally: emptyTally(name), rate: new CallsPerMinute(plan.config.perMinute) };
    this.#shadows.set(key, shadow);
    return shadow;
  }
}

function heldBytesOf({ config }: ShadowPlan): number {
  return 3 * config.maxBytes;
}
