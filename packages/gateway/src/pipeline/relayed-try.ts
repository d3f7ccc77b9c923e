import type { IncomingHttpHeaders } from "node:http";
import type { FlatHeaders } from "@headrace/core/adapter";
import type { TokenUsage } from "@headrace/core/canonical/usage";
import type { TimeoutsConfig } from "@headrace/core/config/types";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ProviderService } from "@headrace/core/provider-adapter";
import { headerLines } from "../http/header-lines.ts";
import type { Destination } from "../snapshot/snapshot.ts";
import type { Deadlines } from "../time/deadlines.ts";
import { firstValue } from "../upstream/header-value.ts";
import { UpstreamCall, type UpstreamListener, type UpstreamRequest } from "../upstream/upstream-call.ts";
import { EventPass } from "./event-pass.ts";
import type { RunningTry } from "./leg.ts";
import type { MeteredUsage } from "./metered-usage.ts";
import { NO_HEAD, type ProviderHead, readHead, retriedSooner } from "./provider-head.ts";
import { ProviderWords } from "./provider-words.ts";
import {
  RelayedBytes,
  RelayedDocument,
  RelayedEvents,
  type RelayedHead,
  type RelayedHost,
  type RelayedIntake,
} from "./relayed-answer.ts";
import { adapterOf } from "./relayed-request.ts";
import { RelayedTranslation, type TranslationOptions, type TranslationOwner } from "./relayed-translation.ts";
import type { RelayedError, StreamRelay } from "./stream-relay.ts";
import { StreamTap } from "./stream-tap.ts";
import type { TryOwner } from "./try-owner.ts";
import { isJson, redirectedAnswer, unreadableAnswer } from "./unusable-answer.ts";

export interface RelayedTryOptions {
  readonly destination: Destination;
  readonly service: ProviderService;
  /** The headers among the request's that the credential gave for it. */
  readonly proof: FlatHeaders;
  readonly timeouts: TimeoutsConfig;
  readonly deadlines: Deadlines;
  /** Null where form and answer are passed on. */
  readonly translation: Omit<TranslationOptions, "destination"> | null;
  /** Told of fields of a form that the provider cannot take, as far as they are known. */
  readonly onLost: (names: readonly string[]) => void;
}

const EVENT_STREAM = "text/event-stream";

/** One try of a call whose answer is passed on as it is: a document, a text, a file, or events. */
export class RelayedTry implements UpstreamListener, RunningTry, TranslationOwner, RelayedHost {
  readonly owner: TryOwner<RelayedHead>;
  readonly words: ProviderWords;
  head: ProviderHead = NO_HEAD;
  aborted = false;
  /** Another model would not do better with the same file. */
  readonly refusal = null;
  readonly #options: RelayedTryOptions;
  readonly #call: UpstreamCall;
  readonly #translation: RelayedTranslation | null;
  #otherKey = false;
  #disposition = "";
  #intake: RelayedIntake | null = null;

  constructor(owner: TryOwner<RelayedHead>, options: RelayedTryOptions) {
    this.owner = owner;
    this.#options = options;
    const { destination, translation } = options;
    this.words = new ProviderWords(destination.upstream.credential);
    this.#translation =
      translation === null ? null : new RelayedTranslation(this, { ...translation, destination });
    this.#call = new UpstreamCall(this, options.timeouts, options.deadlines);
  }

