import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ProviderErrorWords } from "@headrace/core/provider-adapter";
import type { ChatCallFacts } from "@headrace/core/wire/chat-codec";
import { type RefusalKind, refusalKind } from "@headrace/providers/refusal-kind";
import type { Offload, OffloadCaller } from "@headrace/workers/offload";
import type { Continuation } from "../continuation/continuation.ts";
import type { TranslatingRoute } from "../snapshot/target-route.ts";
import type { AnswerReader, WholeReading } from "./answer-reader.ts";
import { parseAnswer } from "./parse-answer.ts";
import { readReportedError } from "./reported-error.ts";
import type { RelayedError, StreamRelay } from "./stream-relay.ts";
import { StreamTranslation } from "./stream-translation.ts";
import { isStreamType } from "./stream-types.ts";

export interface TranslatedAnswersOptions {
  readonly route: TranslatingRoute;
  readonly call: ChatCallFacts;
  /** What the client is told that it gets, of answers that are no documents; null for all others. */
  readonly bytesType: string | null;
  readonly offload: Offload;
  readonly caller: OffloadCaller;
  /** Null for an answer that no other target may go on with. */
  readonly continuation: Continuation | null;
}

/** The provider speaks another wire than the client. */
export class TranslatedAnswers implements AnswerReader {
  readonly passesBytes = false;
  readonly answersBytes: boolean;
  readonly #options: TranslatedAnswersOptions;

  constructor(options: TranslatedAnswersOptions) {
    this.#options = options;
    this.answersBytes = options.bytesType !== null;
  }

  isStream(contentType: string): boolean {
    const { stream } = this.#options.route.translation;
    return stream !== null && isStreamType(stream.provider.framing, contentType);
  }

  openStream(): StreamRelay {
    const { route, call, continuation } = this.#options;
    const { stream } = route.translation;
    if (stream === null) throw new Error("an operation without streams was asked for one");
    const encoder = stream.client.createStreamEncoder(call);
    const echoes = route.adapter.prefill?.echoes === true;
    return new StreamTranslation(stream.provider, encoder, continuation?.openLeg(encoder, { echoes }));
  }

  clientType(_contentType: string, stream: boolean): string {
    return this.#options.bytesType ?? (stream ? "text/event-stream" : "application/json");
  }

  readWhole(body: Buffer): WholeReading | Promise<WholeReading> {
    const { route, call, offload, caller } = this.#options;
    try {
      return offload.translateAnswer({ ref: route.ref, body, call }, caller);
    } catch (error) {
      // What is large enough for a thread is no error, and rejects as it may.
      const reported = this.readStray(body);
      if (reported === null) throw error;
      return { body, usage: null, error: reported };
    }
  }

  readTail(): null {
    return null; // nothing is sent on in pieces
  }

  readStray(body: Buffer): RelayedError | null {
    const { adapter, translation } = this.#options.route;
    return readReportedError(body, { adapter, service: adapter.services[translation.wire] });
  }

  readRefusal(status: number, body: Buffer): ProviderErrorWords {
    return this.#options.route.adapter.readError(status, parseAnswer(body));
  }

  refusalKind(status: number, body: Buffer): RefusalKind | null {
    return refusalKind(status, this.readRefusal(status, body));
  }
}

/** An answer that would have to be translated and outgrew what is held. */
export function tooLargeToTranslate(): GatewayError {
  return new GatewayError("upstream_invalid_response", {
    message: "The model provider's answer is too large to be translated.",
  });
}
