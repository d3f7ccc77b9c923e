import type { IncomingHttpHeaders } from "node:http";
import type { TokenUsage } from "@headrace/core/canonical/usage";
import type { TimeoutsConfig } from "@headrace/core/config/types";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { Target } from "../snapshot/snapshot.ts";
import type { Deadlines } from "../time/deadlines.ts";
import { firstValue } from "../upstream/header-value.ts";
import { readRetryAfterMs } from "../upstream/retry-after.ts";
import { UpstreamCall, type UpstreamListener, type UpstreamRequest } from "../upstream/upstream-call.ts";
import { maskSecret, maskSecretBytes } from "./mask-secret.ts";
import { PlainAnswer } from "./plain-answer.ts";
import { StreamTap } from "./stream-tap.ts";

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

  get usage(): TokenUsage | null {
    return this.#options.target.adapter.tokenUsage(this.#tap === null ? this.#rawUsage : this.#tap.usage);
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
    if (status >= 300 && status < 400) {
      this.#fail(
        invalid(`The model provider answered with a redirect (status ${status}), which is not followed.`),
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
    this.#rawUsage = this.#options.target.adapter.readUsage(this.#tail);
    this.#owner.onComplete();
  }

  #onPlainEnd(body: Buffer): void {
    if (!isJson(this.#contentType) || body.length === 0) {
      this.#owner.onFailure(this.#unreadable());
      return;
    }
    if (this.#options.stream && this.#status < 300) {
      this.#owner.onFailure(this.#notAStream(body));
      return;
    }
    if (this.#status < 300) this.#rawUsage = this.#options.target.adapter.readUsage(body);
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
    return invalid("The model provider answered a request for a stream with a whole JSON document.");
  }

  /** An answer that is no JSON: a proxy's or a CDN's page. Its status counts, its words do not help the client. */
  #unreadable(): GatewayError {
    const what =
      this.#contentType === "" ? "without a content type" : `of type ${JSON.stringify(this.#contentType)}`;
    const message = `The model provider answered with status ${this.#status} and a body ${what} where JSON was expected.`;
    if (this.#status < 400) return invalid(message);
    return new GatewayError("upstream_error", {
      status: this.#status,
      message,
      ...(this.#retryAfterMs === null ? {} : { retryAfterMs: this.#retryAfterMs }),
    });
  }

  /** An error that the provider reported inside a 200. */
  #reported({ status, message }: { readonly status: number | null; readonly message: string }): GatewayError {
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

function isJson(contentType: string): boolean {
  return contentType.startsWith("application/json") || /^[^;]*\bjson\b/i.test(contentType);
}

function invalid(message: string): GatewayError {
  return new GatewayError("upstream_invalid_response", { message });
}
