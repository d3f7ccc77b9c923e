import type { IncomingHttpHeaders } from "node:http";
import type { FlatHeaders } from "@headrace/core/adapter";
import type { TokenUsage } from "@headrace/core/canonical/usage";
import type { TimeoutsConfig } from "@headrace/core/config/types";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ProviderService } from "@headrace/core/provider-adapter";
import { headerLines } from "../http/header-lines.ts";
import type { Deadlines } from "../time/deadlines.ts";
import type { Credential } from "../upstream/credentials/credential.ts";
import { firstValue } from "../upstream/header-value.ts";
import { readRetryAfterMs } from "../upstream/retry-after.ts";
import { UpstreamCall, type UpstreamListener, type UpstreamRequest } from "../upstream/upstream-call.ts";
import { EventPass } from "./event-pass.ts";
import type { MeteredUsage } from "./metered-usage.ts";
import { PlainAnswer } from "./plain-answer.ts";
import { ProviderWords } from "./provider-words.ts";
import { RelayedTranslation, type TranslationOptions, type TranslationOwner } from "./relayed-translation.ts";
import type { StreamRelay } from "./stream-relay.ts";
import { StreamTap } from "./stream-tap.ts";
import { tooLargeToTranslate } from "./translated-answers.ts";
import type { TryOwner, WholeAnswer } from "./try-owner.ts";
import type { TalliedTry } from "./try-record.ts";
import { invalidAnswer, isJson, unreadableAnswer } from "./unusable-answer.ts";

/** The head of an answer that is sent on while it comes. */
export interface RelayedHead {
  readonly status: number;
  readonly contentType: string;
  /** Further headers of the provider's that are for the client. */
  readonly lines: string;
  /** Server-sent events, between which there is room for an error. */
  readonly isStream: boolean;
}

/** As the owner of any try, for answers of every kind. */
export interface RelayedTryOwner extends Omit<TryOwner<RelayedHead>, "onHead"> {
  /** Fields of a form that the provider cannot take, as far as they are known. */
  onLost(names: readonly string[]): void;
}

export interface RelayedTryOptions {
  readonly service: ProviderService;
  readonly credential: Credential;
  /** The headers among the request's that the credential gave for it. */
  readonly proof: FlatHeaders;
  readonly timeouts: TimeoutsConfig;
  readonly deadlines: Deadlines;
  /** Null where form and answer are passed on. */
  readonly translation: TranslationOptions | null;
}

const EVENT_STREAM = "text/event-stream";
const TAIL_BYTES = 4 * 1024;
/** The words of a day's recording, each with its times. */
const MAX_TRANSLATED_BYTES = 64 * 1024 * 1024;

/** One try of a call whose answer is passed on as it is: a document, a text, a file, or events. */
export class RelayedTry implements UpstreamListener, TalliedTry, TranslationOwner {
  readonly #owner: RelayedTryOwner;
  readonly #options: RelayedTryOptions;
  readonly #call: UpstreamCall;
  readonly #words: ProviderWords;
  readonly #translation: RelayedTranslation | null;
  #status = 0;
  #contentType = "";
  #disposition = "";
  #retryAfterMs: number | null = null;
  #otherKey = false;
  #plain: PlainAnswer | null = null;
  #relay: StreamRelay | null = null;
  #begun = false;
  #whole = false;
  #aborted = false;
  #tail: Buffer = Buffer.alloc(0);

  constructor(owner: RelayedTryOwner, options: RelayedTryOptions) {
    this.#owner = owner;
    this.#options = options;
    this.#words = new ProviderWords(options.credential);
    const { translation } = options;
    this.#translation = translation === null ? null : new RelayedTranslation(this, translation);
    this.#call = new UpstreamCall(this, options.timeouts, options.deadlines);
  }