  /** @param form - the client's own */
  start(request: Omit<UpstreamRequest, "body">, form: AsyncIterable<Uint8Array> | null): void {
    const translated = form === null ? null : (this.#translation?.formOf(form) ?? form);
    this.#call.start({ ...request, body: translated });
  }

  onLost(names: readonly string[]): void {
    if (!this.aborted) this.#options.onLost(names);
  }

  onUntranslatable(error: GatewayError): void {
    if (!this.aborted) this.fail(error);
  }

  pause(): void {
    this.#call.pause();
  }

  resume(): void {
    this.#call.resume();
  }

  abort(): void {
    this.aborted = true;
    this.#call.abort();
  }

  get retryAfterMs(): number | null {
    return this.head.retryAfterMs;
  }

  get otherKey(): boolean {
    return this.#otherKey;
  }

  /** Which of the provider's keys was shown, from 0. */
  get key(): number {
    const { destination, proof } = this.#options;
    return destination.upstream.credential.keyOf?.(proof) ?? 0;
  }

  get askedAtMs(): number {
    return this.#call.askedAtMs;
  }

  /** True for a stream whose provider reported an error in it, which has been passed on. */
  get failedInBand(): boolean {
    return this.#intake?.failedInBand === true;
  }

  get events(): number {
    return this.#intake?.events ?? 0;
  }

  /** Only what the provider reports: nothing here tells how many tokens a file is. */
  meteredUsage(): MeteredUsage | null {
    const tokens = this.head.status >= 300 ? null : (this.#intake?.usage ?? null);
    return tokens === null ? null : { tokens, source: "reported" };
  }

  waitedMs(nowMs: number): number {
    return this.#call.waitedMs(nowMs);
  }

  onHead(status: number, headers: IncomingHttpHeaders): void {
    this.head = readHead(status, headers);
    this.#disposition = firstValue(headers["content-disposition"]);
    this.owner.onHead(headers);
    if (status >= 300 && status < 400) {
      this.fail(redirectedAnswer(status));
      return;
    }
    this.#judgeKey(status, this.head.retryAfterMs);
    if (status === 401) this.fail(new GatewayError("upstream_auth_failed"));
    else this.#intake = this.#openIntake(this.head);
  }

  onData(chunk: Buffer): void {
    this.#intake?.onData(chunk);
  }

  onEnd(): void {
    this.#intake?.onEnd();
  }

  onFailure(error: GatewayError): void {
    this.owner.onFailure(error);
  }

  begin(isStream: boolean): void {
    const { status, contentType } = this.head;
    this.owner.onBegin({
      status,
      contentType: contentType === "" ? "application/octet-stream" : contentType,
      lines: this.#disposition === "" ? "" : headerLines({ "content-disposition": this.#disposition }),
      isStream,
    });
  }

  reported(error: RelayedError): GatewayError {
    if (error.status !== null) this.#judgeKey(error.status, null);
    return this.words.reported(error);
  }

  usageOf(tail: Buffer): TokenUsage | null {
    const { service } = this.#options;
    return service.tokenUsage(service.readUsage(tail));
  }

  fail(error: GatewayError): void {
    this.abort();
    this.owner.onFailure(error);
  }

  #openIntake(head: ProviderHead): RelayedIntake | null {
    const { destination, service } = this.#options;
    if (head.status >= 300 || isJson(head.contentType)) {
      // What a provider keeps may have failed, and says so in a good answer.
      const respondent = destination.model === "" ? null : { service, adapter: adapterOf(destination) };
      return new RelayedDocument(this, { translation: this.#translation, respondent });
    }
    if (this.#translation !== null) {
      this.fail(unreadableAnswer(head));
      return null;
    }
    const isStream = head.contentType.startsWith(EVENT_STREAM);
    return isStream ? new RelayedEvents(this, this.#openRelay(service)) : new RelayedBytes(this);
  }

  #openRelay({ stream, tokenUsage }: ProviderService): StreamRelay {
    if (stream === null) return new EventPass((tail) => this.usageOf(tail));
    return new StreamTap(stream, { dropUsageEvent: false, tokenUsage });
  }

  /** The key that was shown is judged by what the provider says, wherever it says it. */
  #judgeKey(status: number, retryAfterMs: number | null): void {
    const { destination, proof } = this.#options;
    const nextInMs = destination.upstream.credential.answered?.(proof, { status, retryAfterMs }) ?? null;
    this.#otherKey = nextInMs === 0;
    this.head = retriedSooner(this.head, nextInMs);
  }
}
