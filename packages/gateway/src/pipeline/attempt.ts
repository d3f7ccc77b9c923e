import type { IncomingHttpHeaders } from "node:http";
import type { FlatHeaders } from "@headrace/core/adapter";
import type { TokenUsage } from "@headrace/core/canonical/usage";
import type { TimeoutsConfig } from "@headrace/core/config/types";
import type { StallConfig } from "@headrace/core/config/types-routing";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ErrorCode } from "@headrace/core/errors/table";
import type { RefusalKind } from "@headrace/providers/refusal-kind";
import type { AnswerLeg } from "../continuation/answer-leg.ts";
import type { Deadlines } from "../time/deadlines.ts";
import type { Credential } from "../upstream/credentials/credential.ts";
import { firstValue } from "../upstream/header-value.ts";
import { readRetryAfterMs } from "../upstream/retry-after.ts";
import { UpstreamCall, type UpstreamListener, type UpstreamRequest } from "../upstream/upstream-call.ts";
import type { AnswerReader, WholeReading } from "./answer-reader.ts";
import { estimateUsage, type MeteredUsage } from "./metered-usage.ts";
import { PlainAnswer } from "./plain-answer.ts";
import { ProviderWords } from "./provider-words.ts";
import { StallGuard } from "./stall-guard.ts";
import type { RelayedError, StreamRelay } from "./stream-relay.ts";
import { StreamStart } from "./stream-start.ts";
import { tooLargeToTranslate } from "./translated-answers.ts";
import type { TryOwner } from "./try-owner.ts";
import { invalidAnswer, isJson, unreadableAnswer } from "./unusable-answer.ts";

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
const TAIL_BYTES = 4 * 1024;
const NOTHING = Buffer.alloc(0);
/** Far above any answer that is not streamed, embeddings of thousands of texts included. */
const MAX_TRANSLATED_BYTES = 64 * 1024 * 1024;

/** One try of a request at one target, from sending it to knowing what the answer is worth. */
export class Attempt implements UpstreamListener {
  readonly #owner: TryOwner<string>;
  readonly #options: AttemptOptions;
  readonly #call: UpstreamCall;
  readonly #words: ProviderWords;
  readonly #start: StreamStart;
  #status = 0;
  #contentType = "";
  #retryAfterMs: number | null = null;
  #refusal: RefusalKind | null = null;
  #otherKey = false;
  #relay: StreamRelay | null = null;
  #guard: StallGuard | null = null;
  #plain: PlainAnswer | null = null;
  #begun = false;
  #aborted = false;
  /** A plain answer came to its end. */
  #whole = false;
  /** The provider said no, or broke off without a word. */
  #unserved = false;
  #wholeUsage: TokenUsage | null = null;
  /** The end of an answer that is passed on in pieces. */
  #tail: Buffer = NOTHING;

  constructor(owner: TryOwner<string>, options: AttemptOptions) {
    this.#owner = owner;
    this.#options = options;
    this.#words = new ProviderWords(options.credential);
    this.#call = new UpstreamCall(this, options.timeouts, options.deadlines);
    this.#start = new StreamStart(options.deadlines, () => this.#giveHeld());
  }

  start(request: UpstreamRequest): void {
    this.#call.start(request);
  }

  pause(): void {
    this.#call.pause();
    this.#guard?.pause();
  }

  resume(): void {
    this.#call.resume();
    this.#guard?.restart();
  }

  abort(): void {
    this.#aborted = true;
    this.#letGo();
    this.#call.abort();
  }

  /** How long the provider asks to be left alone, or null. */
  get retryAfterMs(): number | null {
    return this.#retryAfterMs;
  }

  /** What another model might not refuse; null for all else. */
  get refusal(): RefusalKind | null {
    return this.#refusal;
  }

  /** The provider refused the key that was shown, and has not refused another one. */
  get otherKey(): boolean {
    return this.#otherKey;
  }

  get leg(): AnswerLeg | null {
    return this.#relay?.leg ?? null;
  }

  /** Events of a stream seen so far. */
  get events(): number {
    return this.#relay?.events ?? 0;
  }

