import type { IncomingHttpHeaders } from "node:http";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ErrorCode } from "@headrace/core/errors/table";
import type { Offload } from "@headrace/workers/offload";
import type { RunOptions } from "@headrace/workers/pool";
import { Attempt } from "../pipeline/attempt.ts";
import type { BodyOwner, ClientRequest, TargetRequest } from "../pipeline/encode-for-target.ts";
import { prepareForTarget } from "../pipeline/prepare-for-target.ts";
import type { TryOwner, WholeAnswer } from "../pipeline/try-owner.ts";
import { endOfFailure, TryRecord } from "../pipeline/try-record.ts";
import type { Running, RunningRequests } from "../snapshot/running.ts";
import type { Target } from "../snapshot/snapshot.ts";
import type { Deadlines } from "../time/deadlines.ts";
import { type AnsweredLeg, answeredLeg } from "./answered-leg.ts";
import { KeptBytes } from "./kept-bytes.ts";
import type { ShadowPlan } from "./shadow-plan.ts";
import type { PrimaryListener } from "./watched-primary.ts";

/** The call that is copied. */
export interface CopiedCall {
  readonly plan: ShadowPlan;
  /** Its body is the copy's own. */
  readonly request: ClientRequest;
  readonly keyName: string;
  /** Of the snapshot whose connections it uses. */
  readonly running: RunningRequests;
}

export interface ShadowCallDeps {
  readonly offload: Offload;
  readonly deadlines: Deadlines;
  readonly onOver: (call: ShadowCall, ending: ShadowEnding) => void;
  readonly onBug: (error: unknown, requestId: string) => void;
}

/** How a copy and the call itself ended. */
export interface ShadowEnding {
  /** False when it is for the answers to tell how it went. */
  readonly cancelled: boolean;
  /** Null for what was never sent, or cancelled before. */
  readonly primary: AnsweredLeg | null;
  readonly shadow: AnsweredLeg | null;
}

/** A copy of a call at another target. Nobody waits for it, and nothing that becomes of it reaches a client. */
export class ShadowCall implements TryOwner<string>, BodyOwner, PrimaryListener, Running {
  runningSlot = -1;
  readonly call: CopiedCall;
  readonly #deps: ShadowCallDeps;
  readonly #kept: KeptBytes;
  readonly #offloaded = new AbortController();
  #body: Uint8Array | null;
  #scheduled = false;
  #record: TryRecord<Target> | null = null;
  #attempt: Attempt | null = null;
  #primary: AnsweredLeg | null = null;
  #shadow: AnsweredLeg | null = null;
  #over = false;

  constructor(call: CopiedCall, deps: ShadowCallDeps) {
    const { body, ...request } = call.request;
    this.call = { ...call, request: { ...request, body: NOTHING } };
    this.#body = body;
    this.#deps = deps;
    this.#kept = new KeptBytes(call.plan.config.maxBytes);
    call.running.add(this);
  }

  runOptions(): RunOptions {
    return { signal: this.#offloaded.signal };
  }

  /** It is sent once only. */
  takeBack(): void {}

  /** Begins in a turn of its own, behind all that the call itself has to do in this one. */
  onPrimarySent(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#later(() => this.#begin());
  }

  onPrimaryReleased(answer: () => AnsweredLeg | null): void {
    this.#later(() => {
      this.#primary = answer();
      // With nothing to be compared with it would cost money for nothing.
      if (this.#primary === null || !this.#scheduled) this.cancel();
      else this.#settle();
    });
  }

  cancel(): void {
    if (this.#over) return;
    this.#stop();
    if (this.#shadow === null && this.#attempt !== null) this.#answered("client_closed");
    this.#finish(true);
  }

  cut(): void {
    this.cancel();
  }

  onHead(headers: IncomingHttpHeaders): void {
    this.#record?.hear(headers);
  }

  onWhole({ status, body }: WholeAnswer): void {
    this.#kept.push(body);
    if (status < 400) this.#record?.begin();
    this.#end(status, null);
  }

  onBegin(): void {
    this.#record?.begin();
  }

  onBytes(bytes: Buffer): void {
    this.#kept.push(bytes);
  }

  onComplete(): void {
    if (this.#attempt?.failedInBand === true) this.#end(502, "upstream_error");
    else this.#end(200, null);
  }

  onFailure(error: GatewayError): void {
    if (error.code === "internal_error") this.#deps.onBug(error.cause, this.call.request.requestId);
    this.#end(error.status, error.code);
  }

  /** In a turn of its own, and so that a mistake in it is no more than the end of the copy. */
  #later(work: () => void): void {
    setImmediate(() => {
      if (this.#over) return;
      try {
        work();
      } catch (error) {
        this.#deps.onBug(error, this.call.request.requestId);
        this.#stop();
        this.#finish(true);
      }
    });
  }

  #begin(): void {
    const fail = (error: unknown): void => this.onFailure(GatewayError.from(error, "internal_error"));
    try {
      const { plan, request } = this.call;
      this.#record = new TryRecord(plan.target, { reason: "first", endpoint: request.endpoint });
      const copy = { ...request, body: this.#body ?? NOTHING };
      this.#body = null;
      const ready = prepareForTarget(copy, plan.target, { offload: this.#deps.offload, caller: this });
      if (ready instanceof Promise) ready.then((late) => this.#send(late)).catch(fail);
      else this.#send(ready);
    } catch (error) {
      fail(error);
    }
  }

  #send({ reader, proof, path, headers, body, lost }: TargetRequest): void {
    const record = this.#record;
    if (this.#over || record === null) return;
    const { target } = record;
    const { upstream } = target;
    const { plan } = this.call.request;
    record.lost = lost;
    this.#attempt = new Attempt(this, {
      reader,
      credential: upstream.credential,
      proof,
      timeouts: plan.stream ? target.timeouts : target.plainTimeouts,
      stall: target.stall,
      deadlines: this.#deps.deadlines,
      stream: plan.stream,
    });
    record.send(this.#attempt, plan.estimatedInputTokens);
    this.#attempt.start({ upstream, path, headers, body });
  }

  #end(status: number, code: ErrorCode | null): void {
    if (this.#over || this.#shadow !== null) return;
    const { retryAfterMs = null, otherKey = false } = this.#attempt ?? {};
    this.#record?.end(endOfFailure({ status, code, retryAfterMs, otherKey }));
    this.#answered(code ?? (status >= 400 ? String(status) : null));
    this.call.running.delete(this);
    this.#settle();
  }

  #answered(error: string | null): void {
    const record = this.#record;
    if (record === null) return;
    const body = error === null ? this.#kept.whole() : null;
    const answer = { error, answerBytes: this.#kept.bytes, body };
    this.#shadow = answeredLeg([record], answer);
  }

  #stop(): void {
    this.#attempt?.abort();
    this.#offloaded.abort();
    this.#record?.end({ outcome: "abandoned", status: 0, code: null, retryAfterMs: null });
  }

  #settle(): void {
    if (this.#primary !== null && this.#shadow !== null) this.#finish(false);
  }

  #finish(cancelled: boolean): void {
    this.#over = true;
    this.#body = null;
    this.call.running.delete(this);
    this.#deps.onOver(this, { cancelled, primary: this.#primary, shadow: this.#shadow });
  }
}

const NOTHING = new Uint8Array(0);
