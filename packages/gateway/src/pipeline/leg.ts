import type { IncomingHttpHeaders } from "node:http";
import type { GatewayError } from "@headrace/core/errors/gateway-error";
import type { RefusalKind } from "@headrace/providers/refusal-kind";
import type { AnswerLeg } from "../continuation/answer-leg.ts";
import type { Destination } from "../snapshot/snapshot.ts";
import type { TryOwner, WholeAnswer } from "./try-owner.ts";
import type { TalliedTry, TryRecord } from "./try-record.ts";

/** A request at a target. */
export interface RunningTry extends TalliedTry {
  /** How long the provider asks to be left alone, or null. */
  readonly retryAfterMs: number | null;
  /** What another model might not refuse; null for all else. */
  readonly refusal: RefusalKind | null;
  /** True when the provider refused the key that was shown, and there is another one that it may take. */
  readonly otherKey: boolean;
  /** What it has written of an answer that another target may go on with; absent where none may. */
  readonly leg?: AnswerLeg | null;
  /** True when the provider itself reported an error inside the stream that was passed on. */
  readonly failedInBand: boolean;
  pause(): void;
  resume(): void;
  abort(): void;
}

/** One try: a target, what is told of it, and the request there once it is sent. */
export class Leg<T extends Destination, H> implements TryOwner<H> {
  readonly record: TryRecord<T>;
  readonly #legs: LegOwner<T, H>;
  #running: RunningTry | null = null;
  #dropped = false;

  constructor(legs: LegOwner<T, H>, record: TryRecord<T>) {
    this.#legs = legs;
    this.record = record;
  }

  get target(): T {
    return this.record.target;
  }

  get running(): RunningTry | null {
    return this.#running;
  }

  /** True when nobody waits for it any more: it need not be sent. */
  get dropped(): boolean {
    return this.#dropped;
  }

  run(running: RunningTry): void {
    this.#running = running;
    this.#legs.onSent(this, running);
  }

  /** Nobody waits for it any more. */
  drop(): void {
    this.#dropped = true;
    this.#running?.abort();
    this.record.end({ outcome: "abandoned", status: 0, code: null, retryAfterMs: null });
  }

  onHead(headers: IncomingHttpHeaders): void {
    this.record.hear(headers);
  }

  onWhole(answer: WholeAnswer): void {
    this.#legs.onLegWhole(this, answer);
  }

  onBegin(head: H): void {
    this.#legs.onLegBegin(this, head);
  }

  onBytes(bytes: Buffer): void {
    this.#legs.onLegBytes(bytes);
  }

  onComplete(): void {
    this.#legs.onLegComplete(this);
  }

  onFailure(error: GatewayError): void {
    this.#legs.onLegFailure(this, error);
  }
}

/** Who leads the legs. */
export interface LegOwner<T extends Destination, H> {
  onSent(leg: Leg<T, H>, running: RunningTry): void;
  onLegWhole(leg: Leg<T, H>, answer: WholeAnswer): void;
  onLegBegin(leg: Leg<T, H>, head: H): void;
  onLegBytes(bytes: Buffer): void;
  onLegComplete(leg: Leg<T, H>): void;
  onLegFailure(leg: Leg<T, H>, error: GatewayError): void;
}
