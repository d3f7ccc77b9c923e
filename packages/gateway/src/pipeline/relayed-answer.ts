import type { TokenUsage } from "@headrace/core/canonical/usage";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { PlainAnswer } from "./plain-answer.ts";
import type { ProviderHead } from "./provider-head.ts";
import type { ProviderWords } from "./provider-words.ts";
import type { RelayedTranslation } from "./relayed-translation.ts";
import { mayBeError, type Respondent, readReportedError } from "./reported-error.ts";
import type { RelayedError, StreamRelay } from "./stream-relay.ts";
import { tooLargeToTranslate } from "./translated-answers.ts";
import type { TryOwner } from "./try-owner.ts";
import { isJson, unreadableAnswer } from "./unusable-answer.ts";

/** The head of an answer that is sent on while it comes. */
export interface RelayedHead {
  readonly status: number;
  readonly contentType: string;
  /** Further headers of the provider's that are for the client. */
  readonly lines: string;
  /** Server-sent events, between which there is room for an error. */
  readonly isStream: boolean;
}

/** The try that an answer belongs to, as whoever takes the answer in sees it. */
export interface RelayedHost {
  readonly owner: TryOwner<RelayedHead>;
  readonly words: ProviderWords;
  readonly head: ProviderHead;
  /** True when nobody hears of it any more. */
  readonly aborted: boolean;
  /** What goes on as it comes begins now. */
  begin(isStream: boolean): void;
  /** An error that the provider has put into an answer, which may also say something of the key that was shown. */
  reported(error: RelayedError): GatewayError;
  /** What the end of an answer tells of its usage. */
  usageOf(tail: Buffer): TokenUsage | null;
  /** Ends the call to the provider with an error. */
  fail(error: GatewayError): void;
}

/** Takes one answer in, behind its head, and tells its owner what it is worth. */
export interface RelayedIntake {
  /** Events of a stream seen so far. */
  readonly events: number;
  /** True when the provider itself reported an error inside the stream that was passed on. */
  readonly failedInBand: boolean;
  /** As the provider reports it; null for what has not come to its end. */
  readonly usage: TokenUsage | null;
  onData(chunk: Buffer): void;
  onEnd(): void;
}

const TAIL_BYTES = 4 * 1024;
/** Far above the transcript of any file that a provider takes. */
const MAX_TRANSLATED_BYTES = 64 * 1024 * 1024;

/** Whole events, which go on as they come. */
export class RelayedEvents implements RelayedIntake {
  readonly #host: RelayedHost;
  readonly #relay: StreamRelay;
  #begun = false;
  #whole = false;

  constructor(host: RelayedHost, relay: StreamRelay) {
    this.#host = host;
    this.#relay = relay;
  }

  get events(): number {
    return this.#relay.events;
  }

  get failedInBand(): boolean {
    return this.#relay.error !== null;
  }

  get usage(): TokenUsage | null {
    return this.#whole ? this.#relay.usage : null;
  }

