/**
 * The calls that reach a provider. This is the one place that leads a request from its head to its record; every stage
 * it calls gives a value back and knows nothing of the next one. docs/lifecycle.md has the picture.
 */
import type { Endpoint } from "@headrace/core/endpoints";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ErrorCode } from "@headrace/core/errors/table";
import type { ClientWire } from "@headrace/core/wire/client-wire";
import type { Offload } from "@headrace/workers/offload";
import type { RunOptions } from "@headrace/workers/pool";
import type { CountingEndpoint } from "@headrace/workers/tasks/count-request";
import type { PlannedBody } from "@headrace/workers/tasks/registry";
import type { Exchange, ExchangeOwner, Handler } from "../http/exchange.ts";
import { admitModel, authenticate, refuseEncodedBody } from "../pipeline/admit.ts";
import { Attempt, type AttemptOwner, type WholeAnswer } from "../pipeline/attempt.ts";
import { type CallHead, type ClientFraming, IN_BODY } from "../pipeline/call-head.ts";
import { CallTally } from "../pipeline/call-tally.ts";
import type { BodyOwner } from "../pipeline/encode-for-target.ts";
import { collectForwarded, type ForwardedHeaders, NONE_FORWARDED } from "../pipeline/forward-headers.ts";
import { prepareForTarget, type ReadyRequest } from "../pipeline/prepare-for-target.ts";
import { Tries, type Try } from "../pipeline/tries.ts";
import type { ResponseState } from "../responses/response-state.ts";
import type { KeyIdentity } from "../snapshot/keyring.ts";
import type { Running } from "../snapshot/running.ts";
import type { Model, Snapshot, Target } from "../snapshot/snapshot.ts";
import type { Deadlined, Deadlines } from "../time/deadlines.ts";
import { answerError, errorTypeLine, requestIdLine, retryAfterLines } from "./answer-error.ts";
import { clientWireOf } from "./client-wires.ts";

export interface InferenceDeps {
  /** Read once a request, so that a request keeps the snapshot it began with. */
  readonly currentSnapshot: () => Snapshot;
  readonly offload: Offload;
  readonly deadlines: Deadlines;
  readonly random: () => number;
  /** Told of a bug; the client has been answered when it is called. */
  readonly onBug: (error: unknown, requestId: string) => void;
}

/** A handler for one endpoint whose requests say all in their bodies. */
export function inferenceHandler(endpoint: Endpoint, deps: InferenceDeps): Handler {
  return function handleInference(exchange) {
    beginInference(exchange, { endpoint, path: IN_BODY }, deps);
  };
}

/** The same for requests whose paths tell more; call it while the exchange's handler runs. */
export function beginInference(exchange: Exchange, head: CallHead, deps: InferenceDeps): void {
  new InferenceCall(head, deps, exchange).begin();
}

const NEVER = Number.POSITIVE_INFINITY;
/** Proxies cut streams that are silent for a minute or less, and some tools warn after twenty seconds. */
const KEEP_ALIVE_AFTER_MS = 15_000;
const ESTIMATED_LINE = "\r\nx-headrace-count: estimated";
const STREAM_HEADER_LINES = "\r\ncache-control: no-cache\r\nx-accel-buffering: no";

function isCounting(endpoint: Endpoint): endpoint is CountingEndpoint {
  return endpoint === "messages-count-tokens" || endpoint === "gemini-count-tokens";
}

class InferenceCall implements ExchangeOwner, AttemptOwner, BodyOwner, Deadlined, Running {
  deadlineAtMs = NEVER;
  deadlineSlot = -1;
  runningSlot = -1;
  readonly #head: CallHead;
  readonly #wire: ClientWire;
  readonly #framing: ClientFraming | null;
  readonly #state: ResponseState | null;
  readonly #deps: InferenceDeps;
  readonly #exchange: Exchange;
  readonly #snapshot: Snapshot;
  readonly #tally: CallTally;
  #identity: KeyIdentity | null = null;
  #forwarded: ForwardedHeaders = NONE_FORWARDED;
  /** Ends work on a thread for a client that has left. */
  #offloaded: AbortController | null = null;
  /** Kept while another try may need it. */
  #body: Uint8Array | null = null;
  #model: Model | null = null;
  #tries: Tries | null = null;
  #attempt: Attempt | null = null;
  /** The try that waits for its back-off to pass. */
  #waiting: Try | null = null;

  constructor(head: CallHead, deps: InferenceDeps, exchange: Exchange) {
    this.#head = head;
    this.#wire = clientWireOf(head.endpoint);
    this.#framing = head.openFraming?.() ?? null;
    this.#state = head.openState?.() ?? null;
    this.#deps = deps;
    this.#exchange = exchange;
    this.#snapshot = deps.currentSnapshot();
    this.#tally = new CallTally(exchange, this.#snapshot.unroutedRecorders.for(head.endpoint));
    this.#snapshot.running.add(this);
  }

