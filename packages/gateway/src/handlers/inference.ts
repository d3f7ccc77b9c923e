/**
 * The calls that reach a provider. This is the one place that leads a request from its head to its record; every stage
 * it calls gives a value back and knows nothing of the next one. docs/lifecycle.md has the picture.
 */
import type { Endpoint } from "@headrace/core/adapter";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { encodeOpenAiStreamError } from "@headrace/core/errors/openai-shape";
import { ERROR_TABLE, type ErrorCode } from "@headrace/core/errors/table";
import type { Planner } from "@headrace/workers/offload";
import { encodeUpstreamBody, type Plan } from "@headrace/workers/tasks/plan";
import type { PlannedBody } from "@headrace/workers/tasks/registry";
import type { Exchange, ExchangeOwner, Handler } from "../http/exchange.ts";
import { admitModel, authenticate, refuseEncodedBody } from "../pipeline/admit.ts";
import { Attempt, type AttemptOwner, type WholeAnswer } from "../pipeline/attempt.ts";
import {
  collectForwarded,
  type ForwardedHeaders,
  NONE_FORWARDED,
  withForwarded,
} from "../pipeline/forward-headers.ts";
import { type Recorder, record, toMicroseconds } from "../pipeline/record.ts";
import { Tries, type Try } from "../pipeline/tries.ts";
import type { KeyIdentity } from "../snapshot/keyring.ts";
import type { Running } from "../snapshot/running.ts";
import type { Model, Snapshot, Target } from "../snapshot/snapshot.ts";
import type { Deadlined, Deadlines } from "../time/deadlines.ts";
import { answerError, retryAfterLines } from "./answer-error.ts";

export interface InferenceDeps {
  /** Read once a request, so that a request keeps the snapshot it began with. */
  readonly currentSnapshot: () => Snapshot;
  readonly planner: Planner;
  readonly deadlines: Deadlines;
  readonly random: () => number;
  /** Told of a bug; the client has been answered when it is called. */
  readonly onBug: (error: unknown, requestId: string) => void;
}

/** A handler for one endpoint. */
export function inferenceHandler(endpoint: Endpoint, deps: InferenceDeps): Handler {
  return function handleInference(exchange) {
    new InferenceCall(endpoint, deps, exchange).begin();
  };
}

const NEVER = Number.POSITIVE_INFINITY;
/** Proxies cut streams that are silent for a minute or less, and some tools warn after twenty seconds. */
const KEEP_ALIVE_AFTER_MS = 15_000;
const KEEP_ALIVE = ": keep-alive\n\n";
const STREAM_HEADER_LINES = "\r\ncache-control: no-cache\r\nx-accel-buffering: no";

/** How a request ends, but for what its client makes of it. */
interface Ending {
  readonly status: number;
  readonly errorCode: ErrorCode | null;
  /** Until the answer was given: from then on it is the client who takes the time. */
  readonly overheadMs: number;
}

class InferenceCall implements ExchangeOwner, AttemptOwner, Deadlined, Running {
  deadlineAtMs = NEVER;
  deadlineSlot = -1;
  runningSlot = -1;
  readonly #endpoint: Endpoint;
  readonly #deps: InferenceDeps;
  readonly #exchange: Exchange;
  readonly #snapshot: Snapshot;
  #identity: KeyIdentity | null = null;
  #forwarded: ForwardedHeaders = NONE_FORWARDED;
  #requestBytes = 0;
  /** Ends planning on a worker for a client that has left. */
  #planning: AbortController | null = null;
  #plan: Plan | null = null;
  /** Kept while another try may need it. */
  #body: Uint8Array | null = null;
  #model: Model | null = null;
  #tries: Tries | null = null;
  #target: Target | null = null;
  #attempt: Attempt | null = null;
  /** The try that waits for its back-off to pass. */
  #waiting: Try | null = null;
  /** Time spent waiting for providers in tries that are over. */
  #waitedMs = 0;
  #answerBytes = 0;
  #firstTokenMs: number | null = null;
  /** Set when the whole answer has been given, while it leaves. */
  #ending: Ending | null = null;
  /** Why the gateway itself may be about to end what still leaves. */
  #cutCode: ErrorCode | null = null;
  #over = false;

  constructor(endpoint: Endpoint, deps: InferenceDeps, exchange: Exchange) {
    this.#endpoint = endpoint;
    this.#deps = deps;
    this.#exchange = exchange;
    this.#snapshot = deps.currentSnapshot();
    this.#snapshot.running.add(this);
  }

