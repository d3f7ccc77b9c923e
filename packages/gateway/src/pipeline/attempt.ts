import type { IncomingHttpHeaders } from "node:http";
import type { TimeoutsConfig } from "@headrace/core/config/types";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ErrorCode } from "@headrace/core/errors/table";
import type { Target } from "../snapshot/snapshot.ts";
import type { Deadlines } from "../time/deadlines.ts";
import { firstValue } from "../upstream/header-value.ts";
import { readRetryAfterMs } from "../upstream/retry-after.ts";
import { UpstreamCall, type UpstreamListener, type UpstreamRequest } from "../upstream/upstream-call.ts";
import { maskSecret, maskSecretBytes } from "./mask-secret.ts";
import { estimateUsage, type MeteredUsage } from "./metered-usage.ts";
import { PlainAnswer } from "./plain-answer.ts";
import { StreamTap } from "./stream-tap.ts";
import { invalidAnswer, isJson, unreadableAnswer } from "./unusable-answer.ts";

/** An answer that is there from its first byte to its last. */
export interface WholeAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
  readonly retryAfterMs: number | null;
}

/**
 * Hears what became of a try: either `onWhole`; or `onBegin`, any number of `onBytes` and `onComplete`; and in place of
 * whatever has not been called yet, `onFailure`. Nothing after the last of these.
 */
export interface AttemptOwner {
  onWhole(answer: WholeAnswer): void;
  /** The first event, or enough of a large answer, is here: it can be sent on. */
  onBegin(contentType: string): void;
  onBytes(bytes: Buffer): void;
  onComplete(): void;
  onFailure(error: GatewayError): void;
}

export interface AttemptOptions {
  readonly target: Target;
  readonly timeouts: TimeoutsConfig;
  readonly deadlines: Deadlines;
  /** The client asked for a stream. */
  readonly stream: boolean;
  readonly dropUsageEvent: boolean;
}

/** Ends without a head of the answer before which a provider most likely worked, and bills it. */
const TIMED_OUT: ReadonlySet<ErrorCode> = new Set(["upstream_first_byte_timeout", "upstream_total_timeout"]);
const EVENT_STREAM = "text/event-stream";
const TAIL_BYTES = 4 * 1024;
const NOTHING = Buffer.alloc(0);
const MAX_QUOTED_CHARS = 500;

/** One try of a request at one target, from sending it to knowing what the answer is worth. */
export class Attempt implements UpstreamListener {
  readonly #owner: AttemptOwner;
  readonly #options: AttemptOptions;
  readonly #call: UpstreamCall;
  #status = 0;
  #contentType = "";
  #retryAfterMs: number | null = null;
  #tap: StreamTap | null = null;
  #plain: PlainAnswer | null = null;
  #begun = false;
  /** A plain answer came to its end. */
  #whole = false;
  /** The provider said no, or broke off without a word. */
  #unserved = false;
  #rawUsage: unknown = null;
  /** The end of an answer that is passed on in pieces. */
  #tail: Buffer = NOTHING;

  constructor(owner: AttemptOwner, options: AttemptOptions) {
    this.#owner = owner;
    this.#options = options;
    this.#call = new UpstreamCall(this, options.timeouts, options.deadlines);
  }

  start(request: UpstreamRequest): void {
    this.#call.start(request);
  }

  pause(): void {
    this.#call.pause();
  }

  resume(): void {
    this.#call.resume();
  }

  abort(): void {
    this.#call.abort();
  }

  /** How long the provider asks to be left alone, or null. */
  get retryAfterMs(): number | null {
    return this.#retryAfterMs;
  }

  get begun(): boolean {
    return this.#begun;
  }

  /** Events of a stream seen so far. */
  get events(): number {
    return this.#tap?.events ?? 0;
  }

  /**
   * What the call used. Where its provider has not told to the end, because the call was cut or the provider never
   * does, it is estimated, so that nobody gets an answer for nothing by leaving before its last event.
   *
   * @returns null for a call that was not sent or not served, and for a plain answer that tells of no usage
   */
  meteredUsage(estimatedInputTokens: number): MeteredUsage | null {
    const tap = this.#tap;
    const tokens = this.#options.target.adapter.tokenUsage(tap === null ? this.#rawUsage : tap.usage);
    const isFinal = tap === null ? this.#whole : tap.usageIsFinal;
    if (isFinal && tokens !== null) return { tokens, source: "reported" };
    if (this.#call.sentAtMs === 0 || this.#unserved || this.#whole) return null;
    return estimateUsage(tokens, {
      inputTokens: estimatedInputTokens,
      outputTokens: tap?.estimateOutputTokens() ?? 0,
    });
  }

  /** True when the provider itself reported an error inside the stream that was passed on. */
  get failedInBand(): boolean {
    return this.#begun && this.#tap !== null && this.#tap.error !== null;
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
    if (status >= 300 && status < 400) {
      this.#fail(
        invalidAnswer(
          `The model provider answered with a redirect (status ${status}), which is not followed.`,
        ),
      );
      return;
    }
    if (status === 401) {
      this.#fail(new GatewayError("upstream_auth_failed"));
      return;
    }
    if (status >= 400) this.#retryAfterMs = readRetryAfterMs(headers, Date.now());
    if (this.#options.stream && status < 300 && this.#contentType.startsWith(EVENT_STREAM)) {
      this.#tap = new StreamTap(this.#options.target.adapter.stream, this.#options);
    } else {
      this.#plain = new PlainAnswer();
    }
  }