  /**
   * What the call used. Where its provider has not told to the end, because the call was cut or the provider never
   * does, it is estimated, so that nobody gets an answer for nothing by leaving before its last event.
   *
   * @returns null for a call that was not sent or not served, and for a plain answer that tells of no usage
   */
  meteredUsage(estimatedInputTokens: number): MeteredUsage | null {
    const relay = this.#relay;
    const tokens = relay === null ? this.#wholeUsage : relay.usage;
    const isFinal = relay === null ? this.#whole : relay.usageIsFinal;
    if (isFinal && tokens !== null) return { tokens, source: "reported" };
    if (this.#call.sentAtMs === 0 || this.#unserved || this.#whole) return null;
    return estimateUsage(tokens, {
      inputTokens: estimatedInputTokens,
      outputTokens: relay?.estimateOutputTokens() ?? 0,
    });
  }

  /** True when the provider itself reported an error inside the stream that was passed on. */
  get failedInBand(): boolean {
    return this.#begun && this.#relay !== null && this.#relay.error !== null;
  }

  /** Time from the request's sending to the last byte of its answer, or to `nowMs` while it lasts. */
  waitedMs(nowMs: number): number {
    const { sentAtMs, endedAtMs } = this.#call;
    return sentAtMs === 0 ? 0 : (endedAtMs === 0 ? nowMs : endedAtMs) - sentAtMs;
  }

  onHead(status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#contentType = firstValue(headers["content-type"]);
    this.#unserved = status >= 300;
    this.#owner.onHead(headers);
    if (status >= 300 && status < 400) {
      this.#fail(
        invalidAnswer(
          `The model provider answered with a redirect (status ${status}), which is not followed.`,
        ),
      );
      return;
    }
    if (status >= 400) this.#retryAfterMs = readRetryAfterMs(headers, Date.now());
    const { credential, proof } = this.#options;
    this.#hearOfKeys(credential.answered?.(proof, { status, retryAfterMs: this.#retryAfterMs }) ?? null);
    if (status === 401) {
      this.#fail(new GatewayError("upstream_auth_failed"));
      return;
    }
    const { stream, reader } = this.#options;
    if (stream && status < 300 && reader.isStream(this.#contentType)) this.#relay = reader.openStream();
    else if (reader.answersBytes && status < 300 && !isJson(this.#contentType)) this.#begin();
    else this.#plain = new PlainAnswer();
  }

  onData(chunk: Buffer): void {
    if (this.#relay !== null) this.#onStreamData(this.#relay, chunk);
    else if (this.#plain !== null) this.#onPlainData(this.#plain, chunk);
    else this.#onPassedData(chunk);
  }

  onEnd(): void {
    if (this.#relay !== null) this.#onStreamEnd(this.#relay);
    else if (this.#plain !== null) this.#onPlainEnd(this.#plain.take());
    else this.#onPassedEnd();
  }

  onFailure(error: GatewayError): void {
    if (this.#status === 0 && !TIMED_OUT.has(error.code)) this.#unserved = true;
    this.#letGo();
    this.#owner.onFailure(error);
  }

  /** @param nextInMs - the time until another key may be shown; null when that is not the matter */
  #hearOfKeys(nextInMs: number | null): void {
    this.#otherKey = nextInMs === 0;
    if (nextInMs !== null && this.#retryAfterMs !== null)
      this.#retryAfterMs = Math.min(this.#retryAfterMs, nextInMs);
  }

  #onStreamData(relay: StreamRelay, chunk: Buffer): void {
    let bytes: Buffer | null;
    try {
      bytes = relay.push(chunk);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      this.#fail(error);
      return;
    }
    if (relay.error !== null && !(this.#begun && relay.passesErrors)) {
      this.#failReported(relay.error, bytes);
      return;
    }
    if (bytes === null || !(this.#begun || this.#start.lets(bytes, relay))) return;
    const ready = this.#beginWith(bytes) ?? bytes;
    this.#owner.onBytes(relay.error === null ? ready : this.#words.mask(ready));
  }

  #onStreamEnd(relay: StreamRelay): void {
    const { whole, bytes: last, ready } = relay.end();
    this.#guard?.stop();
    if (!whole) {
      this.#start.drop();
      this.#owner.onFailure(new GatewayError("upstream_cut"));
      return;
    }
    if (relay.error !== null && !(this.#begun && relay.passesErrors)) {
      this.#failReported(relay.error, last);
      return;
    }
    const bytes = this.#beginWith(last);
    if (ready === undefined) this.#giveEnding(relay, bytes);
    else {
      void ready.then(() => {
        if (!this.#aborted) this.#giveEnding(relay, bytes);
      });
    }
  }

  #giveEnding(relay: StreamRelay, bytes: Buffer | null): void {
    if (bytes !== null) this.#owner.onBytes(relay.error === null ? bytes : this.#words.mask(bytes));
    this.#owner.onComplete();
  }

  /** What was said before the error goes out first, unless the client can still be given an honest status. */
  #failReported(error: RelayedError, bytes: Buffer | null): void {
    if (this.#begun && bytes !== null) this.#owner.onBytes(bytes);
    this.#unserved = !this.#begun;
    this.#fail(this.#reported(error));
  }

  #onPlainData(plain: PlainAnswer, chunk: Buffer): void {
    if (plain.push(chunk)) return;
    if (this.#status >= 300 || !isJson(this.#contentType)) {
      this.#fail(this.#unreadable());
      return;
    }
    if (!this.#options.reader.passesBytes) {
      if (plain.bodyBytes > MAX_TRANSLATED_BYTES) this.#fail(tooLargeToTranslate());
      return;
    }
    // Too large to be held: from here on it can only be passed on, and a cut only be shown as a cut.
    this.#plain = null;
    this.#begin();
    this.#onPassedData(plain.take());
  }

  #onPassedData(chunk: Buffer): void {
    this.#tail =
      chunk.length >= TAIL_BYTES ? chunk : Buffer.concat([this.#tail, chunk]).subarray(-TAIL_BYTES);
    this.#owner.onBytes(chunk);
  }

  /** Usage stands at the end of an answer, so the end is enough to find it. */
  #onPassedEnd(): void {
    this.#whole = true;
    this.#wholeUsage = this.#options.reader.readTail(this.#tail);
    this.#owner.onComplete();
  }

  #onPlainEnd(body: Buffer): void {
    this.#whole = true;
    if (!isJson(this.#contentType) || body.length === 0) this.#owner.onFailure(this.#unreadable());
    else if (this.#status >= 300) this.#onRefusal(body);
    else if (this.#options.stream) this.#onStray(body);
    else this.#onDocument(body);
  }

  #onDocument(body: Buffer): void {
    let reading: WholeReading | Promise<WholeReading>;
    try {
      reading = this.#options.reader.readWhole(body);
    } catch (error) {
      this.#owner.onFailure(this.#words.thrown(error));
      return;
    }
    if (!(reading instanceof Promise)) {
      this.#giveWhole(reading);
      return;
    }
    reading.then(
      (late) => this.#giveWhole(late),
      (error: unknown) => {
        if (!this.#aborted) this.#owner.onFailure(this.#words.thrown(error));
      },
    );
  }

  #giveWhole({ body, usage, error }: WholeReading): void {
    this.#wholeUsage = usage;
    this.#unserved = error !== undefined;
    if (this.#aborted) return;
    if (error !== undefined) {
      this.#owner.onFailure(this.#reported(error));
      return;
    }
    const contentType = this.#options.reader.clientType(this.#contentType, false);
    this.#owner.onWhole({ status: this.#status, contentType, body, retryAfterMs: this.#retryAfterMs });
  }

  /** The provider said no. */
  #onRefusal(body: Buffer): void {
    this.#refusal = this.#options.reader.refusalKind(this.#status, body);
    const words = this.#options.reader.readRefusal(this.#status, body);
    if (words !== null) {
      const head = { status: this.#status, retryAfterMs: this.#retryAfterMs };
      this.#owner.onFailure(this.#words.refused(words, head));
      return;
    }
    this.#owner.onWhole({
      status: this.#status,
      contentType: this.#contentType,
      body: this.#words.mask(body),
      retryAfterMs: this.#retryAfterMs,
    });
  }

  /** A 200 with JSON where a stream was asked for: usually an error in disguise. */
  #onStray(body: Buffer): void {
    const error = this.#options.reader.readStray(body);
    const message = "The model provider answered a request for a stream with a whole JSON document.";
    this.#unserved = error !== null;
    this.#owner.onFailure(error === null ? invalidAnswer(message) : this.#reported(error));
  }

  /** The key that was shown is judged by what the provider says, wherever it says it. */
  #reported(error: RelayedError): GatewayError {
    const { credential, proof } = this.#options;
    if (error.status !== null)
      this.#hearOfKeys(credential.answered?.(proof, { status: error.status, retryAfterMs: null }) ?? null);
    return this.#words.reported(error);
  }

  #unreadable(): GatewayError {
    const answer = { status: this.#status, contentType: this.#contentType, retryAfterMs: this.#retryAfterMs };
    return unreadableAnswer(answer);
  }

  /** @returns the bytes that go out now, those that were kept among them */
  #beginWith(bytes: Buffer | null): Buffer | null {
    if (this.#begun) return bytes;
    this.#begin();
    return this.#start.release(bytes);
  }

  #begin(): void {
    this.#begun = true;
    const { reader, stream, stall, deadlines } = this.#options;
    const relay = this.#relay;
    this.#owner.onBegin(reader.clientType(this.#contentType, stream));
    if (relay === null || stall === null) return;
    const onStalled = (): void => this.#fail(new GatewayError("upstream_stalled"));
    this.#guard = new StallGuard({
      stall,
      deadlines,
      outputTokens: () => relay.outputTokensSoFar(),
      onStalled,
    });
  }

  /** The client has heard nothing for too long. */
  #giveHeld(): void {
    const held = this.#beginWith(null);
    if (held !== null) this.#owner.onBytes(held);
  }

  #letGo(): void {
    this.#start.drop();
    this.#guard?.stop();
  }

  #fail(error: GatewayError): void {
    this.#letGo();
    this.#call.abort();
    this.#owner.onFailure(error);
  }
}