  onData(chunk: Buffer): void {
    let bytes: Buffer | null;
    try {
      bytes = this.#relay.push(chunk);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      this.#host.fail(error);
      return;
    }
    const { error } = this.#relay;
    if (!this.#begun && error !== null) this.#host.fail(this.#host.reported(error));
    else if (bytes !== null) this.#give(bytes);
  }

  onEnd(): void {
    const { owner } = this.#host;
    const { whole, bytes } = this.#relay.end();
    const { error } = this.#relay;
    this.#whole = whole;
    if (!whole) owner.onFailure(new GatewayError("upstream_cut"));
    else if (!this.#begun && error !== null) owner.onFailure(this.#host.reported(error));
    else {
      this.#give(bytes);
      owner.onComplete();
    }
  }

  #give(bytes: Buffer | null): void {
    if (!this.#begun) this.#host.begin(true);
    this.#begun = true;
    if (bytes === null) return;
    this.#host.owner.onBytes(this.#relay.error === null ? bytes : this.#host.words.mask(bytes));
  }
}

/** A file, or whatever it is. */
export class RelayedBytes implements RelayedIntake {
  readonly events = 0;
  readonly failedInBand = false;
  readonly #host: RelayedHost;
  #tail: Buffer = Buffer.alloc(0);
  #begun = false;
  #whole = false;

  constructor(host: RelayedHost) {
    this.#host = host;
  }

  get usage(): TokenUsage | null {
    return this.#whole ? this.#host.usageOf(this.#tail) : null;
  }

  onData(chunk: Buffer): void {
    this.#begin();
    this.#tail = Buffer.concat([this.#tail, chunk.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES);
    this.#host.owner.onBytes(chunk);
  }

  onEnd(): void {
    this.#whole = true;
    this.#begin();
    this.#host.owner.onComplete();
  }

  #begin(): void {
    if (!this.#begun) this.#host.begin(false);
    this.#begun = true;
  }
}

export interface RelayedDocumentOptions {
  /** Null for an answer that goes on as it is. */
  readonly translation: RelayedTranslation | null;
  /** Whose error would stand in place of an answer; null where a good answer may look like one. */
  readonly respondent: Respondent | null;
}

/** JSON, held until it is whole; one that is too large for that goes on in pieces. */
export class RelayedDocument implements RelayedIntake {
  readonly events = 0;
  readonly failedInBand = false;
  readonly #host: RelayedHost;
  readonly #options: RelayedDocumentOptions;
  readonly #plain = new PlainAnswer();
  #passed: RelayedBytes | null = null;
  #usage: TokenUsage | null = null;

  constructor(host: RelayedHost, options: RelayedDocumentOptions) {
    this.#host = host;
    this.#options = options;
  }

  get usage(): TokenUsage | null {
    return this.#passed === null ? this.#usage : this.#passed.usage;
  }

  onData(chunk: Buffer): void {
    if (this.#passed !== null) this.#passed.onData(chunk);
    else if (!this.#plain.push(chunk)) this.#outgrow();
  }

  onEnd(): void {
    if (this.#passed === null) this.#read(this.#plain.take());
    else this.#passed.onEnd();
  }

  #outgrow(): void {
    const host = this.#host;
    if (host.head.status >= 300) host.fail(unreadableAnswer(host.head));
    else if (this.#options.translation === null) {
      this.#passed = new RelayedBytes(host);
      this.#passed.onData(this.#plain.take());
    } else if (this.#plain.bodyBytes > MAX_TRANSLATED_BYTES) host.fail(tooLargeToTranslate());
  }

  #read(body: Buffer): void {
    const { head, owner } = this.#host;
    const { translation } = this.#options;
    if (head.status >= 300) {
      if (!isJson(head.contentType) || body.length === 0) owner.onFailure(unreadableAnswer(head));
      else this.#giveRefusal(body);
    } else if (translation !== null) this.#giveTranslated(translation, body);
    else this.#give(body);
  }

  #giveRefusal(body: Buffer): void {
    const { head, owner, words } = this.#host;
    const refusal = this.#options.translation?.readRefusal(head.status, body);
    if (refusal === undefined) owner.onWhole({ ...head, body: words.mask(body) });
    else owner.onFailure(words.refused(refusal, head));
  }

  #give(body: Buffer): void {
    const { head, owner } = this.#host;
    const { respondent } = this.#options;
    const usage = this.#host.usageOf(body.subarray(-TAIL_BYTES));
    const mayFail = respondent !== null && mayBeError(body, usage !== null);
    const error = mayFail ? readReportedError(body, respondent) : null;
    if (error !== null) {
      owner.onFailure(this.#host.reported(error));
      return;
    }
    this.#usage = usage;
    owner.onWhole({ ...head, body });
  }

  #giveTranslated(translation: RelayedTranslation, body: Buffer): void {
    const { head, owner, words } = this.#host;
    let transcript: ReturnType<RelayedTranslation["readWhole"]>;
    try {
      transcript = translation.readWhole(body);
    } catch (error) {
      owner.onFailure(words.thrown(error));
      return;
    }
    if (!(transcript instanceof Promise)) {
      owner.onWhole({ ...head, ...transcript });
      return;
    }
    transcript.then(
      (late) => {
        if (!this.#host.aborted) owner.onWhole({ ...head, ...late });
      },
      (error: unknown) => {
        if (!this.#host.aborted) owner.onFailure(words.thrown(error));
      },
    );
  }
}
