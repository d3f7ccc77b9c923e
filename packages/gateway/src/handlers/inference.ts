/**
 * The calls that reach a provider. This is the one place that leads a request from its head to its record; every stage
 * it calls gives a value back and knows nothing of the next one. docs/lifecycle.md has the picture.
 */
import type { Endpoint } from "@headrace/core/endpoints";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { Offload, OffloadCaller } from "@headrace/workers/offload";
import type { RunOptions } from "@headrace/workers/pool";
import type { Plan } from "@headrace/workers/tasks/plan";
import type { PlannedBody } from "@headrace/workers/tasks/registry";
import { Admission } from "../admission/admission.ts";
import type { LoadShedder } from "../admission/load-shedder.ts";
import type { WaiterOwner } from "../admission/waiter.ts";
import type { Exchange, ExchangeOwner, Handler } from "../http/exchange.ts";
import { admitModel } from "../pipeline/admit.ts";
import { type CallHead, IN_BODY } from "../pipeline/call-head.ts";
import { CallSender } from "../pipeline/call-sender.ts";
import { CallTally } from "../pipeline/call-tally.ts";
import { admitCall, type CallTerms } from "../pipeline/call-terms.ts";
import type { Leg, RunningTry } from "../pipeline/leg.ts";
import { RequestFacts } from "../pipeline/request-facts.ts";
import { Tries, type TriesDeps } from "../pipeline/tries.ts";
import type { WholeAnswer } from "../pipeline/try-owner.ts";
import { type RunnerOwner, TryRunner } from "../pipeline/try-runner.ts";
import type { ResponseState } from "../responses/response-state.ts";
import type { ShadowTraffic } from "../shadow/shadow-traffic.ts";
import type { WatchedPrimary } from "../shadow/watched-primary.ts";
import type { Running } from "../snapshot/running.ts";
import type { Model, Snapshot, Target } from "../snapshot/snapshot.ts";
import type { Deadlines } from "../time/deadlines.ts";
import { ClientAnswer } from "./client-answer.ts";
import { clientWireOf } from "./client-wires.ts";
import { noteAskedFor } from "./stream-note.ts";

export interface InferenceDeps extends TriesDeps {
  /** Read once a request, so that a request keeps the snapshot it began with. */
  readonly currentSnapshot: () => Snapshot;
  readonly offload: Offload;
  readonly deadlines: Deadlines;
  readonly shedder: LoadShedder;
  readonly shadows: ShadowTraffic;
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

const hedgeAfterMs = (target: Target): number | null => target.hedgeAfterMs();

const ESTIMATED_LINE = "\r\nx-headrace-count: estimated";

class InferenceCall implements ExchangeOwner, RunnerOwner<Target, string>, OffloadCaller, Running {
  runningSlot = -1;
  readonly #head: CallHead;
  readonly #state: ResponseState | null;
  readonly #deps: InferenceDeps;
  readonly #exchange: Exchange;
  readonly #snapshot: Snapshot;
  readonly #tally: CallTally;
  readonly #answer: ClientAnswer<Plan>;
  #terms: CallTerms | null = null;
  /** Ends work on a thread for a client that has left. */
  #offloaded: AbortController | null = null;
  #admission: Admission | null = null;
  #sender: CallSender | null = null;
  #runner: TryRunner<Target, string, Plan> | null = null;
  /** Looks on when the call is copied. */
  #watched: WatchedPrimary | null = null;