  /** @param form - the client's own */
  start(request: Omit<UpstreamRequest, "body">, form: AsyncIterable<Uint8Array> | null): void {
    const translated = form === null ? null : (this.#translation?.formOf(form) ?? form);
    this.#call.start({ ...request, body: translated });
  }

  onLost(names: readonly string[]): void {
    if (!this.#aborted) this.#owner.onLost(names);
  }

  onUntranslatable(error: GatewayError): void {
    if (!this.#aborted) this.#fail(error);
  }

  pause(): void {
    this.#call.pause();
  }

  resume(): void {
    this.#call.resume();
  }

  abort(): void {
    this.#aborted = true;
    this.#call.abort();
  }

  get retryAfterMs(): number | null {
    return this.#retryAfterMs;
  }

  get otherKey(): boolean {
    return this.#otherKey;
  }

  get begun(): boolean {
    return this.#begun;
  }

  /** True for a stream whose provider reported an error in it, which has been passed on. */
  get failedInBand(): boolean {
    return this.#relay !== null && this.#relay.error !== null;
  }

  get events(): number {
    return this.#relay?.events ?? 0;
  }

  /** Only what the provider reports: nothing here tells how many tokens a file is. */
  meteredUsage(): MeteredUsage | null {
    if (this.#status >= 300) return null;
    const tokens = this.#relay === null ? this.#usageOf(this.#tail) : this.#relay.usage;
    return tokens === null || !this.#whole ? null : { tokens, source: "reported" };
  }

  waitedMs(nowMs: number): number {
    const { sentAtMs, endedAtMs } = this.#call;
    return sentAtMs === 0 ? 0 : (endedAtMs === 0 ? nowMs : endedAtMs) - sentAtMs;
  }

  onHead(status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#contentType = firstValue(headers["content-type"]);
    this.#disposition = firstValue(headers["content-disposition"]);
    if (status >= 300 && status < 400) {
      const message = `The model provider answered with a redirect (status ${status}), which is not followed.`;
      this.#fail(invalidAnswer(message));
      return;
    }
    if (status >= 400) this.#retryAfterMs = readRetryAfterMs(headers, Date.now());
    const { credential, proof } = this.#options;
    this.#hearOfKeys(credential.answered?.(proof, { status, retryAfterMs: this.#retryAfterMs }) ?? null);
    if (status === 401) this.#fail(new GatewayError("upstream_auth_failed"));
    else if (status >= 300 || isJson(this.#contentType)) this.#plain = new PlainAnswer();
    else if (this.#translation !== null) this.#fail(this.#unreadable());
    else if (this.#contentType.startsWith(EVENT_STREAM)) this.#relay = this.#openRelay();
  }

  onData(chunk: Buffer): void {
    if (this.#relay !== null) this.#passEvents(this.#relay, chunk);
    else if (this.#plain === null) this.#pass(chunk);
    else if (!this.#plain.push(chunk)) this.#outgrow(this.#plain);
  }

  onEnd(): void {
    this.#whole = true;
    if (this.#relay !== null) this.#endEvents(this.#relay);
    else if (this.#plain !== null) this.#giveWhole(this.#plain.take());
    else {
      if (!this.#begun) this.#begin();
      this.#owner.onComplete();
    }
  }

  onFailure(error: GatewayError): void {
    this.#owner.onFailure(error);
  }

  /** @param nextInMs - the time until another key may be shown; null when that is not the matter */
  #hearOfKeys(nextInMs: number | null): void {
    this.#otherKey = nextInMs === 0;
    if (nextInMs !== null && this.#retryAfterMs !== null)
      this.#retryAfterMs = Math.min(this.#retryAfterMs, nextInMs);
  }

  #openRelay(): StreamRelay {
    const { stream, tokenUsage } = this.#options.service;
    if (stream === null) return new EventPass((tail) => this.#usageOf(tail));
    return new StreamTap(stream, { dropUsageEvent: false, tokenUsage });
  }

  #passEvents(relay: StreamRelay, chunk: Buffer): void {
    let bytes: Buffer | null;
    try {
      bytes = relay.push(chunk);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      this.#fail(error);
      return;
    }
    if (!this.#begun && relay.error !== null) this.#fail(this.#words.reported(relay.error));
    else if (bytes !== null) this.#giveEvents(relay, bytes);
  }

  #endEvents(relay: StreamRelay): void {
    const { whole, bytes } = relay.end();
    this.#whole = whole;
    if (!whole) {
      this.#owner.onFailure(new GatewayError("upstream_cut"));
      return;
    }
    if (!this.#begun && relay.error !== null) {
      this.#owner.onFailure(this.#words.reported(relay.error));
      return;
    }
    if (bytes !== null) this.#giveEvents(relay, bytes);
    else if (!this.#begun) this.#begin();
    this.#owner.onComplete();
  }

  #giveEvents(relay: StreamRelay, bytes: Buffer): void {
    if (!this.#begun) this.#begin();
    this.#owner.onBytes(relay.error === null ? bytes : this.#words.mask(bytes));
  }

  #outgrow(plain: PlainAnswer): void {
    if (this.#status >= 300) {
      this.#fail(this.#unreadable());
      return;
    }
    if (this.#translation !== null) {
      if (plain.bodyBytes > MAX_TRANSLATED_BYTES) this.#fail(tooLargeToTranslate());
      return;
    }
    this.#plain = null;
    this.#pass(plain.take());
  }

  #pass(bytes: Buffer): void {
    if (!this.#begun) this.#begin();
    this.#tail = Buffer.concat([this.#tail, bytes.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES);
    this.#owner.onBytes(bytes);
  }

  #giveWhole(body: Buffer): void {
    if (this.#status >= 300 && (!isJson(this.#contentType) || body.length === 0)) {
      this.#owner.onFailure(this.#unreadable());
      return;
    }
    if (this.#translation !== null) {
      this.#giveTranslated(this.#translation, body);
      return;
    }
    this.#tail = body.subarray(-TAIL_BYTES);
    this.#owner.onWhole({
      ...this.#head(),
      contentType: this.#contentType,
      body: this.#status >= 300 ? this.#words.mask(body) : body,
    });
  }

  #giveTranslated(translation: RelayedTranslation, body: Buffer): void {
    if (this.#status >= 300) {
      const words = translation.readRefusal(this.#status, body);
      this.#owner.onFailure(this.#words.refused(words, this.#head()));
      return;
    }
    let transcript: ReturnType<RelayedTranslation["readWhole"]>;
    try {
      transcript = translation.readWhole(body);
    } catch (error) {
      this.#owner.onFailure(this.#words.thrown(error));
      return;
    }
    if (!(transcript instanceof Promise)) {
      this.#owner.onWhole({ ...this.#head(), ...transcript });
      return;
    }
    transcript.then(
      (late) => {
        if (!this.#aborted) this.#owner.onWhole({ ...this.#head(), ...late });
      },
      (error: unknown) => {
        if (!this.#aborted) this.#owner.onFailure(this.#words.thrown(error));
      },
    );
  }

  #head(): Pick<WholeAnswer, "status" | "retryAfterMs"> {
    return { status: this.#status, retryAfterMs: this.#retryAfterMs };
  }

  #begin(): void {
    this.#begun = true;
    const lines = this.#disposition === "" ? "" : headerLines({ "content-disposition": this.#disposition });
    const contentType = this.#contentType === "" ? "application/octet-stream" : this.#contentType;
    this.#owner.onBegin({ status: this.#status, contentType, lines, isStream: this.#relay !== null });
  }

  #usageOf(tail: Buffer): TokenUsage | null {
    const { service } = this.#options;
    return service.tokenUsage(service.readUsage(tail));
  }

  #unreadable(): GatewayError {
    return unreadableAnswer({ ...this.#head(), contentType: this.#contentType });
  }

  #fail(error: GatewayError): void {
    this.abort();
    this.#owner.onFailure(error);
  }
}
