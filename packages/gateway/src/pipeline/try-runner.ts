import type { Priority } from "@headrace/core/config/types-traffic";
import type { Endpoint, RelayedEndpoint } from "@headrace/core/endpoints";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { Destination } from "../snapshot/snapshot.ts";
import type { Deadlined, Deadlines } from "../time/deadlines.ts";
import type { AimOptions, CallTally, TalliedPlan } from "./call-tally.ts";
import { Leg, type LegOwner, type RunningTry } from "./leg.ts";
import { noTargetAvailable } from "./no-target.ts";
import { type QueueOwner, TargetQueue } from "./target-queue.ts";
import type { Tries, Try, TryFailure } from "./tries.ts";
import type { TryOwner, WholeAnswer } from "./try-owner.ts";
import { endOfFailure } from "./try-record.ts";

const NOT_SENT = { retryAfterMs: null, refusal: null, otherKey: false };

/** Whose tries they are. What it hears is, in the same order, what becomes of the call. */
export interface RunnerOwner<T extends Destination, H> extends Omit<TryOwner<H>, "onHead" | "onComplete"> {
  /** @param failedInBand - the provider reported an error inside the stream, which the client has */
  onComplete(failedInBand: boolean): void;
  /**
   * Writes the request for the leg's target, at once or with a promise, and gives it to {@link Leg.run}.
   *
   * @throws GatewayError for a request that this target cannot get; or such a rejection
   */
  send(leg: Leg<T, H>): void | Promise<void>;
  /**
   * The answer has broken off in the middle.
   *
   * @param brokenOff - the try that wrote last; null when another was to go on and has written nothing
   * @returns which targets can go on with it; null when nobody can
   */
  goOn?(brokenOff: RunningTry | null): ((target: T) => boolean) | null;
}

export interface RunnerOptions<T extends Destination, P extends TalliedPlan> {
  readonly endpoint: Endpoint | RelayedEndpoint;
  readonly tries: Tries<T>;
  readonly tally: CallTally<P>;
  readonly deadlines: Deadlines;
  /** In the queues of targets. */
  readonly priority: Priority;
  /** After this long without a beginning another target is asked besides; null, or absent, for never. */
  readonly hedgeAfterMs?: (target: T) => number | null;
  /** False when the request can be sent no more; absent where it always can. */
  readonly mayTryAgain?: () => boolean;
}

const NEVER = Number.POSITIVE_INFINITY;

/** How it counts when a target does not go on with an answer: another may. */
const NOT_GONE_ON = { code: "endpoint_not_served", refusal: null } as const;

function isRefusal({ status, code }: TryFailure): boolean {
  return (code === null || code === "upstream_error") && status >= 400 && status < 500 && status !== 429;
}

/**
 * Leads a call from target to target until one has answered: repeats what may be repeated, waits before it does, and
 * asks a second target when the first is unusually slow. The first leg that begins to answer is the call's.
 */
