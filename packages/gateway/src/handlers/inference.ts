/**
 * The calls that reach a provider. This is the one place that leads a request from its head to its record; every stage
 * it calls gives a value back and knows nothing of the next one. docs/lifecycle.md has the picture.
 */
import type { Priority } from "@headrace/core/config/types-traffic";
import type { Endpoint } from "@headrace/core/endpoints";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { Offload } from "@headrace/workers/offload";
import type { RunOptions } from "@headrace/workers/pool";
import type { CountingEndpoint } from "@headrace/workers/tasks/count-request";
import type { Plan } from "@headrace/workers/tasks/plan";
import type { PlannedBody } from "@headrace/workers/tasks/registry";
import { Admission } from "../admission/admission.ts";
import type { LoadShedder } from "../admission/load-shedder.ts";
import type { WaiterOwner } from "../admission/waiter.ts";
import { Continuation } from "../continuation/continuation.ts";
import { type FaultPlan, faultsOf } from "../faults/fault-plan.ts";
import { upstreamWithFaults, wireAt } from "../faults/upstream-with-faults.ts";
import type { Exchange, ExchangeOwner, Handler } from "../http/exchange.ts";
import { admitModel, authenticate, refuseEncodedBody } from "../pipeline/admit.ts";
import { Attempt } from "../pipeline/attempt.ts";
import { type CallHead, IN_BODY } from "../pipeline/call-head.ts";
import { type CallOverrides, readOverrides } from "../pipeline/call-overrides.ts";
import { CallTally } from "../pipeline/call-tally.ts";
import type { BodyOwner, ClientRequest } from "../pipeline/encode-for-target.ts";
import { collectForwarded, type ForwardedHeaders, NONE_FORWARDED } from "../pipeline/forward-headers.ts";
import { prepareForTarget, type ReadyRequest } from "../pipeline/prepare-for-target.ts";
import { RequestFacts } from "../pipeline/request-facts.ts";
import { Tries, type TriesDeps } from "../pipeline/tries.ts";
import type { WholeAnswer } from "../pipeline/try-owner.ts";
import { type Leg, type RunnerOwner, type RunningTry, TryRunner } from "../pipeline/try-runner.ts";
import type { ResponseState } from "../responses/response-state.ts";
import type { ShadowTraffic } from "../shadow/shadow-traffic.ts";
import type { WatchedPrimary } from "../shadow/watched-primary.ts";
import type { KeyIdentity } from "../snapshot/keyring.ts";
import type { Running } from "../snapshot/running.ts";
import type { Model, Snapshot, Target } from "../snapshot/snapshot.ts";
import type { Deadlines } from "../time/deadlines.ts";
import type { UpstreamRequest } from "../upstream/upstream-call.ts";
import { ClientAnswer } from "./client-answer.ts";
import { clientWireOf } from "./client-wires.ts";

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

function isCounting(endpoint: Endpoint): endpoint is CountingEndpoint {
  return endpoint === "messages-count-tokens" || endpoint === "gemini-count-tokens";
}

