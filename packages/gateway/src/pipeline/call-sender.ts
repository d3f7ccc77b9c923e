import type { Endpoint } from "@headrace/core/endpoints";
import type { Offload, OffloadCaller } from "@headrace/workers/offload";
import type { RunOptions } from "@headrace/workers/pool";
import type { CountingEndpoint } from "@headrace/workers/tasks/count-request";
import type { Plan } from "@headrace/workers/tasks/plan";
import { Continuation } from "../continuation/continuation.ts";
import type { FaultPlan } from "../faults/fault-plan.ts";
import { upstreamWithFaults, wireAt } from "../faults/upstream-with-faults.ts";
import type { ResponseState } from "../responses/response-state.ts";
import type { Target } from "../snapshot/snapshot.ts";
import type { Deadlines } from "../time/deadlines.ts";
import type { UpstreamRequest } from "../upstream/upstream-call.ts";
import { Attempt } from "./attempt.ts";
import type { CallHead } from "./call-head.ts";
import type { CallTerms } from "./call-terms.ts";
import type { BodyOwner, ClientRequest, TargetRequest } from "./encode-for-target.ts";
import type { Leg, RunningTry } from "./leg.ts";
import { prepareForTarget } from "./prepare-for-target.ts";

/** What the calls of a process share. */
export interface SenderDeps {
  readonly offload: Offload;
  readonly deadlines: Deadlines;
  /** From 0 up to 1. */
  readonly random: () => number;
}

/** A call that is about to be tried. */
export interface SentCall {
  /** Who ends the work on threads for a client that has left. */
  readonly work: OffloadCaller;
  readonly head: CallHead;
  readonly state: ResponseState | null;
  readonly terms: Pick<CallTerms, "forwarded" | "faults">;
  readonly requestId: string;
  readonly plan: Plan;
  readonly body: Uint8Array;
  /** Another model may go on with an answer that breaks off. */
  readonly continues: boolean;
}

function isCounting(endpoint: Endpoint): endpoint is CountingEndpoint {
  return endpoint === "messages-count-tokens" || endpoint === "gemini-count-tokens";
}

/** Writes one call's requests, as each of its targets is to get them, and sends them. */
export class CallSender implements BodyOwner {
  readonly #deps: SenderDeps;
  readonly #faults: FaultPlan | null;
  /** As long as another try may need it. */
  #request: ClientRequest | null;
  readonly #continuation: Continuation | null;
  readonly #work: OffloadCaller;
  #estimated = false;
  #closed = false;

  constructor(deps: SenderDeps, call: SentCall) {
    const { work, head, state, terms, requestId, plan, body, continues } = call;
    const { endpoint, path } = head;
    const { forwarded } = terms;
    this.#deps = deps;
    this.#work = work;
    this.#faults = terms.faults;
    this.#continuation =
      continues && plan.continuable
        ? new Continuation({ endpoint, estimatedInputTokens: plan.estimatedInputTokens })
        : null;
    const continuation = this.#continuation;
    this.#request = { endpoint, path, plan, body, forwarded, requestId, state, continuation };
  }

  /** What its targets are asked; null when nobody is asked any more. */
  get request(): ClientRequest | null {
    return this.#request;
  }

  /** True when the call's tokens were counted here, for a provider that cannot. */
  get estimated(): boolean {
    return this.#estimated;
  }

  runOptions(): RunOptions {
    return this.#work.runOptions();
  }

  takeBack(body: Uint8Array): void {
    if (this.#request !== null && this.#request.body !== body) this.#request = { ...this.#request, body };
  }

  /** Writes the request for a leg's target, maybe on a thread, and sends it. */
  send(leg: Leg<Target, string>): void | Promise<void> {
    const request = this.#request;
    if (request === null) throw new Error("asked when nobody is to be asked any more");
    const { endpoint } = request;
    if (isCounting(endpoint) && leg.target.routes[endpoint].passing === null)
      return this.#count(endpoint, request, leg);
    const { offload } = this.#deps;
    const ready = prepareForTarget(request, leg.target, { offload, caller: this });
    if (ready instanceof Promise) return ready.then((late) => this.#run(leg, request.plan, late));
    this.#run(leg, request.plan, ready);
  }

  goOn(brokenOff: RunningTry | null): ((target: Target) => boolean) | null {
    return this.#continuation?.goOn(brokenOff) ?? null;
  }

  /** The client has the beginning of an answer. */
  onBegun(): void {
    if (this.#continuation === null) this.#request = null; // no other try can follow now
  }

  /** Nobody is asked any more. */
  close(): void {
    this.#closed = true;
    this.#request = null;
  }

  #run(leg: Leg<Target, string>, { stream }: Plan, request: TargetRequest): void {
    if (leg.dropped || this.#closed) return;
    const { target, record } = leg;
    const { reader, proof, path, headers, body } = request;
    record.lost = request.lost;
    const attempt = new Attempt(leg, {
      reader,
      credential: target.upstream.credential,
      proof,
      timeouts: stream ? target.timeouts : target.plainTimeouts,
      stall: target.stall,
      deadlines: this.#deps.deadlines,
      stream,
    });
    leg.run(attempt);
    attempt.start({ upstream: this.#wayTo(leg, path, stream), path, headers, body });
  }

  #wayTo(
    { target, record }: Leg<Target, string>,
    path: string,
    stream: boolean,
  ): UpstreamRequest["upstream"] {
    if (this.#faults === null || this.#request === null) return target.upstream;
    const call = { wire: wireAt(path, this.#request.endpoint, target), stream };
    return upstreamWithFaults(record, this.#faults, { call, random: this.#deps.random });
  }

  /** Counts tokens for a provider that cannot be asked to. */
  async #count(
    endpoint: CountingEndpoint,
    { body, path }: ClientRequest,
    leg: Leg<Target, string>,
  ): Promise<void> {
    const input = { endpoint, body, path, model: leg.target.model };
    const counted = await this.#deps.offload.countRequest(input, this);
    this.#estimated = true;
    leg.onWhole({ status: 200, contentType: "application/json", body: counted.body, retryAfterMs: null });
  }
}