export class TryRunner<T extends Destination, H, P extends TalliedPlan>
  implements LegOwner<T, H>, QueueOwner<T>, Deadlined
{
  deadlineAtMs: number = NEVER;
  deadlineSlot = -1;
  readonly #owner: RunnerOwner<T, H>;
  readonly #options: RunnerOptions<T, P>;
  /** The legs that may still answer; more than one only while they race. */
  readonly #legs: Leg<T, H>[] = [];
  /** The try that waits for its back-off to pass. */
  #waiting: Try<T> | null = null;
  /** Made when the call first has to wait for a target's slot. */
  #queue: TargetQueue<T> | null = null;
  #begun = false;
  /** Why the answer is not whole, while another target is to go on with it. */
  #brokenBy: GatewayError | null = null;
  #over = false;

  constructor(owner: RunnerOwner<T, H>, options: RunnerOptions<T, P>) {
    this.#owner = owner;
    this.#options = options;
    options.tries.waitsForSlots = true;
  }

  /** @throws GatewayError `no_target_available` */
  start(): void {
    const target = this.#options.tries.first();
    if (target === null) throw noTargetAvailable(this.#options.tries.targets, performance.now());
    this.#ask(target);
  }

  /** Ends all of it without a word; for a client that has left, or a process that must. */
  stop(): void {
    this.#over = true;
    this.#disarm();
    this.#queue?.leave();
    for (const leg of this.#legs) leg.drop();
  }

  pause(): void {
    for (const { running } of this.#legs) running?.pause();
  }

  resume(): void {
    for (const { running } of this.#legs) running?.resume();
  }

  onDeadline(): void {
    const waiting = this.#waiting;
    this.#disarm();
    if (waiting === null) this.#hedge();
    else if (hasRoom(waiting.target)) this.#begin(waiting.target);
    else this.#askAgain();
  }

  onSent(leg: Leg<T, H>, running: RunningTry): void {
    this.#options.tally.beginTry(running);
    const afterMs = this.#legs.length === 1 ? this.#options.hedgeAfterMs?.(leg.target) : null;
    if (typeof afterMs === "number") this.#arm(performance.now() + afterMs);
  }

  onLegWhole(leg: Leg<T, H>, answer: WholeAnswer): void {
    if (this.#begun) {
      this.onLegFailure(leg, new GatewayError("upstream_invalid_response")); // the client wants the rest of a stream
      return;
    }
    const { status, retryAfterMs } = answer;
    const { refusal, otherKey } = leg.running ?? NOT_SENT;
    const failure = { status, code: null, retryAfterMs, refusal, otherKey };
    if (status >= 400) {
      if (this.#overcome(leg, failure)) return;
    } else {
      leg.record.begin();
      this.#choose(leg);
      this.#end(leg, failure);
    }
    this.#owner.onWhole(answer);
  }

  onLegBegin(leg: Leg<T, H>, head: H): void {
    leg.record.begin();
    this.#choose(leg);
    this.#brokenBy = null;
    if (this.#begun) return;
    this.#begun = true;
    this.#owner.onBegin(head);
  }

  onLegBytes(bytes: Buffer): void {
    this.#owner.onBytes(bytes);
  }

  onLegComplete(leg: Leg<T, H>): void {
    const failed = leg.running?.failedInBand === true;
    this.#end(leg, {
      status: failed ? 502 : 200,
      code: failed ? "upstream_error" : null,
      retryAfterMs: null,
      refusal: null,
    });
    this.#owner.onComplete(failed);
  }

  onLegFailure(leg: Leg<T, H>, error: GatewayError): void {
    if (leg.dropped) return;
    const { status, code } = error;
    const { retryAfterMs, refusal, otherKey } = leg.running ?? NOT_SENT;
    const failure = { status, code, retryAfterMs, refusal, otherKey };
    if (this.#begun ? this.#goOn(leg, error, failure) : this.#overcome(leg, failure)) return;
    this.#end(leg, failure);
    this.#owner.onFailure(this.#brokenBy ?? error);
  }

  /** True when another target is asked for the rest of the answer. */
  #goOn(leg: Leg<T, H>, error: GatewayError, failure: TryFailure): boolean {
    const wroteNothing = this.#brokenBy !== null;
    const takes = this.#owner.goOn?.(wroteNothing ? null : leg.running) ?? null;
    if (takes === null) return false;
    this.#brokenBy ??= error;
    this.#options.tries.askOnly(takes);
    // What the client has asked for was good: a refusal is about the answer's beginning that came with it.
    return this.#overcome(
      leg,
      failure,
      wroteNothing && isRefusal(failure) ? { ...failure, ...NOT_GONE_ON } : failure,
    );
  }

  onTarget(target: T, hasSlot: boolean): void {
    if (hasSlot) this.#begin(target, { hasSlot });
    else this.#ask(target);
  }

  onNoTarget(error: GatewayError): void {
    this.#owner.onFailure(this.#brokenBy ?? error);
  }

  #ask(target: T): void {
    if (hasRoom(target)) {
      this.#begin(target);
      return;
    }
    const { tries, tally: clock, priority } = this.#options;
    this.#queue ??= new TargetQueue(this, { tries, clock, priority });
    this.#queue.wait();
  }

  /** The slot that was free when the target was chosen has gone to somebody else. */
  #askAgain(): void {
    const { tries } = this.#options;
    const target = tries.again(null);
    if (target !== null) this.#ask(target);
    else this.onNoTarget(noTargetAvailable(tries.targets, performance.now()));
  }

  #begin(target: T, how: AimOptions = {}): void {
    const { tally, endpoint } = this.#options;
    const options: AimOptions = this.#begun ? { ...how, reason: "continuation" } : how;
    this.#queue?.served();
    const leg = new Leg(this, tally.aim(target, endpoint, options));
    this.#legs.push(leg);
    try {
      const sending = this.#owner.send(leg);
      if (sending !== undefined) sending.catch((error: unknown) => leg.onFailure(asGatewayError(error)));
    } catch (error) {
      leg.onFailure(asGatewayError(error));
    }
  }

  /** True when the call goes on without this leg: another still runs, or will. */
  #overcome(leg: Leg<T, H>, failure: TryFailure, judged: TryFailure = failure): boolean {
    this.#end(leg, failure);
    if (this.#over || this.#legs.length > 0) return true;
    if (this.#options.mayTryAgain?.() === false) return false;
    const next = this.#options.tries.next(judged, leg.target);
    if (next === null) return false;
    const nowMs = performance.now();
    this.#options.tally.endTry(nowMs, next.delayMs);
    this.#disarm();
    if (next.delayMs === 0) {
      this.#ask(next.target);
    } else {
      this.#waiting = next;
      this.#arm(nowMs + next.delayMs);
    }
    return true;
  }

  #hedge(): void {
    if (this.#begun || this.#over || this.#legs.length !== 1) return;
    const target = this.#options.tries.beside();
    if (target !== null) this.#begin(target, { reason: "hedge" });
  }

  /** This leg's answer is the call's; the others are let go. */
  #choose(leg: Leg<T, H>): void {
    this.#disarm();
    this.#options.tally.countAs(leg.record);
    if (this.#legs.length === 1) return;
    for (const other of this.#legs) if (other !== leg) other.drop();
    this.#legs.splice(0, this.#legs.length, leg);
  }

  #end(leg: Leg<T, H>, failure: TryFailure): void {
    leg.record.end(endOfFailure(failure));
    const at = this.#legs.indexOf(leg);
    const last = at === -1 ? undefined : this.#legs.pop();
    if (last !== undefined && last !== leg) this.#legs[at] = last;
  }

  #arm(atMs: number): void {
    this.deadlineAtMs = atMs;
    this.#options.deadlines.add(this);
  }

  #disarm(): void {
    this.#waiting = null;
    this.deadlineAtMs = NEVER;
    this.#options.deadlines.delete(this);
  }
}

function hasRoom({ gate }: Destination): boolean {
  return gate === null || gate.hasRoom;
}

function asGatewayError(error: unknown): GatewayError {
  return GatewayError.from(error, "internal_error");
}