class InferenceCall implements ExchangeOwner, RunnerOwner<Target, string>, BodyOwner, Running {
  runningSlot = -1;
  readonly #head: CallHead;
  readonly #state: ResponseState | null;
  readonly #deps: InferenceDeps;
  readonly #exchange: Exchange;
  readonly #snapshot: Snapshot;
  readonly #tally: CallTally;
  readonly #answer: ClientAnswer<Plan>;
  #identity: KeyIdentity | null = null;
  #overrides: CallOverrides | null = null;
  #forwarded: ForwardedHeaders = NONE_FORWARDED;
  /** The headers that routes look at. */
  #shown: ForwardedHeaders = NONE_FORWARDED;
  /** Ends work on a thread for a client that has left. */
  #offloaded: AbortController | null = null;
  /** Kept while another try may need it. */
  #body: Uint8Array | null = null;
  #continuation: Continuation | null = null;
  #faults: FaultPlan | null = null;
  /** Its tokens were counted here. */
  #estimated = false;
  #admission: Admission | null = null;
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
      deadlines: deps.deadlines,
      onBug: deps.onBug,
    });
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
      this.#faults = faultsOf(this.#exchange, this.#identity, this.#snapshot);
      refuseEncodedBody(this.#exchange);
      this.#overrides = readOverrides(this.#exchange, this.#identity);
      this.#deps.shedder.admit(this.#priority);
      this.#forwarded = collectForwarded(this.#exchange, this.#snapshot.forwardHeaders);
      this.#shown = collectForwarded(this.#exchange, this.#snapshot.needs.headers);
      this.#exchange.readBody();
    } catch (error) {
      this.#answer.refuse(error);
    }
  }

  onBody(body: Buffer): void {
    this.#tally.requestBytes = body.length;
    try {
      const asked = this.#overrides?.open(body) ?? body;
      const opened = this.#state?.open(asked, this.#tally.keyName) ?? asked;
      const { body: showsBody } = this.#snapshot.needs;
      const planned = this.#deps.offload.plan({ ...this.#head, body: opened, showsBody }, this);
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
    this.#answer.giveWhole(answer, this.#estimated ? ESTIMATED_LINE : "");
  }

  onBegin(contentType: string): void {
    if (this.#continuation === null) this.#body = null; // no other try can follow now
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
    this.#body = null;
    this.#admission?.leave();
  }

  onRelease(): void {
    this.#admission?.leave();
    this.#snapshot.running.delete(this);
    this.#watched?.released();
  }

  /** Writes the request for a leg's target, maybe on a thread, and sends it. */
  send(leg: Leg<Target, string>): void | Promise<void> {
    const { plan } = this.#tally;
    const body = this.#body;
    if (plan === null || body === null) throw new Error("asked before it was planned");
    const { endpoint } = this.#head;
    if (isCounting(endpoint) && leg.target.routes[endpoint].passing === null)
      return this.#count(endpoint, leg);
    const request = this.#requestOf(plan, body);
    const ready = prepareForTarget(request, leg.target, { offload: this.#deps.offload, caller: this });
    if (ready instanceof Promise) return ready.then((late) => this.#run(leg, late));
    this.#run(leg, ready);
  }

  goOn(brokenOff: RunningTry | null): ((target: Target) => boolean) | null {
    return this.#continuation?.goOn(brokenOff) ?? null;
  }

  #requestOf(plan: Plan, body: Uint8Array): ClientRequest {
    const { requestId } = this.#exchange;
    return {
      ...this.#head,
      plan,
      body,
      forwarded: this.#forwarded,
      requestId,
      state: this.#state,
      continuation: this.#continuation,
    };
  }

  #run(leg: Leg<Target, string>, request: ReadyRequest): void {
    const { plan } = this.#tally;
    if (leg.dropped || this.#tally.over || plan === null) return;
    leg.record.lost = request.lost;
    const { reader, proof, path, headers, body } = request;
    const attempt = new Attempt(leg, {
      reader,
      credential: leg.target.upstream.credential,
      proof,
      timeouts: plan.stream ? leg.target.timeouts : leg.target.plainTimeouts,
      stall: leg.target.stall,
      deadlines: this.#deps.deadlines,
      stream: plan.stream,
    });
    leg.run(attempt);
    let upstream: UpstreamRequest["upstream"] = leg.target.upstream;
    if (this.#faults !== null) {
      const call = { wire: wireAt(path, this.#head.endpoint, leg.target), stream: plan.stream };
      upstream = upstreamWithFaults(leg.record, this.#faults, { call, random: this.#deps.random });
    }
    attempt.start({ upstream, path, headers, body });
  }

  #onPlanned({ plan, body }: PlannedBody): void {
    if (this.#tally.over) return;
    try {
      this.#tally.plan = plan;
      this.#body = body;
      if (this.#identity === null) throw new Error("planned before the key was checked");
      this.#queue(admitModel(this.#snapshot, this.#identity, plan.model), this.#identity);
    } catch (error) {
      this.#answer.refuse(error);
    }
  }

  #queue(model: Model, identity: KeyIdentity): void {
    if (identity.gate === null && model.gate === null) {
      this.#route(model, identity);
      return;
    }
    const owner: WaiterOwner = {
      onAdmitted: () => {
        try {
          this.#route(model, identity);
        } catch (error) {
          this.#answer.refuse(error);
        }
      },
      onRefused: (error) => this.#answer.refuse(error),
    };
    const gates = [identity.gate, model.gate] as const;
    this.#admission = new Admission(owner, { priority: this.#priority, clock: this.#tally, gates });
    this.#admission.enter();
  }

  get #priority(): Priority {
    return this.#overrides?.priority ?? this.#identity?.priority ?? "normal";
  }

  #route(model: Model, identity: KeyIdentity): void {
    const { plan } = this.#tally;
    if (plan === null) throw new Error("routed before it was planned");
    const { deadlines } = this.#deps;
    const { endpoint } = this.#head;
    const { stream, estimatedInputTokens: inputTokens, shownBody: body } = plan;
    if (model.continuation && plan.continuable)
      this.#continuation = new Continuation({ endpoint, estimatedInputTokens: inputTokens });
    const facts = new RequestFacts({
      model: plan.model,
      endpoint,
      identity,
      stream,
      inputTokens,
      headers: this.#shown,
      body,
    });
    const possible = this.#state?.tries(model) ?? model;
    const wanted = this.#overrides?.apply(possible, this.#snapshot) ?? possible;
    const tries = new Tries(wanted, this.#deps, facts);
    this.#runner = new TryRunner(this.#leads(model, plan), {
      endpoint,
      tries,
      tally: this.#tally,
      deadlines,
      priority: this.#priority,
      hedgeAfterMs,
    });
    this.#runner.start();
  }

  /** For whom its tries are led: for this call, or, when it is copied, for one who looks on. */
  #leads({ shadow }: Model, plan: Plan): RunnerOwner<Target, string> {
    const { shadows, offload, deadlines } = this.#deps;
    if (shadow === null || this.#body === null || !shadows.draws(shadow)) return this;
    const { running } = this.#snapshot;
    const { keyName } = this.#tally;
    const request = { ...this.#requestOf(plan, this.#body), continuation: null };
    this.#watched = shadows.copy({ plan: shadow, request, keyName, running, offload, deadlines }, this);
    return this.#watched ?? this;
  }

  /** Counts tokens for a provider that cannot be asked to. */
  async #count(endpoint: CountingEndpoint, leg: Leg<Target, string>): Promise<void> {
    if (this.#body === null) throw new Error("counted before it was planned");
    const input = { endpoint, body: this.#body, path: this.#head.path, model: leg.target.model };
    const { body } = await this.#deps.offload.countRequest(input, this);
    this.#estimated = true;
    leg.onWhole({ status: 200, contentType: "application/json", body, retryAfterMs: null });
  }

  #stop(): void {
    this.#offloaded?.abort();
    this.#runner?.stop();
  }
}