  constructor(head: CallHead, deps: InferenceDeps, exchange: Exchange) {
    this.#head = head;
    this.#state = head.openState?.() ?? null;
    this.#deps = deps;
    this.#exchange = exchange;
    this.#snapshot = deps.currentSnapshot();
    this.#tally = new CallTally(exchange, this.#snapshot.unroutedRecorders.for(head.endpoint));
    this.#answer = new ClientAnswer(this, {
      exchange,
      tally: this.#tally,
      wire: clientWireOf(head.endpoint),
      framing: head.openFraming?.() ?? null,
      note: noteAskedFor(exchange, clientWireOf(head.endpoint)),
      deadlines: deps.deadlines,
      onBug: deps.onBug,
    });
    this.#snapshot.running.add(this);
  }

  runOptions(): RunOptions {
    this.#offloaded ??= new AbortController();
    return { signal: this.#offloaded.signal };
  }

  begin(): void {
    this.#exchange.attach(this);
    try {
      const { shedder } = this.#deps;
      this.#terms = admitCall(this.#exchange, { snapshot: this.#snapshot, shedder, tally: this.#tally });
      this.#exchange.readBody();
    } catch (error) {
      this.#answer.refuse(error);
    }
  }

  onBody(body: Buffer): void {
    this.#tally.requestBytes = body.length;
    try {
      const asked = this.#terms?.overrides?.open(body) ?? body;
      const opened = this.#state?.open(asked, this.#tally.keyName) ?? asked;
      const { endpoint, path } = this.#head;
      const { body: showsBody } = this.#snapshot.needs;
      const planned = this.#deps.offload.plan({ endpoint, path, body: opened, showsBody }, this);
      if (planned instanceof Promise) {
        planned.then(
          (late) => this.#onPlanned(late),
          (error: unknown) => this.#answer.refuse(error),
        );
      } else this.#onPlanned(planned);
    } catch (error) {
      this.#answer.refuse(error);
    }
  }

  onBodyRefused(error: GatewayError): void {
    this.#answer.refuse(error);
  }

  onSent(): void {
    this.#answer.sent();
  }

  onClosed(): void {
    this.#answer.release();
    this.#tally.left();
    this.#stop();
  }

  onBroken(): void {
    this.#answer.release(); // before anything else may throw: a snapshot waits for its last call
    this.cut(new GatewayError("internal_error"));
  }

  onDrained(): void {
    this.#runner?.resume();
  }

  cut(error: GatewayError): void {
    this.#stop();
    if (this.#tally.concluded) this.#tally.cutCode = error.code;
    else this.#answer.fail(error);
  }

  onWhole(answer: WholeAnswer): void {
    this.#answer.giveWhole(answer, this.#sender?.estimated === true ? ESTIMATED_LINE : "");
  }

  onBegin(contentType: string): void {
    this.#sender?.onBegun();
    const isStream = this.#tally.plan?.stream === true;
    this.#answer.begin({ status: 200, contentType, lines: "", isStream });
  }

  onBytes(bytes: Buffer): void {
    if (!this.#answer.write(bytes)) this.#runner?.pause();
  }

  onComplete(failedInBand: boolean): void {
    this.#answer.complete(failedInBand ? "upstream_error" : null);
  }

  onFailure(error: GatewayError): void {
    this.#answer.fail(error);
    if (error.code === "internal_error") this.#deps.onBug(error.cause, this.#exchange.requestId);
  }

  onConclude(): void {
    this.#sender?.close();
    this.#admission?.leave();
  }

  onRelease(): void {
    this.#admission?.leave();
    this.#snapshot.running.delete(this);
    this.#watched?.released();
  }

  send(leg: Leg<Target, string>): void | Promise<void> {
    if (this.#sender === null) throw new Error("asked before it was planned");
    return this.#sender.send(leg);
  }

  goOn(brokenOff: RunningTry | null): ((target: Target) => boolean) | null {
    return this.#sender?.goOn(brokenOff) ?? null;
  }

  #onPlanned({ plan, body }: PlannedBody): void {
    if (this.#tally.over) return;
    try {
      this.#tally.plan = plan;
      if (this.#terms === null) throw new Error("planned before the key was checked");
      const model = admitModel(this.#snapshot, this.#terms.identity, plan.model);
      this.#sender = new CallSender(this.#deps, {
        work: this,
        head: this.#head,
        state: this.#state,
        terms: this.#terms,
        requestId: this.#exchange.requestId,
        plan,
        body,
        continues: model.continuation,
      });
      this.#queue(model, plan, this.#terms);
    } catch (error) {
      this.#answer.refuse(error);
    }
  }

  #queue(model: Model, plan: Plan, terms: CallTerms): void {
    const { identity, priority } = terms;
    if (identity.gate === null && model.gate === null) {
      this.#route(model, plan, terms);
      return;
    }
    const owner: WaiterOwner = {
      onAdmitted: () => {
        try {
          this.#route(model, plan, terms);
        } catch (error) {
          this.#answer.refuse(error);
        }
      },
      onRefused: (error) => this.#answer.refuse(error),
    };
    const gates = [identity.gate, model.gate] as const;
    this.#admission = new Admission(owner, { priority, clock: this.#tally, gates });
    this.#admission.enter();
  }

  #route(model: Model, plan: Plan, terms: CallTerms): void {
    const { endpoint } = this.#head;
    const possible = this.#state?.tries(model) ?? model;
    const wanted = terms.overrides?.apply(possible, this.#snapshot) ?? possible;
    const tries = new Tries(wanted, this.#deps, new RequestFacts(endpoint, plan, terms));
    this.#runner = new TryRunner(this.#leads(model), {
      endpoint,
      tries,
      tally: this.#tally,
      deadlines: this.#deps.deadlines,
      priority: terms.priority,
      hedgeAfterMs,
    });
    this.#runner.start();
  }

  /** For whom its tries are led: for this call, or, when it is copied, for one who looks on. */
  #leads({ shadow }: Model): RunnerOwner<Target, string> {
    const { shadows, offload, deadlines } = this.#deps;
    const request = this.#sender?.request ?? null;
    if (shadow === null || request === null || !shadows.draws(shadow)) return this;
    const { running } = this.#snapshot;
    const { keyName } = this.#tally;
    const copied = { ...request, continuation: null };
    this.#watched = shadows.copy(
      { plan: shadow, request: copied, keyName, running, offload, deadlines },
      this,
    );
    return this.#watched ?? this;
  }

  #stop(): void {
    this.#offloaded?.abort();
    this.#runner?.stop();
  }
}
