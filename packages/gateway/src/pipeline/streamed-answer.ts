import type { StallConfig } from "@headrace/core/config/types-routing";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { AnswerLeg } from "../continuation/answer-leg.ts";
import type { Deadlines } from "../time/deadlines.ts";
import type { AnswerHost, AnswerIntake } from "./answer-intake.ts";
import { estimateUsage, type MeteredUsage } from "./metered-usage.ts";
import { StallGuard } from "./stall-guard.ts";
import type { RelayedError, StreamRelay } from "./stream-relay.ts";
import { StreamStart } from "./stream-start.ts";

export interface StreamedAnswerOptions {
  readonly relay: StreamRelay;
  /** What the client is told that it gets. */
  readonly clientType: string;
  /** How slow it may be; null for any pace. */
  readonly stall: StallConfig | null;
  readonly deadlines: Deadlines;
}

/** A stream of events. It begins with the first that a client would see, so that what fails until then can be tried again. */
export class StreamedAnswer implements AnswerIntake {
  readonly refusal = null;
  readonly #host: AnswerHost;
  readonly #options: StreamedAnswerOptions;
  readonly #relay: StreamRelay;
  readonly #start: StreamStart;
  #guard: StallGuard | null = null;
  #begun = false;
  /** The provider said no before it had begun. */
  #refused = false;

  constructor(host: AnswerHost, options: StreamedAnswerOptions) {
    this.#host = host;
    this.#options = options;
    this.#relay = options.relay;
    this.#start = new StreamStart(options.deadlines, () => this.#giveHeld());
  }

  get events(): number {
    return this.#relay.events;
  }

  get leg(): AnswerLeg | null {
    return this.#relay.leg ?? null;
  }

  get failedInBand(): boolean {
    return this.#begun && this.#relay.error !== null;
  }

  meteredUsage(estimatedInputTokens: number): MeteredUsage | null {
    const { usage: tokens, usageIsFinal } = this.#relay;
    if (usageIsFinal && tokens !== null) return { tokens, source: "reported" };
    if (this.#refused) return null;
    const outputTokens = this.#relay.estimateOutputTokens();
    return estimateUsage(tokens, { inputTokens: estimatedInputTokens, outputTokens });
  }

  pause(): void {
    this.#guard?.pause();
  }

  resume(): void {
    this.#guard?.restart();
  }

  letGo(): void {
    this.#start.drop();
    this.#guard?.stop();
  }

  onData(chunk: Buffer): void {
    const relay = this.#relay;
    let bytes: Buffer | null;
    try {
      bytes = relay.push(chunk);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      this.#host.fail(error);
      return;
    }
    if (relay.error !== null && !(this.#begun && relay.passesErrors)) {
      this.#failReported(relay.error, bytes);
      return;
    }
    if (bytes === null || !(this.#begun || this.#start.lets(bytes, relay))) return;
    this.#give(this.#beginWith(bytes) ?? bytes);
  }

  onEnd(): void {
    const { whole, bytes: last, ready } = this.#relay.end();
    const { error, passesErrors } = this.#relay;
    this.#guard?.stop();
    if (!whole) {
      this.#start.drop();
      this.#host.owner.onFailure(new GatewayError("upstream_cut"));
    } else if (error !== null && !(this.#begun && passesErrors)) {
      this.#failReported(error, last);
    } else {
      const bytes = this.#beginWith(last);
      if (ready === undefined) this.#giveEnding(bytes);
      else void ready.then(() => this.#giveEnding(bytes));
    }
  }

  #giveEnding(bytes: Buffer | null): void {
    if (this.#host.aborted) return;
    if (bytes !== null) this.#give(bytes);
    this.#host.owner.onComplete();
  }

  #give(bytes: Buffer): void {
    const { owner, words } = this.#host;
    owner.onBytes(this.#relay.error === null ? bytes : words.mask(bytes));
  }

  /** What was said before the error goes out first, unless the client can still be given an honest status. */
  #failReported(error: RelayedError, bytes: Buffer | null): void {
    if (this.#begun && bytes !== null) this.#host.owner.onBytes(bytes);
    this.#refused = !this.#begun;
    this.#host.fail(this.#host.reported(error));
  }

  /** @returns the bytes that go out now, those that were kept among them */
  #beginWith(bytes: Buffer | null): Buffer | null {
    if (this.#begun) return bytes;
    this.#begun = true;
    this.#host.owner.onBegin(this.#options.clientType);
    this.#watchPace();
    return this.#start.release(bytes);
  }

  #watchPace(): void {
    const { stall, deadlines } = this.#options;
    if (stall === null) return;
    const outputTokens = (): number => this.#relay.outputTokensSoFar();
    const onStalled = (): void => this.#host.fail("upstream_stalled");
    this.#guard = new StallGuard({ stall, deadlines, outputTokens, onStalled });
  }

  /** The client has heard nothing for too long. */
  #giveHeld(): void {
    const held = this.#beginWith(null);
    if (held !== null) this.#host.owner.onBytes(held);
  }
}
