/**
 * The calls whose bodies are not one JSON document that names a model: forms with files, and what is asked of what a
 * provider keeps. As handlers/inference.ts does for the others, this leads a request from its head to its record.
 */
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { openAiClientWire } from "@headrace/core/errors/openai-shape";
import type { ErrorCode } from "@headrace/core/errors/table";
import type { Offload } from "@headrace/workers/offload";
import type { BodyStreamLimit, Exchange, ExchangeOwner, Handler } from "../http/exchange.ts";
import { authenticate, refuseEncodedBody } from "../pipeline/admit.ts";
import { CallTally, type TalliedPlan } from "../pipeline/call-tally.ts";
import { collectForwarded } from "../pipeline/forward-headers.ts";
import { noTargetAvailable } from "../pipeline/no-target.ts";
import {
  forwardedQuery,
  prepareRelayed,
  type RelayedRequest,
  type RelayedService,
  relayedService,
  type SendableRequest,
} from "../pipeline/relayed-request.ts";
import { type RelayedHead, RelayedTry, type RelayedTryOwner } from "../pipeline/relayed-try.ts";
import { NO_FACTS, Tries, type TriesDeps, type Try } from "../pipeline/tries.ts";
import type { WholeAnswer } from "../pipeline/try-owner.ts";
import type { KeyIdentity } from "../snapshot/keyring.ts";
import type { Running } from "../snapshot/running.ts";
import type { Destination, Snapshot } from "../snapshot/snapshot.ts";
import type { Deadlined, Deadlines } from "../time/deadlines.ts";
import type { SpoolBudget } from "../uploads/spool.ts";
import { UploadBody, type UploadOwner } from "../uploads/upload-body.ts";
import { answerError, retryAfterLines } from "./answer-error.ts";
import type { HeadReading, RelayedCallHead, Route } from "./relayed-routes.ts";

export interface RelayDeps extends TriesDeps {
  readonly currentSnapshot: () => Snapshot;
  readonly offload: Offload;
  readonly deadlines: Deadlines;
  readonly spoolBudget: SpoolBudget;
  readonly uploadLimit: BodyStreamLimit;
  /** Told of a bug; the client has been answered when it is called. */
  readonly onBug: (error: unknown, requestId: string) => void;
}

/** A handler for one call that is only passed on. */
export function relayedHandler(head: RelayedCallHead, deps: RelayDeps): Handler {
  return function handleRelayed(exchange) {
    new RelayedCall(head, deps, exchange).begin();
  };
}

const NEVER = Number.POSITIVE_INFINITY;
const STREAM_HEADER_LINES = "\r\ncache-control: no-cache\r\nx-accel-buffering: no";

interface Sending extends RelayedService {
  readonly hasBody: boolean;
}

class RelayedCall implements ExchangeOwner, UploadOwner, RelayedTryOwner, Deadlined, Running {
  deadlineAtMs = NEVER;
  deadlineSlot = -1;
  runningSlot = -1;
  readonly #head: RelayedCallHead;
  readonly #deps: RelayDeps;
  readonly #exchange: Exchange;
  readonly #snapshot: Snapshot;
  readonly #tally: CallTally<TalliedPlan>;
  #identity: KeyIdentity | null = null;
  #request: RelayedRequest | null = null;
  #upload: UploadBody | null = null;
  #route: Route | null = null;
  #reading: Pick<HeadReading, "boundary" | "rewrite"> = { boundary: null };
  #tries: Tries<Destination> | null = null;
  #try: RelayedTry | null = null;
  /** The try that waits for its back-off to pass. */
  #waiting: Try<Destination> | null = null;

  constructor(head: RelayedCallHead, deps: RelayDeps, exchange: Exchange) {
    this.#head = head;
    this.#deps = deps;
    this.#exchange = exchange;
    this.#snapshot = deps.currentSnapshot();
    this.#tally = new CallTally(exchange, this.#snapshot.unroutedRecorders.for(head.endpoint));
    this.#snapshot.running.add(this);
  }

