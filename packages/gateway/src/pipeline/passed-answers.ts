import { type TokenUsage, totalInputTokens } from "@headrace/core/canonical/usage";
import { isJsonObject } from "@headrace/core/json-object";
import type { ProviderAdapter, ProviderErrorWords, ProviderService } from "@headrace/core/provider-adapter";
import { type RefusalKind, refusalKind } from "@headrace/providers/refusal-kind";
import type { AnswerReader, WholeReading } from "./answer-reader.ts";
import { FrameTap } from "./frame-tap.ts";
import { parseAnswer } from "./parse-answer.ts";
import { mayBeError, readReportedError } from "./reported-error.ts";
import type { RelayedError, StreamRelay } from "./stream-relay.ts";
import { StreamTap } from "./stream-tap.ts";
import { isStreamType } from "./stream-types.ts";

/** What is to be known of the route that the answers take. */
export interface PassedAnswersRoute {
  readonly service: ProviderService;
  readonly adapter: ProviderAdapter;
  /** Where an error's words stand on this wire; null where they stand in the document itself. */
  readonly errorMember: string | null;
}

/** Some tell of no tokens at all beside an error. */
function isMetered(usage: TokenUsage | null): boolean {
  return usage !== null && totalInputTokens(usage) > 0;
}

/** Client and provider speak the same wire: answers are only looked at. */
export class PassedAnswers implements AnswerReader {
  readonly passesBytes = true;
  readonly answersBytes: boolean;
  readonly #route: PassedAnswersRoute;
  readonly #service: ProviderService;
  /** The client did not ask for the usage event that was asked of the provider. */
  readonly #dropUsageEvent: boolean;

  constructor(route: PassedAnswersRoute, { dropUsageEvent }: { dropUsageEvent: boolean }) {
    const { service } = route;
    this.#route = route;
    this.#service = service;
    this.#dropUsageEvent = dropUsageEvent;
    this.answersBytes = service.answersBytes === true;
  }

  isStream(contentType: string): boolean {
    const { stream, framing = "sse" } = this.#service;
    return stream !== null && isStreamType(framing, contentType);
  }

  openStream(): StreamRelay {
    const { stream, framing = "sse", tokenUsage } = this.#service;
    if (stream === null) throw new Error("a wire without streams was asked for one");
    if (framing !== "sse") return new FrameTap(stream, { framing, tokenUsage });
    return new StreamTap(stream, { dropUsageEvent: this.#dropUsageEvent, tokenUsage });
  }

  clientType(contentType: string): string {
    return contentType;
  }

  readWhole(body: Buffer): WholeReading {
    const usage = this.readTail(body);
    const error = mayBeError(body, isMetered(usage)) ? readReportedError(body, this.#route) : null;
    return error === null ? { body, usage } : { body, usage, error };
  }

  readTail(tail: Buffer): TokenUsage | null {
    return this.#service.tokenUsage(this.#service.readUsage(tail));
  }

  readStray(body: Buffer): RelayedError | null {
    return readReportedError(body, this.#route);
  }

  readRefusal(status: number, body: Buffer): ProviderErrorWords | null {
    const { errorMember, adapter } = this.#route;
    if (errorMember === null) return null;
    const document = parseAnswer(body);
    // Some speak the wire but for their errors (Mistral, Hugging Face), where no client would look for the words.
    if (isJsonObject(document) && isJsonObject(document[errorMember])) return null;
    return adapter.readError(status, document);
  }

  refusalKind(status: number, body: Buffer): RefusalKind | null {
    return refusalKind(status, this.#route.adapter.readError(status, parseAnswer(body)));
  }
}