  begin(): void {
    this.#exchange.attach(this);
    try {
      this.#identity = authenticate(this.#exchange, this.#snapshot);
      refuseEncodedBody(this.#exchange);
      this.#forwarded = collectForwarded(this.#exchange, this.#snapshot.forwardHeaders);
      this.#exchange.readBody();
    } catch (error) {
      this.#refuse(error);
    }
  }

  onBody(body: Buffer): void {
    this.#requestBytes = body.length;
    try {
      const planned = this.#deps.planner.plan(this.#endpoint, body, () => {
        this.#planning = new AbortController();
        return { signal: this.#planning.signal };
      });
      if (planned instanceof Promise) {
        planned.then(
          (late) => this.#onPlanned(late),
          (error: unknown) => this.#refuse(error),
        );
      } else this.#onPlanned(planned);
    } catch (error) {
      this.#refuse(error);
    }
  }

  onBodyRefused(error: GatewayError): void {
    this.#refuse(error);
  }

  onSent(): void {
    if (this.#ending !== null) this.#finish(this.#ending);
  }

  onClosed(): void {
    this.#stop();
    const { status } = ERROR_TABLE.client_closed;
    const ending = this.#ending ?? this.#endingAs(status, "client_closed");
    // What had gone wrong before says more than that the client left, and it may be the gateway that made it leave.
    if (ending.errorCode !== null) this.#finish(ending);
    else if (this.#cutCode !== null) this.#finish({ ...ending, errorCode: this.#cutCode });
    else this.#finish({ ...ending, status, errorCode: "client_closed" });
  }

  onDrained(): void {
    this.#attempt?.resume();
  }

  onDeadline(): void {
    const waiting = this.#waiting;
    if (waiting === null) this.#write(KEEP_ALIVE);
    else this.#ask(waiting.target);
  }

  onWhole(answer: WholeAnswer): void {
    const { status } = answer;
    if (status >= 400 && this.#tryAgain(status, null)) return;
    this.#answerBytes = answer.body.length;
    const lines = this.#headerLines(answer.contentType) + retryAfterLines(answer.retryAfterMs);
    this.#conclude(status, status >= 400 ? "upstream_error" : null);
    this.#exchange.respond(status, lines, answer.body);
  }

  onBegin(contentType: string): void {
    this.#body = null; // no other try can follow now
    if (this.#plan?.stream !== true) {
      this.#exchange.begin(200, this.#headerLines(contentType));
      return;
    }
    this.#firstTokenMs = performance.now() - this.#exchange.startedAtMs;
    this.#exchange.begin(200, this.#headerLines(contentType) + STREAM_HEADER_LINES);
    // Only now, and only here: a comment before the status is out, or inside of JSON, would spoil the answer.
    this.#deps.deadlines.add(this);
  }

  onBytes(bytes: Buffer): void {
    this.#answerBytes += bytes.length;
    this.#write(bytes);
  }

  onComplete(): void {
    this.#conclude(200, this.#attempt?.failedInBand === true ? "upstream_error" : null);
    this.#exchange.end();
  }

  onFailure(error: GatewayError): void {
    if (this.#attempt?.begun !== true && this.#tryAgain(error.status, error.code)) return;
    this.#giveUp(error);
    if (error.code === "internal_error") this.#deps.onBug(error.cause, this.#exchange.requestId);
  }

  cut(error: GatewayError): void {
    this.#stop();
    if (this.#ending === null) this.#giveUp(error);
    else this.#cutCode = error.code;
  }

  #stop(): void {
    this.#planning?.abort();
    this.#attempt?.abort();
  }

  #giveUp(error: GatewayError): void {
    if (this.#attempt?.begun !== true) {
      this.#refuse(error);
      return;
    }
    if (this.#plan?.stream === true) {
      this.#write(encodeOpenAiStreamError(error, this.#exchange.requestId));
      this.#conclude(200, error.code);
      this.#exchange.end();
    } else {
      this.#exchange.destroy();
      this.#finish(this.#endingAs(200, error.code));
    }
  }

  #onPlanned({ plan, body }: PlannedBody): void {
    if (this.#over) return;
    try {
      this.#plan = plan;
      this.#body = body;
      if (this.#identity === null) throw new Error("planned before the key was checked");
      this.#model = admitModel(this.#snapshot, this.#identity, plan.model);
      this.#tries = new Tries(this.#model, this.#deps.random);
      this.#ask(this.#tries.first());
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** Sends the request to a target. */
  #ask(target: Target): void {
    const plan = this.#plan;
    const model = this.#model;
    if (plan === null || this.#body === null || model === null)
      throw new Error("asked before it was planned");
    this.#waiting = null;
    this.#disarm();
    this.#target = target;
    const path = target.paths[this.#endpoint];
    if (path === null) {
      const message = `The provider ${target.provider} does not serve this endpoint.`;
      this.onFailure(new GatewayError("upstream_unreachable", { message }));
      return;
    }
    const body = encodeUpstreamBody(this.#body, plan, { model: target.model, includeUsage: true });
    const timeouts = plan.stream ? model.timeouts : model.plainTimeouts;
    const { deadlines } = this.#deps;
    const dropUsageEvent = !plan.includeUsage;
    this.#attempt = new Attempt(this, { target, timeouts, deadlines, stream: plan.stream, dropUsageEvent });
    const { upstream } = target;
    const headers = withForwarded(upstream, this.#forwarded);
    this.#attempt.start({ upstream, path, headers, body });
  }

  /** Begins or schedules another try; false when the failure is final. The code is null for a provider's answer. */
  #tryAgain(status: number, code: ErrorCode | null): boolean {
    const retryAfterMs = this.#attempt?.retryAfterMs ?? null;
    const next = this.#tries?.next({ status, code, retryAfterMs }) ?? null;
    if (next === null) return false;
    const nowMs = performance.now();
    this.#waitedMs += this.#attempt?.waitedMs(nowMs) ?? 0;
    this.#attempt = null;
    this.#waitedMs += next.delayMs;
    if (next.delayMs === 0) {
      this.#ask(next.target);
    } else {
      this.#waiting = next;
      this.deadlineAtMs = nowMs + next.delayMs;
      this.#deps.deadlines.add(this);
    }
    return true;
  }

  #write(bytes: Buffer | string): void {
    this.deadlineAtMs = this.#deps.deadlines.nowMs + KEEP_ALIVE_AFTER_MS;
    if (!this.#exchange.write(bytes)) this.#attempt?.pause();
  }

  #refuse(error: unknown): void {
    if (this.#over || this.#ending !== null) return;
    const refusal = GatewayError.from(error, "internal_error");
    const lines = this.#routeLines();
    this.#conclude(refusal.status, refusal.code);
    answerError(this.#exchange, refusal, lines);
    if (refusal !== error) this.#deps.onBug(error, this.#exchange.requestId);
  }

  #headerLines(contentType: string): string {
    return `\r\ncontent-type: ${contentType}${this.#routeLines()}`;
  }

  /** What the answer tells of its way here. */
  #routeLines(): string {
    const lines = `\r\nx-headrace-attempts: ${this.#tries?.count ?? 0}\r\nx-headrace-overhead-ms: ${toMicroseconds(this.#overheadMs(performance.now()))}`;
    return this.#target === null ? lines : this.#target.headerLines + lines;
  }

  #overheadMs(nowMs: number): number {
    const waitedMs = this.#waitedMs + (this.#attempt?.waitedMs(nowMs) ?? 0);
    return Math.max(0, nowMs - this.#exchange.startedAtMs - waitedMs);
  }

  #endingAs(status: number, errorCode: ErrorCode | null): Ending {
    return { status, errorCode, overheadMs: this.#overheadMs(performance.now()) };
  }

  /** The last word is about to be given. It is over when the client has it, or has left. */
  #conclude(status: number, errorCode: ErrorCode | null): void {
    this.#disarm();
    this.#body = null;
    this.#ending = this.#endingAs(status, errorCode);
  }

  #finish({ status, errorCode, overheadMs }: Ending): void {
    if (this.#over) return;
    this.#over = true;
    this.#disarm();
    this.#snapshot.running.delete(this);
    record(this.#recorder(), {
      requestId: this.#exchange.requestId,
      keyName: this.#identity?.name ?? "",
      status,
      errorCode,
      stream: this.#plan?.stream ?? false,
      attempts: this.#tries?.count ?? 0,
      requestBytes: this.#requestBytes,
      answerBytes: this.#answerBytes,
      events: this.#attempt?.events ?? 0,
      usage: this.#attempt?.usage ?? null,
      durationMs: performance.now() - this.#exchange.startedAtMs,
      firstTokenMs: this.#firstTokenMs,
      overheadMs,
    });
  }

  #recorder(): Recorder {
    return (this.#target?.recorders ?? this.#snapshot.unroutedRecorders)[this.#endpoint];
  }

  #disarm(): void {
    this.deadlineAtMs = NEVER;
    this.#deps.deadlines.delete(this);
  }
}
