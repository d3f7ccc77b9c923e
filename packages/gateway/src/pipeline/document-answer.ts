import type { TokenUsage } from "@headrace/core/canonical/usage";
import type { RefusalKind } from "@headrace/providers/refusal-kind";
import type { AnswerHost, AnswerIntake } from "./answer-intake.ts";
import type { AnswerReader, WholeReading } from "./answer-reader.ts";
import { estimateUsage, type MeteredUsage } from "./metered-usage.ts";
import { PlainAnswer } from "./plain-answer.ts";
import { tooLargeToTranslate } from "./translated-answers.ts";
import { invalidAnswer, isJson, unreadableAnswer } from "./unusable-answer.ts";

export interface DocumentAnswerOptions {
  readonly reader: AnswerReader;
  /** The client asked for a stream, so that a document can only be an error. */
  readonly stream: boolean;
  /** What is not JSON goes on as the bytes that it is. */
  readonly passes: boolean;
}

const TAIL_BYTES = 4 * 1024;
const NOTHING = Buffer.alloc(0);
/** Far above any answer that is not streamed, embeddings of thousands of texts included. */
const MAX_TRANSLATED_BYTES = 64 * 1024 * 1024;

/** A document, held until it is whole; or one that is passed on in pieces, because it is large or no document at all. */
export class DocumentAnswer implements AnswerIntake {
  readonly events = 0;
  readonly leg = null;
  readonly failedInBand = false;
  readonly #host: AnswerHost;
  readonly #options: DocumentAnswerOptions;
  /** Null while the answer is passed on. */
  #plain: PlainAnswer | null;
  /** It came to its end. */
  #whole = false;
  /** The provider said no. */
  #refused: boolean;
  #refusal: RefusalKind | null = null;
  #usage: TokenUsage | null = null;
  /** The end of an answer that is passed on in pieces. */
  #tail: Buffer = NOTHING;

  constructor(host: AnswerHost, options: DocumentAnswerOptions) {
    this.#host = host;
    this.#options = options;
    this.#refused = host.head.status >= 300;
    this.#plain = options.passes ? null : new PlainAnswer();
    if (options.passes) this.#begin();
  }

  get refusal(): RefusalKind | null {
    return this.#refusal;
  }

  meteredUsage(estimatedInputTokens: number): MeteredUsage | null {
    if (this.#whole && this.#usage !== null) return { tokens: this.#usage, source: "reported" };
    if (this.#refused || this.#whole) return null;
    return estimateUsage(this.#usage, { inputTokens: estimatedInputTokens, outputTokens: 0 });
  }

  pause(): void {}
  resume(): void {}
  letGo(): void {}

  onData(chunk: Buffer): void {
    const plain = this.#plain;
    if (plain === null) this.#pass(chunk);
    else if (!plain.push(chunk)) this.#outgrow(plain);
  }

  onEnd(): void {
    this.#whole = true;
    if (this.#plain === null) {
      // Usage stands at the end of an answer, so the end is enough to find it.
      this.#usage = this.#options.reader.readTail(this.#tail);
      this.#host.owner.onComplete();
    } else this.#read(this.#plain.take());
  }

  #outgrow(plain: PlainAnswer): void {
    const { status, contentType } = this.#host.head;
    if (status >= 300 || !isJson(contentType)) this.#host.fail(unreadableAnswer(this.#host.head));
    else if (this.#options.reader.passesBytes) {
      // Too large to be held: from here on it can only be passed on, and a cut only be shown as a cut.
      this.#plain = null;
      this.#begin();
      this.#pass(plain.take());
    } else if (plain.bodyBytes > MAX_TRANSLATED_BYTES) this.#host.fail(tooLargeToTranslate());
  }

  #begin(): void {
    const { reader, stream } = this.#options;
    this.#host.owner.onBegin(reader.clientType(this.#host.head.contentType, stream));
  }

  #pass(chunk: Buffer): void {
    this.#tail =
      chunk.length >= TAIL_BYTES ? chunk : Buffer.concat([this.#tail, chunk]).subarray(-TAIL_BYTES);
    this.#host.owner.onBytes(chunk);
  }

  #read(body: Buffer): void {
    const { head, owner } = this.#host;
    if (!isJson(head.contentType) || body.length === 0) owner.onFailure(unreadableAnswer(head));
    else if (head.status >= 300) this.#onRefusal(body);
    else if (this.#options.stream) this.#onStray(body);
    else this.#onDocument(body);
  }

  #onDocument(body: Buffer): void {
    const { owner, words } = this.#host;
    let reading: WholeReading | Promise<WholeReading>;
    try {
      reading = this.#options.reader.readWhole(body);
    } catch (error) {
      owner.onFailure(words.thrown(error));
      return;
    }
    if (!(reading instanceof Promise)) {
      this.#giveWhole(reading);
      return;
    }
    reading.then(
      (late) => this.#giveWhole(late),
      (error: unknown) => {
        if (!this.#host.aborted) owner.onFailure(words.thrown(error));
      },
    );
  }

  #giveWhole({ body, usage, error }: WholeReading): void {
    this.#usage = usage;
    this.#refused = error !== undefined;
    const { aborted, owner, head } = this.#host;
    if (aborted) return;
    if (error !== undefined) {
      owner.onFailure(this.#host.reported(error));
      return;
    }
    const contentType = this.#options.reader.clientType(head.contentType, false);
    owner.onWhole({ ...head, contentType, body });
  }

  /** The provider said no. */
  #onRefusal(body: Buffer): void {
    const { owner, head, words } = this.#host;
    const { reader } = this.#options;
    this.#refusal = reader.refusalKind(head.status, body);
    const refusal = reader.readRefusal(head.status, body);
    if (refusal === null) owner.onWhole({ ...head, body: words.mask(body) });
    else owner.onFailure(words.refused(refusal, head));
  }

  /** A 200 with JSON where a stream was asked for: usually an error in disguise. */
  #onStray(body: Buffer): void {
    const error = this.#options.reader.readStray(body);
    const message = "The model provider answered a request for a stream with a whole JSON document.";
    this.#refused = error !== null;
    this.#host.owner.onFailure(error === null ? invalidAnswer(message) : this.#host.reported(error));
  }
}
