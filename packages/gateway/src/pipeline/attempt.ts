import type { IncomingHttpHeaders } from "node:http";
import type { FlatHeaders } from "@headrace/core/adapter";
import type { TimeoutsConfig } from "@headrace/core/config/types";
import type { StallConfig } from "@headrace/core/config/types-routing";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ErrorCode } from "@headrace/core/errors/table";
import type { RefusalKind } from "@headrace/providers/refusal-kind";
import type { AnswerLeg } from "../continuation/answer-leg.ts";
import type { Deadlines } from "../time/deadlines.ts";
import type { Credential } from "../upstream/credentials/credential.ts";
import { UpstreamCall, type UpstreamListener, type UpstreamRequest } from "../upstream/upstream-call.ts";
import type { AnswerHost, AnswerIntake } from "./answer-intake.ts";
import type { AnswerReader } from "./answer-reader.ts";
import { DocumentAnswer } from "./document-answer.ts";
import { estimateUsage, type MeteredUsage } from "./metered-usage.ts";
import { NO_HEAD, type ProviderHead, readHead, retriedSooner } from "./provider-head.ts";
import { ProviderWords } from "./provider-words.ts";
import type { RelayedError } from "./stream-relay.ts";
import { StreamedAnswer } from "./streamed-answer.ts";
import type { TryOwner } from "./try-owner.ts";
import { isJson, redirectedAnswer } from "./unusable-answer.ts";

export interface AttemptOptions {
  readonly reader: AnswerReader;
  readonly credential: Credential;
  /** The headers among the request's that the credential gave for it. */
  readonly proof: FlatHeaders;
  readonly timeouts: TimeoutsConfig;
  /** How slow a stream may be; null for any pace. */
  readonly stall: StallConfig | null;
  readonly deadlines: Deadlines;
  /** The client asked for a stream. */
  readonly stream: boolean;
}

/** Ends without a head of the answer before which a provider most likely worked, and bills it. */
const TIMED_OUT: ReadonlySet<ErrorCode> = new Set(["upstream_first_byte_timeout", "upstream_total_timeout"]);

/** One try of a request at one target, from sending it to knowing what the answer is worth. */
export class Attempt implements UpstreamListener, AnswerHost {
  readonly owner: TryOwner<string>;
  readonly words: ProviderWords;
  head: ProviderHead = NO_HEAD;
  aborted = false;
  readonly #options: AttemptOptions;
  readonly #call: UpstreamCall;
  #otherKey = false;
  #intake: AnswerIntake | null = null;
  /** The provider said no, or broke off without a word. */
  #unserved = false;

  constructor(owner: TryOwner<string>, options: AttemptOptions) {
    this.owner = owner;
    this.#options = options;
    this.words = new ProviderWords(options.credential);
    this.#call = new UpstreamCall(this, options.timeouts, options.deadlines);
  }

  start(request: UpstreamRequest): void {
    this.#call.start(request);
  }

  pause(): void {
    this.#call.pause();
    this.#intake?.pause();
  }

  resume(): void {
    this.#call.resume();
    this.#intake?.resume();
  }

  abort(): void {
    this.aborted = true;
    this.#intake?.letGo();
    this.#call.abort();
  }

  /** How long the provider asks to be left alone, or null. */
  get retryAfterMs(): number | null {
    return this.head.retryAfterMs;
  }

  /** What another model might not refuse; null for all else. */
  get refusal(): RefusalKind | null {
    return this.#intake?.refusal ?? null;
  }

  /** The provider refused the key that was shown, and has not refused another one. */
  get otherKey(): boolean {
    return this.#otherKey;
  }

  /** Which of the provider's keys was shown, from 0. */
  get key(): number {
    const { credential, proof } = this.#options;
    return credential.keyOf?.(proof) ?? 0;
  }

  get leg(): AnswerLeg | null {
    return this.#intake?.leg ?? null;
  }

  /** Events of a stream seen so far. */
  get events(): number {
    return this.#intake?.events ?? 0;
  }

  /** True when the provider itself reported an error inside the stream that was passed on. */
  get failedInBand(): boolean {
    return this.#intake?.failedInBand === true;
  }

  /**
   * What the call used. Where its provider has not told to the end, because the call was cut or the provider never
   * does, it is estimated, so that nobody gets an answer for nothing by leaving before its last event.
   *
   * @returns null for a call that was not sent or not served, and for a plain answer that tells of no usage
   */
  meteredUsage(estimatedInputTokens: number): MeteredUsage | null {
    if (this.#intake !== null) return this.#intake.meteredUsage(estimatedInputTokens);
    if (this.#call.sentAtMs === 0 || this.#unserved) return null;
    return estimateUsage(null, { inputTokens: estimatedInputTokens, outputTokens: 0 });
  }

  /** Time from the request's sending to the last byte of its answer, or to `nowMs` while it lasts. */
  waitedMs(nowMs: number): number {
    return this.#call.waitedMs(nowMs);
  }

  onHead(status: number, headers: IncomingHttpHeaders): void {
    this.head = readHead(status, headers);
    this.#unserved = status >= 300;
    this.owner.onHead(headers);
    if (status >= 300 && status < 400) {
      this.fail(redirectedAnswer(status));
      return;
    }
    this.#judgeKey(status, this.head.retryAfterMs);
    if (status === 401) this.fail("upstream_auth_failed");
    else this.#intake = this.#openIntake(this.head);
  }

  onData(chunk: Buffer): void {
    this.#intake?.onData(chunk);
  }

  onEnd(): void {
    this.#intake?.onEnd();
  }

  onFailure(error: GatewayError): void {
    if (this.head === NO_HEAD && !TIMED_OUT.has(error.code)) this.#unserved = true;
    this.#intake?.letGo();
    this.owner.onFailure(error);
  }

  reported(error: RelayedError): GatewayError {
    if (error.status !== null) this.#judgeKey(error.status, null);
    return this.words.reported(error);
  }

  fail(error: GatewayError | ErrorCode): void {
    this.#intake?.letGo();
    this.#call.abort();
    this.owner.onFailure(typeof error === "string" ? new GatewayError(error) : error);
  }

  #openIntake({ status, contentType }: ProviderHead): AnswerIntake {
    const { stream, reader, stall, deadlines } = this.#options;
    const isGood = status < 300;
    if (stream && isGood && reader.isStream(contentType)) {
      const clientType = reader.clientType(contentType, stream);
      return new StreamedAnswer(this, { relay: reader.openStream(), clientType, stall, deadlines });
    }
    const passes = reader.answersBytes && isGood && !isJson(contentType);
    return new DocumentAnswer(this, { reader, stream, passes });
  }

  /** The key that was shown is judged by what the provider says, wherever it says it. */
  #judgeKey(status: number, retryAfterMs: number | null): void {
    const { credential, proof } = this.#options;
    const nextInMs = credential.answered?.(proof, { status, retryAfterMs }) ?? null;
    this.#otherKey = nextInMs === 0;
    this.head = retriedSooner(this.head, nextInMs);
  }
}
