import { usdText } from "@headrace/core/canonical/cost";
import type { Endpoint, RelayedEndpoint } from "@headrace/core/endpoints";
import { ERROR_TABLE, type ErrorCode } from "@headrace/core/errors/table";
import type { Plan } from "@headrace/workers/tasks/plan";
import type { QueueClock } from "../admission/admission.ts";
import { FAULT_HEADER } from "../faults/fault-header.ts";
import type { Exchange } from "../http/exchange.ts";
import type { Destination } from "../snapshot/snapshot.ts";
import { microsecondsText } from "../time/microseconds.ts";
import { leftName, madeFaults } from "./left-target.ts";
import { type Recorder, record } from "./record.ts";
import { type Spending, sumSpending, type Toll } from "./spending.ts";
import {
  outcomeOf,
  type TalliedTry,
  type TryEnd,
  type TryOptions,
  type TryReason,
  TryRecord,
} from "./try-record.ts";

/** What has to be known of a request. */
export interface TalliedPlan {
  readonly stream: boolean;
  readonly estimatedInputTokens: number;
}

/** How a call ends, but for what its client makes of it. */
interface Ending {
  readonly status: number;
  readonly errorCode: ErrorCode | null;
  /** Until the answer was given: from then on it is the client who takes the time. */
  readonly overheadMs: number;
}

export type AimOptions = Partial<Pick<TryOptions, "reason" | "hasSlot">>;

const NONE: readonly string[] = [];
/** For what still ran when the call was over. */
const ABANDONED: TryEnd = { outcome: "abandoned", status: 0, code: null, retryAfterMs: null };

/** What is to be told of a call to a provider, kept while it lasts, and told once when it is over. */
export class CallTally<P extends TalliedPlan = Plan> implements QueueClock {
  keyName = "";
  requestBytes = 0;
  answerBytes = 0;
  plan: P | null = null;
  /** Why the gateway itself may be about to end what still leaves. */
  cutCode: ErrorCode | null = null;
  readonly #exchange: Exchange;
  #recorder: Recorder;
  readonly #tries: TryRecord[] = [];
  /** The try that the call counts as. */
  #current: TryRecord | null = null;
  /** Time spent waiting for providers, and between tries, before the present one. */
  #waitedMs = 0;
  /** Time spent in queues before the present one, and when that began; 0 outside of one. */
  #queuedMs = 0;
  #queueingSinceMs = 0;
  #firstTokenMs: number | null = null;
  /** Set when the whole answer has been given, while it leaves. */
  #ending: Ending | null = null;
  #over = false;

  /** @param recorder - for a call that never reaches a target */
  constructor(exchange: Exchange, recorder: Recorder) {
    this.#exchange = exchange;
    this.#recorder = recorder;
  }

  /** True from the moment in which the last word is given. */
  get concluded(): boolean {
    return this.#ending !== null || this.#over;
  }

  /** True when the call is on record. */
  get over(): boolean {
    return this.#over;
  }

  get tries(): readonly TryRecord[] {
    return this.#tries;
  }

