/**
 * How a chat is written on a wire. A client codec and a provider codec meet in the canonical types, so that N client
 * wires and M provider wires take N + M codecs. All of it is pure: no I/O, no clock, no random, no state but that of a
 * stream. Where client and provider speak the same wire, bytes are passed on and none of this runs.
 */
import type { FlatHeaders } from "../adapter.ts";
import type { ChatAnswer, ChatRequest } from "../canonical/chat.ts";
import type { ChatStreamEvent } from "../canonical/chat-stream.ts";
import type { JsonObject } from "../json-object.ts";
import type { ChatWireId, ClientChatWireId } from "./wire-id.ts";

/** Reads clients' requests and writes their answers. */
export interface ChatClientCodec {
  readonly wire: ClientChatWireId;
  /** Headers of requests that belong to the wire, in lower case; see {@link PathFacts.headers}. */
  readonly requestHeaders?: readonly string[];
  /**
   * @param body - a request body that the wire's schema has let through
   * @param path - what the URL says, for wires that put model and kind of answer there, and the wire's headers
   * @throws GatewayError `invalid_field`, `missing_field` with the field in `param`, in the wire's own spelling
   */
  decodeRequest(body: JsonObject, path: PathFacts): ChatRequest;
  /** A whole answer, ready for `JSON.stringify`. */
  encodeAnswer(answer: ChatAnswer, call: ChatCallFacts): JsonObject;
  createStreamEncoder(call: ChatCallFacts): ChatStreamEncoder;
}

/** What a URL says of a call; null and false where it says nothing. */
export interface PathFacts {
  readonly model: string | null;
  readonly stream: boolean;
  /** Of {@link ChatClientCodec.requestHeaders} those that the client sent. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What an answer needs to know of its request. */
export interface ChatCallFacts {
  readonly requestId: string;
  /** The name that the client asked for. */
  readonly model: string;
  /** When the request came, whole seconds since 1970. */
  readonly createdAtSeconds: number;
  /** The client asked for usage in a stream, on a wire where one has to ask. */
  readonly includeUsage: boolean;
  /** What the request's decoder wants its answer's encoder to have, {@link ChatRequest.echo}. */
  readonly echo: unknown;
}

/**
 * Writes a stream event by event as bytes' text: zero, one or more whole wire events each time. After `error` or `end`
 * nothing may follow; a call out of order is a bug and throws.
 */
export interface ChatStreamEncoder {
  /** Takes any event but `error`. */
  encode(event: Exclude<ChatStreamEvent, { type: "error" }>): string;
  /** What is still to be said when the answer is whole: the last events, `[DONE]`. */
  end(): string;
}

/** Writes requests to a provider and reads its answers. */
export interface ChatProviderCodec {
  readonly wire: ChatWireId;
  readonly framing: StreamFraming;
  encodeRequest(request: ChatRequest, target: EncodeTarget): EncodedRequest;
  /** @throws GatewayError `upstream_invalid_response` for a body that is no answer on this wire */
  decodeAnswer(body: JsonObject): ChatAnswer;
  /** @param emit - is called with the events of the stream, in the order that {@link ChatStreamEvent} tells */
  createStreamDecoder(emit: (event: ChatStreamEvent) => void): ChatStreamDecoder;
}

/** How a stream's bytes are cut into frames: SSE events, lines of JSON, or AWS's binary messages. */
export type StreamFraming = "sse" | "ndjson" | "aws-event-stream";

/** The model's name at the provider, and what kind of answer is wanted. */
export interface EncodeTarget {
  readonly model: string;
  readonly stream: boolean;
}

export interface EncodedRequest {
  /** Ready for `JSON.stringify`. */
  readonly body: JsonObject;
  /** Further headers of this very request, for example a beta that a field needs. */
  readonly headers: FlatHeaders;
  /**
   * What the provider's wire cannot say, as paths in the client's own spelling, each once, for example `logit_bias` or
   * `messages[].name`. The body is without them.
   */
  readonly lost: readonly string[];
}

/** One frame of a stream: an SSE event, a line, or a binary message with its type as `event`. */
export interface StreamFrame {
  /** "" where the framing or the provider gives no type. */
  readonly event: string;
  readonly data: string;
}

export interface ChatStreamDecoder {
  /**
   * Reads a frame. Data that is not the wire's is never skipped in silence: it ends the stream with an `error` event.
   * Frames after the end or an error are ignored.
   */
  push(frame: StreamFrame): void;
  /**
   * The provider's bytes have ended as HTTP sees it.
   *
   * @returns false for a stream that was cut: an answer that never finished
   */
  end(): boolean;
}