  begin(): void {
    this.#exchange.attach(this);
    try {
      this.#identity = authenticate(this.#exchange, this.#snapshot);
      this.#tally.keyName = this.#identity.name;
      refuseEncodedBody(this.#exchange);
      this.#readHead(this.#identity);
    } catch (error) {
      this.#refuse(error);
    }
  }

  onUploadReady(): void {
    try {
      if (this.#route === null && this.#identity !== null)
        this.#route = this.#head.routeOf(this.#upload?.model ?? null, this.#snapshot, this.#identity);
      this.#tally.awaitedClient(performance.now() - this.#exchange.startedAtMs);
      this.#askFirst();
    } catch (error) {
      this.#refuse(error);
    }
  }

  onUploadRefused(error: GatewayError): void {
    this.#try?.abort();
    this.#giveUp(error);
    if (error.code === "internal_error") this.#deps.onBug(error.cause, this.#exchange.requestId);
  }

  onBody(): void {}

  onBodyRefused(error: GatewayError): void {
    this.#refuse(error);
  }

  onSent(): void {
    if (!this.#tally.concluded) return;
    this.#release();
    this.#tally.sent();
  }

  onClosed(): void {
    this.#noteBytes();
    this.#tally.left();
    this.#stop();
  }

  onBroken(): void {
    this.#release(); // before anything else may throw: a snapshot waits for its last call
    this.cut(new GatewayError("internal_error"));
  }

  onDrained(): void {
    this.#try?.resume();
  }

  onDeadline(): void {
    const waiting = this.#waiting;
    if (waiting !== null) this.#ask(waiting.target);
  }

  onWhole(answer: WholeAnswer): void {
    const { status } = answer;
    if (status >= 400 && this.#tryAgain(status, null)) return;
    const body = status >= 300 ? answer.body : this.#rewritten(answer.body, false);
    this.#tally.answerBytes = body.length;
    this.#conclude(status, status >= 400 ? "upstream_error" : null);
    const lines = this.#headerLines(answer.contentType) + retryAfterLines(answer.retryAfterMs);
    this.#exchange.respond(status, lines, body);
  }

  onBegin({ status, contentType, lines, isStream }: RelayedHead): void {
    this.#tally.plan = { stream: isStream, estimatedInputTokens: 0 };
    if (isStream) this.#tally.firstToken();
    const streamLines = isStream ? STREAM_HEADER_LINES : "";
    this.#exchange.begin(status, this.#headerLines(contentType) + lines + streamLines);
  }

  onBytes(bytes: Buffer): void {
    const isStream = this.#tally.plan?.stream === true;
    const isFirst = this.#tally.answerBytes === 0;
    const given = isStream || isFirst ? this.#rewritten(bytes, isStream) : bytes;
    this.#tally.answerBytes += given.length;
    if (!this.#exchange.write(given)) this.#try?.pause();
  }

  onComplete(): void {
    this.#conclude(200, this.#try?.failedInBand === true ? "upstream_error" : null);
    this.#exchange.end();
  }

  onFailure(error: GatewayError): void {
    if (this.#tally.concluded) return;
    if (this.#try?.begun !== true && this.#tryAgain(error.status, error.code)) return;
    this.#giveUp(error);
    if (error.code === "internal_error") this.#deps.onBug(error.cause, this.#exchange.requestId);
  }

  onLost(names: readonly string[]): void {
    this.#tally.lose(names);
  }

  cut(error: GatewayError): void {
    this.#stop();
    if (this.#tally.concluded) this.#tally.cutCode = error.code;
    else this.#giveUp(error);
  }

  #readHead(identity: KeyIdentity): void {
    const exchange = this.#exchange;
    const { endpoint, method, hasBody } = this.#head;
    const reading = this.#head.read(exchange);
    const { boundary, subPath, named } = reading;
    this.#reading = reading;
    const contentType = hasBody ? exchange.header("content-type") : "";
    this.#request = {
      endpoint,
      method,
      subPath,
      query: forwardedQuery(exchange.rawQuery()),
      contentType,
      forwarded: collectForwarded(exchange, this.#snapshot.forwardHeaders),
    };
    if (named !== null) this.#route = this.#head.routeOf(named, this.#snapshot, identity);
    if (hasBody) this.#takeBody(boundary);
    else this.#askFirst();
  }

  #takeBody(boundary: string | null): void {
    const exchange = this.#exchange;
    const upload = new UploadBody(exchange, this, {
      boundary,
      destined: this.#route !== null,
      announcedBytes: Number.parseInt(exchange.header("content-length"), 10),
      budget: this.#deps.spoolBudget,
    });
    this.#upload = upload;
    exchange.streamBody(upload, this.#deps.uploadLimit);
    if (upload.startsAtOnce && !this.#tally.concluded) this.#askFirst();
  }

  #askFirst(): void {
    if (this.#route === null) throw new Error("asked before it was known where");
    this.#tries = new Tries(this.#route, this.#deps, NO_FACTS);
    const first = this.#tries.first();
    if (first === null) throw noTargetAvailable(this.#tries.targets, performance.now());
    this.#ask(first);
  }

  #ask(destination: Destination): void {
    const request = this.#request;
    if (request === null) throw new Error("asked before its head was read");
    this.#waiting = null;
    this.#disarm();
    this.#tally.aim(destination, request.endpoint);
    const served = relayedService(request.endpoint, destination);
    if (served === null) throw new Error("a provider was chosen that does not serve the call");
    const bodyBytes = served.translated ? null : (this.#upload?.lengthWith(destination.model) ?? null);
    let ready: SendableRequest | Promise<SendableRequest>;
    try {
      ready = prepareRelayed(request, destination, { ...served, bodyBytes });
    } catch (error) {
      this.onFailure(GatewayError.from(error, "internal_error"));
      return;
    }
    const options = { ...served, hasBody: bodyBytes !== 0 };
    const send = (head: SendableRequest): void => this.#send(destination, head, options);
    if (ready instanceof Promise) {
      ready.then(send, (error: unknown) => this.onFailure(GatewayError.from(error, "internal_error")));
    } else send(ready);
  }

  #send(destination: Destination, head: SendableRequest, { service, translated, hasBody }: Sending): void {
    const request = this.#request;
    if (this.#tally.concluded || this.#tally.over || this.#route === null || request === null) return;
    const { upstream, model } = destination;
    const { deadlines, offload } = this.#deps;
    const { boundary } = this.#reading;
    const attempt = new RelayedTry(this, {
      service,
      credential: upstream.credential,
      proof: head.proof,
      timeouts: this.#route.plainTimeouts,
      deadlines,
      translation: translated && boundary !== null ? { destination, boundary, offload } : null,
    });
    this.#try = attempt;
    this.#tally.beginTry(attempt);
    const form = hasBody ? (this.#upload?.open(model) ?? null) : null;
    attempt.start({ upstream, path: head.path, headers: head.headers, method: request.method }, form);
  }

  /** Begins or schedules another try; false when the failure is final. The code is null for a provider's answer. */
  #tryAgain(status: number, code: ErrorCode | null): boolean {
    const { retryAfterMs = null, otherKey = false } = this.#try ?? {};
    const failure = { status, code, retryAfterMs, otherKey, refusal: null };
    this.#tally.failTry(failure);
    if (this.#upload?.replayable === false) return false;
    const next = this.#tries?.next(failure) ?? null;
    if (next === null) return false;
    const nowMs = performance.now();
    this.#tally.endTry(nowMs, next.delayMs);
    this.#try = null;
    if (next.delayMs === 0) {
      this.#ask(next.target);
    } else {
      this.#waiting = next;
      this.deadlineAtMs = nowMs + next.delayMs;
      this.#deps.deadlines.add(this);
    }
    return true;
  }

  /** Ends what runs for a client that is there no more. */
  #stop(): void {
    this.#try?.abort();
    this.#release();
  }

  #giveUp(error: GatewayError): void {
    if (this.#tally.concluded) return;
    if (this.#try?.begun !== true) {
      this.#refuse(error);
      return;
    }
    if (this.#tally.plan?.stream === true) {
      this.#exchange.write(openAiClientWire.encodeStreamError(error, this.#exchange.requestId));
      this.#conclude(200, error.code);
      this.#exchange.end();
    } else {
      this.#noteBytes();
      this.#exchange.destroy();
      this.#release();
      this.#tally.destroyed(200, error.code);
    }
  }

  #refuse(error: unknown): void {
    if (this.#tally.concluded) return;
    const refusal = GatewayError.from(error, "internal_error");
    this.#conclude(refusal.status, refusal.code);
    answerError(this.#exchange, refusal, { lines: this.#tally.routeLines() });
    if (refusal !== error) this.#deps.onBug(error, this.#exchange.requestId);
  }

  #headerLines(contentType: string): string {
    return `\r\ncontent-type: ${contentType}${this.#tally.routeLines()}`;
  }

  #conclude(status: number, errorCode: ErrorCode | null): void {
    this.#disarm();
    this.#noteBytes();
    this.#tally.conclude(status, errorCode);
    this.#upload?.close();
  }

  #rewritten(bytes: Uint8Array, isStream: boolean): Uint8Array {
    const { buffer, byteOffset, byteLength } = bytes;
    return this.#reading.rewrite?.(Buffer.from(buffer, byteOffset, byteLength), isStream) ?? bytes;
  }

  #noteBytes(): void {
    this.#tally.requestBytes = this.#upload?.bodyBytes ?? 0;
  }

  #release(): void {
    this.#disarm();
    this.#upload?.close();
    this.#snapshot.running.delete(this);
  }

  #disarm(): void {
    this.deadlineAtMs = NEVER;
    this.#deps.deadlines.delete(this);
  }
}