  /** Another try, at this target: the call counts as its, whatever becomes of it. */
  aim<T extends Destination>(
    target: T,
    endpoint: Endpoint | RelayedEndpoint,
    { reason = this.#reasonFor(target), hasSlot = false }: AimOptions = {},
  ): TryRecord<T> {
    const begun = new TryRecord(target, { reason, endpoint, hasSlot });
    this.#tries.push(begun);
    this.countAs(begun);
    return begun;
  }

  /** This is the try whose answer the client gets. */
  countAs(chosen: TryRecord): void {
    if (this.#current === chosen) return;
    this.#current = chosen;
    this.#recorder = chosen.recorder;
  }

  #reasonFor(target: Destination): TryReason {
    if (this.#tries.length === 0) return "first";
    return this.#tries.some((begun) => begun.target === target) ? "retry" : "fallback";
  }

  beginTry(request: TalliedTry): void {
    this.#current?.send(request, this.plan?.estimatedInputTokens ?? 0);
  }

  /** It waits for its turn. */
  beginQueueing(): void {
    this.#queueingSinceMs = performance.now();
  }

  endQueueing(): void {
    if (this.#queueingSinceMs === 0) return;
    this.#queuedMs += performance.now() - this.#queueingSinceMs;
    this.#queueingSinceMs = 0;
  }

  #queuedUntil(nowMs: number): number {
    return this.#queuedMs + (this.#queueingSinceMs === 0 ? 0 : nowMs - this.#queueingSinceMs);
  }

  /** The client has taken this long to send what the gateway needed first. */
  awaitedClient(tookMs: number): void {
    this.#waitedMs += tookMs;
  }

  /** The present try has failed and another one follows, `delayMs` later. */
  endTry(nowMs: number, delayMs: number): void {
    this.#waitedMs += (this.#current?.sent?.waitedMs(nowMs) ?? 0) + delayMs;
    this.#current = null;
  }

  /** The first event of a stream is here. */
  firstToken(): void {
    this.#firstTokenMs = performance.now() - this.#exchange.startedAtMs;
  }

  /** What an answer tells of its way here, as header lines. */
  routeLines(): string {
    const overheadMs = microsecondsText(this.overheadMs(performance.now()));
    const lines = `\r\nx-headrace-attempts: ${this.#tries.length}\r\nx-headrace-overhead-ms: ${overheadMs}`;
    const last = this.#current ?? this.#tries.at(-1);
    if (last === undefined) return lines;
    const priced = this.plan?.stream !== true && last.target.price !== null;
    const cost = priced ? costLine(sumSpending(this.#tries)) : "";
    return (
      last.target.headerLines +
      lines +
      cost +
      droppedLine(last.lost) +
      leftLine(this.#tries, last) +
      faultLine(this.#tries)
    );
  }

  /** What the call has taken so far, and in all once its tries have ended. */
  toll(): Toll {
    return { ...sumSpending(this.#tries), attempts: this.#tries.length };
  }

  /** What the gateway itself has taken of the call's time. */
  overheadMs(nowMs: number): number {
    const waitedMs = this.#waitedMs + (this.#current?.sent?.waitedMs(nowMs) ?? 0);
    return Math.max(0, nowMs - this.#exchange.startedAtMs - waitedMs - this.#queuedUntil(nowMs));
  }

  /** The last word is about to be given. It is over when the client has it, or has left. */
  conclude(status: number, errorCode: ErrorCode | null): void {
    this.#ending = this.#endingAs(status, errorCode);
  }

  /** The client has the whole answer. */
  sent(): void {
    if (this.#ending !== null) this.#finish(this.#ending);
  }

  /** The client has left before. */
  left(): void {
    const { status } = ERROR_TABLE.client_closed;
    const ending = this.#ending ?? this.#endingAs(status, "client_closed");
    // What had gone wrong before says more than that the client left, and it may be the gateway that made it leave.
    if (ending.errorCode !== null) this.#finish(ending);
    else if (this.cutCode !== null) this.#finish({ ...ending, errorCode: this.cutCode });
    else this.#finish({ ...ending, status, errorCode: "client_closed" });
  }

  /** The connection was cut under the client. */
  destroyed(status: number, errorCode: ErrorCode): void {
    this.#finish(this.#endingAs(status, errorCode));
  }

  #endingAs(status: number, errorCode: ErrorCode | null): Ending {
    return { status, errorCode, overheadMs: this.overheadMs(performance.now()) };
  }

  #finish({ status, errorCode, overheadMs }: Ending): void {
    if (this.#over) return;
    this.#over = true;
    const last = this.#current ?? this.#tries.at(-1);
    for (const begun of this.#tries) {
      begun.end(begun === last ? endOf(status, errorCode) : ABANDONED);
      begun.recorder.series.countTry(begun.outcome);
    }
    const { requestId, startedAtMs } = this.#exchange;
    record(this.#recorder, {
      requestId,
      keyName: this.keyName,
      status,
      errorCode,
      stream: this.plan?.stream ?? false,
      tries: this.#tries,
      last,
      startedAtMs,
      requestBytes: this.requestBytes,
      answerBytes: this.answerBytes,
      events: last?.sent?.events ?? 0,
      ...sumSpending(this.#tries),
      durationMs: performance.now() - startedAtMs,
      firstTokenMs: this.#firstTokenMs,
      overheadMs,
      queuedMs: this.#queuedUntil(performance.now()),
      droppedParams: last?.target.unsupportedParams === "warn" ? last.lost : NONE,
    });
  }
}

/** What the end of a call says of the try that still ran. */
function endOf(status: number, errorCode: ErrorCode | null): TryEnd {
  if (errorCode === "client_closed") return ABANDONED;
  if (errorCode === null) return { outcome: "served", status, code: null, retryAfterMs: null };
  // An error inside of an answer that had begun well.
  const told = status < 400 ? ERROR_TABLE[errorCode].status : status;
  return { outcome: outcomeOf(told, errorCode), status: told, code: errorCode, retryAfterMs: null };
}

/** What the whole answer has cost. Of a stream nobody knows it yet when its head goes out. */
function costLine({ costUsd }: Spending): string {
  return costUsd === null ? "" : `\r\nx-headrace-cost-usd: ${usdText(costUsd)}`;
}

/** Names the targets that were tried in vain and why each was left: `openai/gpt-4o;left=503`, in their order. */
function leftLine(tries: readonly TryRecord[], last: TryRecord): string {
  if (tries.length < 2) return "";
  const left = tries.filter((begun) => begun !== last).map(leftName);
  return `\r\nx-headrace-tried: ${left.join(", ")}`;
}

/** Owns up to failures that were made on purpose, in the order of the tries. */
function faultLine(tries: readonly TryRecord[]): string {
  const faults = madeFaults(tries);
  return faults === null ? "" : `\r\n${FAULT_HEADER}: ${faults.join(", ")}`;
}

const MAX_DROPPED_LINE_CHARS = 1_000;

/** Names the fields that did not reach the provider. They are the client's words, so they are written as in a URL. */
function droppedLine(lost: readonly string[]): string {
  if (lost.length === 0) return "";
  const names = lost.map((name) => encodeURIComponent(name).replaceAll("%5B", "[").replaceAll("%5D", "]"));
  return `\r\nx-headrace-dropped-params: ${names.join(", ").slice(0, MAX_DROPPED_LINE_CHARS)}`;
}