  onData(chunk: Buffer): void {
    if (this.#tap !== null) this.#onStreamData(this.#tap, chunk);
    else if (this.#plain !== null) this.#onPlainData(this.#plain, chunk);
    else this.#onPassedData(chunk);
  }

  onEnd(): void {
    if (this.#tap !== null) this.#onStreamEnd(this.#tap);
    else if (this.#plain !== null) this.#onPlainEnd(this.#plain.take());
    else this.#onPassedEnd();
  }

  onFailure(error: GatewayError): void {
    if (this.#status === 0 && !TIMED_OUT.has(error.code)) this.#unserved = true;
    this.#owner.onFailure(error);
  }

  #onStreamData(tap: StreamTap, chunk: Buffer): void {
    let bytes: Buffer | null;
    try {
      bytes = tap.push(chunk);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      this.#fail(error);
      return;
    }
    if (bytes === null) return;
    if (!this.#begun) {
      if (tap.error !== null) {
        this.#fail(this.#reported(tap.error));
        return;
      }
      this.#begin();
    }
    this.#owner.onBytes(this.#fitForClient(tap, bytes));
  }

  #onStreamEnd(tap: StreamTap): void {
    const { whole, bytes } = tap.end();
    if (!whole) {
      this.#owner.onFailure(new GatewayError("upstream_cut"));
      return;
    }
    if (!this.#begun) {
      if (tap.error !== null) {
        this.#owner.onFailure(this.#reported(tap.error));
        return;
      }
      this.#begin();
    }
    if (bytes !== null) this.#owner.onBytes(this.#fitForClient(tap, bytes));
    this.#owner.onComplete();
  }

  #onPlainData(plain: PlainAnswer, chunk: Buffer): void {
    if (plain.push(chunk)) return;
    if (this.#status >= 300 || !isJson(this.#contentType)) {
      this.#fail(this.#unreadable());
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
    this.#rawUsage = this.#options.target.adapter.readUsage(this.#tail);
    this.#owner.onComplete();
  }

  #onPlainEnd(body: Buffer): void {
    this.#whole = true;
    if (!isJson(this.#contentType) || body.length === 0) {
      this.#owner.onFailure(this.#unreadable());
      return;
    }
    if (this.#status < 300) this.#rawUsage = this.#options.target.adapter.readUsage(body);
    if (this.#options.stream && this.#status < 300) {
      this.#owner.onFailure(this.#notAStream(body));
      return;
    }
    this.#owner.onWhole({
      status: this.#status,
      contentType: this.#contentType,
      body: this.#status < 300 ? body : maskSecretBytes(body, this.#secret),
      retryAfterMs: this.#retryAfterMs,
    });
  }

  /** A 200 with JSON where a stream was asked for: usually an error in disguise. */
  #notAStream(body: Buffer): GatewayError {
    const reading = this.#options.target.adapter.stream.readEvent(body.toString());
    if (reading.kind === "error") return this.#reported(reading);
    return invalidAnswer("The model provider answered a request for a stream with a whole JSON document.");
  }

  #unreadable(): GatewayError {
    const answer = { status: this.#status, contentType: this.#contentType, retryAfterMs: this.#retryAfterMs };
    return unreadableAnswer(answer);
  }

  /** An error that the provider reported inside a 200, in place of an answer. */
  #reported({ status, message }: { readonly status: number | null; readonly message: string }): GatewayError {
    this.#unserved = true;
    const words = maskSecret(message, this.#secret).slice(0, MAX_QUOTED_CHARS);
    return new GatewayError("upstream_error", {
      status: status ?? 502,
      message: `The model provider answered with an error: ${words}`,
    });
  }

  get #secret(): string | null {
    return this.#options.target.upstream.secret;
  }

  #fitForClient(tap: StreamTap, bytes: Buffer): Buffer {
    return tap.error === null ? bytes : maskSecretBytes(bytes, this.#secret);
  }

  #begin(): void {
    this.#begun = true;
    this.#owner.onBegin(this.#contentType);
  }

  #fail(error: GatewayError): void {
    this.#call.abort();
    this.#owner.onFailure(error);
  }
}
