/**
 * The calls whose bodies are not one JSON document that names a model: forms with files, and what is asked of what a
 * provider keeps. As handlers/inference.ts does for the others, this leads a request from its head to its record.
 */
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { openAiClientWire } from "@headrace/core/errors/openai-shape";
import { Admission } from "../admission/admission.ts";
import type { LoadShedder } from "../admission/load-shedder.ts";
import type { WaiterOwner } from "../admission/waiter.ts";
import type { BodyStreamLimit, Exchange, ExchangeOwner, Handler } from "../http/exchange.ts";
import type { SenderDeps } from "../pipeline/call-sender.ts";
import { CallTally, type TalliedPlan } from "../pipeline/call-tally.ts";
import { admitCall, type CallTerms } from "../pipeline/call-terms.ts";
import type { Leg } from "../pipeline/leg.ts";
import type { RelayedHead } from "../pipeline/relayed-answer.ts";
import { forwardedQuery, type RelayedRequest } from "../pipeline/relayed-request.ts";
import { RelayedSender } from "../pipeline/relayed-sender.ts";
import { RequestFacts } from "../pipeline/request-facts.ts";
import { Tries, type TriesDeps } from "../pipeline/tries.ts";
import type { WholeAnswer } from "../pipeline/try-owner.ts";
import { type RunnerOwner, TryRunner } from "../pipeline/try-runner.ts";
import type { Running } from "../snapshot/running.ts";
import type { Destination, Snapshot } from "../snapshot/snapshot.ts";
import type { SpoolBudget } from "../uploads/spool.ts";
import { UploadBody, type UploadOwner } from "../uploads/upload-body.ts";
import { ClientAnswer } from "./client-answer.ts";
import type { HeadReading, RelayedCallHead, Route } from "./relayed-routes.ts";