  runOptions(): RunOptions {
    this.#offloaded ??= new AbortController();
    return { signal: this.#offloaded.signal };
  }

  takeBack(body: Uint8Array): void {
    if (!this.#tally.concluded) this.#body = body;
  }

  begin(): void {
    this.#exchange.attach(this);
    try {
      this.#identity = authenticate(this.#exchange, this.#snapshot);
      this.#tally.keyName = this.#identity.name;
      refuseEncodedBody(this.#exchange);
      this.#forwarded = collectForwarded(this.#exchange, this.#snapshot.forwardHeaders);
      this.#exchange.readBody();
    } catch (error) {
      this.#refuse(error);
    }
  }

  onBody(body: Buffer): void {
    this.#tally.requestBytes = body.length;
    try {
      const opened = this.#state?.open(body, this.#tally.keyName) ?? body;
      const planned = this.#deps.offload.plan({ ...this.#head, body: opened }, this);
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
    if (!this.#tally.concluded) return;
    this.#release();
    this.#tally.sent();
  }

  onClosed(): void {
    this.#release();
    this.#tally.left();
    this.#stop();
  }

  onBroken(): void {
    this.#release(); // before anything else may throw: a snapshot waits for its last call
    this.cut(new GatewayError("internal_error"));
  }

  onDrained(): void {
    this.#attempt?.resume();
  }

  onDeadline(): void {
    const waiting = this.#waiting;
    if (waiting === null) this.#write(this.#wire.keepAlive);
    else this.#ask(waiting.target);
  }

  onWhole(answer: WholeAnswer): void {
    const { status } = answer;
    if (status >= 400 && this.#tryAgain(status, null)) return;
    this.#tally.answerBytes = answer.body.length;
    const lines =
      this.#headerLines(answer.contentType) +
      errorTypeLine(this.#wire, status) +
      retryAfterLines(answer.retryAfterMs);
    this.#conclude(status, status >= 400 ? "upstream_error" : null);
    this.#exchange.respond(status, lines, answer.body);
  }

  onBegin(contentType: string): void {
    this.#body = null; // no other try can follow now
    if (this.#tally.plan?.stream !== true) {
      this.#exchange.begin(200, this.#headerLines(contentType));
      return;
    }
    this.#tally.firstToken();
    const clientType = this.#framing?.contentType ?? contentType;
    this.#exchange.begin(200, this.#headerLines(clientType) + STREAM_HEADER_LINES);
    // Only now, and only here: a comment before the status is out, or inside of JSON, would spoil the answer.
    this.#deps.deadlines.add(this);
  }

  onBytes(bytes: Buffer): void {
    this.#tally.answerBytes += bytes.length;
    this.#write(this.#framing === null ? bytes : this.#framing.push(bytes));
  }

  onComplete(): void {
    if (this.#framing !== null) this.#write(this.#framing.end());
    this.#conclude(200, this.#attempt?.failedInBand === true ? "upstream_error" : null);
    this.#exchange.end();
  }

  onFailure(error: GatewayError): void {
    if (this.#tally.concluded) return;
    if (this.#attempt?.begun !== true && this.#tryAgain(error.status, error.code)) return;
    this.#giveUp(error);
    if (error.code === "internal_error") this.#deps.onBug(error.cause, this.#exchange.requestId);
  }

  cut(error: GatewayError): void {
    this.#stop();
    if (this.#tally.concluded) this.#tally.cutCode = error.code;
    else this.#giveUp(error);
  }

  #stop(): void {
    this.#offloaded?.abort();
    this.#attempt?.abort();
  }

  #giveUp(error: GatewayError): void {
    if (this.#attempt?.begun !== true) {
      this.#refuse(error);
      return;
    }
    if (this.#tally.plan?.stream === true) {
      this.#writeLast(this.#wire.encodeStreamError(error, this.#exchange.requestId));
      this.#conclude(200, error.code);
      this.#exchange.end();
    } else {
      this.#exchange.destroy();
      this.#release();
      this.#tally.destroyed(200, error.code);
    }
  }

  #onPlanned({ plan, body }: PlannedBody): void {
    if (this.#tally.over) return;
    try {
      this.#tally.plan = plan;
      this.#body = body;
      if (this.#identity === null) throw new Error("planned before the key was checked");
      this.#model = admitModel(this.#snapshot, this.#identity, plan.model);
      this.#tries = new Tries(this.#state?.tries(this.#model) ?? this.#model, this.#deps.random);
      const target = this.#tries.first();
      const { endpoint } = this.#head;
      if (isCounting(endpoint) && target.routes[endpoint].passing === null) this.#count(endpoint, target);
      else this.#ask(target);
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** Counts tokens for a provider that cannot be asked to. */
  #count(endpoint: CountingEndpoint, target: Target): void {
    if (this.#body === null) throw new Error("counted before it was planned");
    this.#tally.aim(target, endpoint);
    const input = { endpoint, body: this.#body, path: this.#head.path, model: target.model };
    this.#deps.offload.countRequest(input, this).then(
      ({ body }) => {
        if (this.#tally.concluded) return;
        this.#tally.answerBytes = body.length;
        this.#conclude(200, null);
        this.#exchange.respond(200, `${this.#headerLines("application/json")}${ESTIMATED_LINE}`, body);
      },
      (error: unknown) => this.#refuse(error),
    );
  }

  /** Writes the request for a target, maybe on a thread, and sends it. */
  #ask(target: Target): void {
    const { plan } = this.#tally;
    const body = this.#body;
    if (plan === null || body === null) throw new Error("asked before it was planned");
    this.#waiting = null;
    this.#disarm();
    this.#tally.aim(target, this.#head.endpoint);
    const { requestId } = this.#exchange;
    const request = {
      ...this.#head,
      plan,
      body,
      forwarded: this.#forwarded,
      requestId,
      state: this.#state,
    };
    const deps = { offload: this.#deps.offload, caller: this };
    let ready: ReadyRequest | Promise<ReadyRequest>;
    try {
      ready = prepareForTarget(request, target, deps);
    } catch (error) {
      this.onFailure(GatewayError.from(error, "internal_error"));
      return;
    }
    if (ready instanceof Promise) {
      ready.then(
        (late) => this.#send(target, late),
        (error: unknown) => this.onFailure(GatewayError.from(error, "internal_error")),
      );
    } else this.#send(target, ready);
  }

  #send(target: Target, request: ReadyRequest): void {
    const { plan } = this.#tally;
    if (this.#tally.over || plan === null || this.#model === null) return;
    this.#tally.lost = request.lost;
    const { upstream } = target;
    const { reader, proof } = request;
    const timeouts = plan.stream ? this.#model.timeouts : this.#model.plainTimeouts;
    const { credential } = upstream;
    const { deadlines } = this.#deps;
    this.#attempt = new Attempt(this, {
      reader,
      credential,
      proof,
      timeouts,
      deadlines,
      stream: plan.stream,
    });
    this.#tally.beginTry(this.#attempt);
    this.#attempt.start({ upstream, path: request.path, headers: request.headers, body: request.body });
  }

  /** Begins or schedules another try; false when the failure is final. The code is null for a provider's answer. */
  #tryAgain(status: number, code: ErrorCode | null): boolean {
    const retryAfterMs = this.#attempt?.retryAfterMs ?? null;
    const next = this.#tries?.next({ status, code, retryAfterMs }) ?? null;
    if (next === null) return false;
    const nowMs = performance.now();
    this.#tally.endTry(nowMs, next.delayMs);
    this.#attempt = null;
    if (next.delayMs === 0) {
      this.#ask(next.target);
    } else {
      this.#waiting = next;
      this.deadlineAtMs = nowMs + next.delayMs;
      this.#deps.deadlines.add(this);
    }
    return true;
  }

  #writeLast(event: string): void {
    const framing = this.#framing;
    this.#write(framing === null ? event : framing.push(Buffer.from(event)));
    if (framing !== null) this.#write(framing.end());
  }

  #write(bytes: Uint8Array | string): void {
    this.deadlineAtMs = this.#deps.deadlines.nowMs + KEEP_ALIVE_AFTER_MS;
    if (!this.#exchange.write(bytes)) this.#attempt?.pause();
  }

  #refuse(error: unknown): void {
    if (this.#tally.concluded) return;
    const refusal = GatewayError.from(error, "internal_error");
    this.#conclude(refusal.status, refusal.code);
    answerError(this.#exchange, refusal, { lines: this.#tally.routeLines(), wire: this.#wire });
    if (refusal !== error) this.#deps.onBug(error, this.#exchange.requestId);
  }

  #headerLines(contentType: string): string {
    const idLine = requestIdLine(this.#wire, this.#exchange.requestId);
    return `\r\ncontent-type: ${contentType}${idLine}${this.#tally.routeLines()}`;
  }

  #conclude(status: number, errorCode: ErrorCode | null): void {
    this.#disarm();
    this.#body = null;
    this.#tally.conclude(status, errorCode);
  }

  /** The snapshot's connections are no longer needed for this call, nor anything of it on time. */
  #release(): void {
    this.#disarm();
    this.#snapshot.running.delete(this);
  }

  #disarm(): void {
    this.deadlineAtMs = NEVER;
    this.#deps.deadlines.delete(this);
  }
}
