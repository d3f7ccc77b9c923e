import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ErrorCode } from "@headrace/core/errors/table";
import type { ClientWire } from "@headrace/core/wire/client-wire";
import type { Exchange } from "../http/exchange.ts";
import type { ClientFraming } from "../pipeline/call-head.ts";
import type { CallTally, TalliedPlan } from "../pipeline/call-tally.ts";
import type { WholeAnswer } from "../pipeline/try-owner.ts";
import type { Deadlined, Deadlines } from "../time/deadlines.ts";
import { answerError, errorTypeLine, requestIdLine, retryAfterLines } from "./answer-error.ts";
import type { StreamNote } from "./stream-note.ts";

/** Whose answer it is. */
export interface AnswerOwner {
  /** The last word is about to be said, so that nothing is needed any more for another try. */
  onConclude(): void;
  /** The client has all that it gets, or has gone. */
  onRelease(): void;
}

export interface AnswerOptions<P extends TalliedPlan> {
  readonly exchange: Exchange;
  readonly tally: CallTally<P>;
  readonly wire: ClientWire;
  /** For a client that wants a stream's events in another form. */
  readonly framing: ClientFraming | null;
  /** For a client that wants to be told what a stream cost; absent = it does not. */
  readonly note?: StreamNote | null;
  readonly deadlines: Deadlines;
  /** Told of a bug; the client has been answered when it is called. */
  readonly onBug: (error: unknown, requestId: string) => void;
}

/** How an answer begins that is given in pieces. */
export interface AnswerHead {
  readonly status: number;
  readonly contentType: string;
  /** Further header lines. */
  readonly lines: string;
  /** Events, between which there is room for an error and for keep-alives. */
  readonly isStream: boolean;
}

const NEVER = Number.POSITIVE_INFINITY;
/** Proxies cut streams that are silent for a minute or less, and some tools warn after twenty seconds. */
const KEEP_ALIVE_AFTER_MS = 15_000;
const EVENT_STREAM = "text/event-stream";
const STREAM_HEADER_LINES = "\r\ncache-control: no-cache\r\nx-accel-buffering: no";

/**
 * What a call's client gets, in its own wire's form: whole, in pieces, or an error, and in any case one last word. What
 * the call was is told with that word.
 */
export class ClientAnswer<P extends TalliedPlan> implements Deadlined {
  deadlineAtMs: number = NEVER;
  deadlineSlot = -1;
  readonly #owner: AnswerOwner;
  readonly #options: AnswerOptions<P>;
  readonly #exchange: Exchange;
  readonly #tally: CallTally<P>;
  #head: AnswerHead | null = null;
  /** Set while there is a stream that it can stand in. */
  #note: StreamNote | null = null;

  constructor(owner: AnswerOwner, options: AnswerOptions<P>) {
    this.#owner = owner;
    this.#options = options;
    this.#exchange = options.exchange;
    this.#tally = options.tally;
  }

  /** True from the moment in which something of the answer may have reached the client. */
  get begun(): boolean {
    return this.#head !== null;
  }

  /** A provider's answer, or its refusal, as a whole. */
  giveWhole({ status, contentType, body, retryAfterMs }: WholeAnswer, furtherLines = ""): void {
    this.#tally.answerBytes = body.length;
    const lines =
      this.#headerLines(contentType) +
      furtherLines +
      errorTypeLine(this.#options.wire, status) +
      retryAfterLines(retryAfterMs);
    this.conclude(status, status >= 400 ? "upstream_error" : null);
    this.#exchange.respond(status, lines, body);
  }

  begin(head: AnswerHead): void {
    this.#head = head;
    const { status, contentType, lines, isStream } = head;
    if (!isStream) {
      this.#exchange.begin(status, this.#headerLines(contentType) + lines);
      return;
    }
    this.#tally.firstToken();
    const { note = null, framing } = this.#options;
    if (framing === null && contentType.startsWith(EVENT_STREAM)) this.#note = note;
    const clientType = framing?.contentType ?? contentType;
    this.#exchange.begin(status, this.#headerLines(clientType) + lines + STREAM_HEADER_LINES);
    // Only now, and only here: a comment before the status is out, or inside of JSON, would spoil the answer.
    this.#options.deadlines.add(this);
  }

  /** @returns false when the client is slow */
  write(bytes: Buffer): boolean {
    this.#tally.answerBytes += bytes.length;
    if (this.#note !== null) return this.#sendSome(this.#note.take(bytes));
    const { framing } = this.#options;
    return this.#send(framing === null ? bytes : framing.push(bytes));
  }

  /** The answer that was begun is complete. */
  complete(errorCode: ErrorCode | null): void {
    const { framing } = this.#options;
    if (framing !== null && this.#head?.isStream === true) this.#send(framing.end());
    if (this.#note !== null) this.#sendSome(this.#note.end(this.#tally.toll()));
    this.conclude(this.#head?.status ?? 200, errorCode);
    this.#exchange.end();
  }

  /** Ends with an error: in a status, in the stream, or by a cut where the client could take it for an answer. */
  fail(error: GatewayError): void {
    if (this.#tally.concluded) return;
    if (this.#head === null) {
      this.refuse(error);
    } else if (this.#head.isStream) {
      if (this.#note !== null) this.#sendSome(this.#note.endFailed(this.#tally.toll()));
      this.#sendError(error);
      this.conclude(this.#head.status, error.code);
      this.#exchange.end();
    } else {
      this.#disarm();
      this.#owner.onConclude();
      this.#exchange.destroy();
      this.release();
      this.#tally.destroyed(this.#head.status, error.code);
    }
  }

  /** Answers with an error's status, whatever was thrown. */
  refuse(error: unknown): void {
    if (this.#tally.concluded) return;
    const refusal = GatewayError.from(error, "internal_error");
    this.conclude(refusal.status, refusal.code);
    answerError(this.#exchange, refusal, { lines: this.#tally.routeLines(), wire: this.#options.wire });
    if (refusal !== error) this.#options.onBug(error, this.#exchange.requestId);
  }

  /** The client is silent on a stream, so that proxies might think that nobody is there. */
  onDeadline(): void {
    this.#send(this.#options.wire.keepAlive);
  }

  /** The client has the whole answer. */
  sent(): void {
    if (!this.#tally.concluded) return;
    this.release();
    this.#tally.sent();
  }

  conclude(status: number, errorCode: ErrorCode | null): void {
    this.#disarm();
    this.#owner.onConclude();
    this.#tally.conclude(status, errorCode);
  }

  /** Nothing of it is on time any more. */
  release(): void {
    this.#disarm();
    this.#owner.onRelease();
  }

  #sendError(error: GatewayError): void {
    const { framing, wire } = this.#options;
    const event = wire.encodeStreamError(error, this.#exchange.requestId);
    this.#send(framing === null ? event : framing.push(Buffer.from(event)));
    if (framing !== null) this.#send(framing.end());
  }

  /** Nothing, for what is all kept back. */
  #sendSome(bytes: Buffer): boolean {
    return bytes.length === 0 || this.#send(bytes);
  }

  #send(bytes: Uint8Array | string): boolean {
    this.deadlineAtMs = this.#options.deadlines.nowMs + KEEP_ALIVE_AFTER_MS;
    return this.#exchange.write(bytes);
  }

  #headerLines(contentType: string): string {
    const idLine = requestIdLine(this.#options.wire, this.#exchange.requestId);
    return `\r\ncontent-type: ${contentType}${idLine}${this.#tally.routeLines()}`;
  }

  #disarm(): void {
    this.deadlineAtMs = NEVER;
    this.#options.deadlines.delete(this);
  }
}