export interface RelayDeps extends TriesDeps, SenderDeps {
  readonly currentSnapshot: () => Snapshot;
  readonly shedder: LoadShedder;
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

class RelayedCall
  implements ExchangeOwner, UploadOwner, WaiterOwner, RunnerOwner<Destination, RelayedHead>, Running
{
  runningSlot = -1;
  readonly #head: RelayedCallHead;
  readonly #deps: RelayDeps;
  readonly #exchange: Exchange;
  readonly #snapshot: Snapshot;
  readonly #tally: CallTally<TalliedPlan>;
  readonly #answer: ClientAnswer<TalliedPlan>;
  #terms: CallTerms | null = null;
  #reading: HeadReading | null = null;
  #request: RelayedRequest | null = null;
  #upload: UploadBody | null = null;
  #route: Route | null = null;
  #admission: Admission | null = null;
  #sender: RelayedSender | null = null;
  #runner: TryRunner<Destination, RelayedHead, TalliedPlan> | null = null;

  constructor(head: RelayedCallHead, deps: RelayDeps, exchange: Exchange) {
    this.#head = head;
    this.#deps = deps;
    this.#exchange = exchange;
    this.#snapshot = deps.currentSnapshot();
    this.#tally = new CallTally(exchange, this.#snapshot.unroutedRecorders.for(head.endpoint));
    this.#answer = new ClientAnswer(this, {
      exchange,
      tally: this.#tally,
      wire: openAiClientWire,
      framing: null,
      deadlines: deps.deadlines,
      onBug: deps.onBug,
    });
    this.#snapshot.running.add(this);
  }

  begin(): void {
    this.#exchange.attach(this);
    try {
      const { shedder } = this.#deps;
      this.#terms = admitCall(this.#exchange, { snapshot: this.#snapshot, shedder, tally: this.#tally });
      this.#readHead(this.#terms);
    } catch (error) {
      this.#answer.refuse(error);
    }
  }

  onUploadReady(): void {
    try {
      if (this.#route === null && this.#terms !== null)
        this.#route = this.#head.routeOf(this.#upload?.model ?? null, this.#snapshot, this.#terms);
      this.#tally.awaitedClient(performance.now() - this.#exchange.startedAtMs);
      this.#queue();
    } catch (error) {
      this.#answer.refuse(error);
    }
  }

  onUploadRefused(error: GatewayError): void {
    this.#runner?.stop();
    this.onFailure(error);
  }

  onBody(): void {}

  onBodyRefused(error: GatewayError): void {
    this.#answer.refuse(error);
  }

  onSent(): void {
    this.#answer.sent();
  }

  onClosed(): void {
    this.#noteBytes();
    this.#answer.release();
    this.#tally.left();
    this.#runner?.stop();
  }

  onBroken(): void {
    this.#answer.release(); // before anything else may throw: a snapshot waits for its last call
    this.cut(new GatewayError("internal_error"));
  }

  onDrained(): void {
    this.#runner?.resume();
  }

  cut(error: GatewayError): void {
    this.#runner?.stop();
    if (this.#tally.concluded) this.#tally.cutCode = error.code;
    else this.#answer.fail(error);
  }

  onAdmitted(): void {
    try {
      this.#ask();
    } catch (error) {
      this.#answer.refuse(error);
    }
  }

  onRefused(error: GatewayError): void {
    this.#answer.refuse(error);
  }

  onWhole(answer: WholeAnswer): void {
    const body = answer.status >= 300 ? answer.body : this.#rewritten(answer.body, false);
    this.#answer.giveWhole({ ...answer, body });
  }

  onBegin(head: RelayedHead): void {
    this.#tally.plan = { stream: head.isStream, estimatedInputTokens: 0 };
    this.#answer.begin(head);
  }

  onBytes(bytes: Buffer): void {
    const isStream = this.#tally.plan?.stream === true;
    const isFirst = this.#tally.answerBytes === 0;
    const given = isStream || isFirst ? this.#rewritten(bytes, isStream) : bytes;
    if (!this.#answer.write(given)) this.#runner?.pause();
  }

  onComplete(failedInBand: boolean): void {
    this.#answer.complete(failedInBand ? "upstream_error" : null);
  }

  onFailure(error: GatewayError): void {
    this.#answer.fail(error);
    if (error.code === "internal_error") this.#deps.onBug(error.cause, this.#exchange.requestId);
  }

  onConclude(): void {
    this.#noteBytes();
    this.#letGo();
  }

  onRelease(): void {
    this.#letGo();
    this.#snapshot.running.delete(this);
  }

  send(leg: Leg<Destination, RelayedHead>): void | Promise<void> {
    if (this.#sender === null) throw new Error("asked before it was known what");
    return this.#sender.send(leg);
  }

  #readHead(terms: CallTerms): void {
    const exchange = this.#exchange;
    const { endpoint, method, hasBody } = this.#head;
    const reading = this.#head.read(exchange);
    const { boundary, subPath, named } = reading;
    this.#reading = reading;
    this.#request = {
      endpoint,
      method,
      subPath,
      query: forwardedQuery(exchange.rawQuery()),
      contentType: hasBody ? exchange.header("content-type") : "",
      forwarded: terms.forwarded,
    };
    if (named !== null) this.#route = this.#head.routeOf(named, this.#snapshot, terms);
    if (hasBody) this.#takeBody(boundary);
    else this.#queue();
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
    if (upload.startsAtOnce && !this.#tally.concluded) this.#queue();
  }

  /** Meanwhile the body comes as far as it does for a provider that does not read. */
  #queue(): void {
    if (this.#route === null || this.#terms === null) throw new Error("asked before it was known where");
    const { identity, priority } = this.#terms;
    const gates = [identity.gate, this.#route.gate ?? null] as const;
    this.#admission = new Admission(this, { priority, clock: this.#tally, gates });
    this.#admission.enter();
  }

  #ask(): void {
    if (this.#route === null || this.#terms === null || this.#request === null)
      throw new Error("asked before it was known where");
    const { endpoint } = this.#head;
    const { model = "", plainTimeouts } = this.#route;
    const sender = new RelayedSender(this.#deps, {
      request: this.#request,
      upload: this.#upload,
      boundary: this.#reading?.boundary ?? null,
      timeouts: plainTimeouts,
      faults: this.#terms.faults,
    });
    this.#sender = sender;
    const asked = { model, stream: false, estimatedInputTokens: 0, shownBody: null };
    const facts = new RequestFacts(endpoint, asked, this.#terms);
    this.#runner = new TryRunner(this, {
      endpoint,
      tries: new Tries(this.#route, this.#deps, facts),
      tally: this.#tally,
      deadlines: this.#deps.deadlines,
      priority: this.#terms.priority, // and no hedges: a body streams by once
      mayTryAgain: () => sender.maySendAgain,
    });
    this.#runner.start();
  }

  #rewritten(bytes: Uint8Array, isStream: boolean): Buffer {
    const given = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return this.#reading?.rewrite?.(given, isStream) ?? given;
  }

  #noteBytes(): void {
    this.#tally.requestBytes = this.#upload?.bodyBytes ?? 0;
  }

  /** Nothing is needed any more for another try. */
  #letGo(): void {
    this.#sender?.close();
    this.#upload?.close();
    this.#admission?.leave();
  }
}
