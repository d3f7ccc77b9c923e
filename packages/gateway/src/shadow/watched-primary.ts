import type { GatewayError } from "@headrace/core/errors/gateway-error";
import type { Leg, RunningTry } from "../pipeline/leg.ts";
import type { WholeAnswer } from "../pipeline/try-owner.ts";
import type { TryRecord } from "../pipeline/try-record.ts";
import type { RunnerOwner } from "../pipeline/try-runner.ts";
import type { Target } from "../snapshot/snapshot.ts";
import { type AnsweredLeg, answeredLeg } from "./answered-leg.ts";
import { KeptBytes } from "./kept-bytes.ts";

/** What a call's copy hears of the call itself. */
export interface PrimaryListener {
  /** The request is on its way. */
  onPrimarySent(): void;
  /**
   * Its client has all that it gets, or has gone.
   *
   * @param answer - gives what became of it, once the call itself is on record; null for a call that came to no end, for
   *   its client left before
   */
  onPrimaryReleased(answer: () => AnsweredLeg | null): void;
}

export interface WatchOptions {
  readonly listener: PrimaryListener;
  readonly maxBytes: number;
}

/** Stands before the owner of a call's tries and takes note of what passes: nothing is held up or changed. */
export class WatchedPrimary implements RunnerOwner<Target, string> {
  readonly #owner: RunnerOwner<Target, string>;
  readonly #options: WatchOptions;
  readonly #kept: KeptBytes;
  readonly #records: TryRecord[] = [];
  #ended = false;
  #released = false;
  #error: string | null = null;

  constructor(owner: RunnerOwner<Target, string>, options: WatchOptions) {
    this.#owner = owner;
    this.#options = options;
    this.#kept = new KeptBytes(options.maxBytes);
  }

  send(leg: Leg<Target, string>): void | Promise<void> {
    this.#records.push(leg.record);
    const sending = this.#owner.send(leg);
    const { listener } = this.#options;
    if (sending === undefined) listener.onPrimarySent();
    // Whoever waits for it hears of its failure.
    else
      sending.then(
        () => listener.onPrimarySent(),
        () => {},
      );
    return sending;
  }

  goOn(brokenOff: RunningTry | null): ((target: Target) => boolean) | null {
    return this.#owner.goOn?.(brokenOff) ?? null;
  }

  onWhole(answer: WholeAnswer): void {
    this.#kept.push(answer.body);
    this.#end(answer.status >= 400 ? String(answer.status) : null);
    this.#owner.onWhole(answer);
  }

  onBegin(contentType: string): void {
    this.#owner.onBegin(contentType);
  }

  onBytes(bytes: Buffer): void {
    this.#kept.push(bytes);
    this.#owner.onBytes(bytes);
  }

  onComplete(failedInBand: boolean): void {
    this.#end(failedInBand ? "upstream_error" : null);
    this.#owner.onComplete(failedInBand);
  }

  onFailure(error: GatewayError): void {
    this.#end(error.code);
    this.#owner.onFailure(error);
  }

  /** The client has all that it gets, or has gone. */
  released(): void {
    if (this.#released) return;
    this.#released = true;
    this.#options.listener.onPrimaryReleased(() => (this.#ended ? this.#answer() : null));
  }

  #end(error: string | null): void {
    this.#ended = true;
    this.#error = error;
  }

  #answer(): AnsweredLeg | null {
    const begun = this.#records.filter(({ firstByteAtMs }) => firstByteAtMs !== 0);
    const [first, ...others] = begun.length === 0 ? this.#records.slice(-1) : begun;
    if (first === undefined) return null;
    const answer = {
      error: this.#error,
      answerBytes: this.#kept.bytes,
      body: this.#error === null ? this.#kept.whole() : null,
    };
    return answeredLeg([first, ...others], answer);
  }
}
