import type { MockBehaviour } from "../behaviour/fields.ts";
import type { StreamFormat } from "../wire/stream-format.ts";
import type { GenerationRequest } from "./generation.ts";
import type { JsonObject } from "./json.ts";
import type { Refusal, WireError } from "./refusal.ts";
import type { StreamEvent, UntimedEvent } from "./stream-event.ts";

/** Names of the wires, as recordings name them. */
export type WireName =
  | "openai"
  | "responses"
  | "anthropic"
  | "gemini"
  | "bedrock"
  | "cohere"
  | "ollama"
  | "elevenlabs";

/** Where a wire's clients put their key. */
export type KeyPlace =
  | { readonly header: string; readonly prefix: string }
  | { readonly queryParameter: string };

/** Events that report an error inside a stream, and those that end such a stream in good form. */
export interface StreamError {
  readonly error: readonly UntimedEvent[];
  readonly closing: readonly UntimedEvent[];
}

/** A way to prove who asks with a signature over the request instead of a key in it. */
export interface SignatureScheme {
  readonly isSigned: (target: Target) => boolean;
  /** `requireKey` is what the mock was started with; how it names key and secret is the scheme's own. */
  readonly problem: (target: Target, body: Buffer, requireKey: string) => WireError | undefined;
}

/** What all endpoints of one wire have in common. */
export interface Wire {
  readonly name: WireName;
  readonly keyPlaces: readonly KeyPlace[];
  readonly signatures?: SignatureScheme;
  readonly missingKey: WireError;
  readonly wrongKey: WireError;
  /** The refusal of a body that is no JSON object. */
  readonly notJson: WireError;
  /** The provider's sentence for a status. */
  readonly sentence: (status: number) => string;
  /** Body of an error answer. */
  readonly encodeError: (error: WireError) => string;
  /** Headers of an error answer besides the content type. */
  readonly errorHeaders: (error: WireError) => readonly (readonly [name: string, value: string])[];
  /** An error after some events of a stream. */
  readonly streamError: (error: WireError, sent: readonly StreamEvent[]) => StreamError;
}

/** What a request says outside of its body. */
export interface Target {
  readonly method: string;
  /** As sent, without the query. */
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A request whose body is JSON. */
export interface Call {
  readonly body: JsonObject;
  readonly behaviour: MockBehaviour;
  readonly target: Target;
}

/** A plain answer and the tokens it took. */
export interface PlainAnswer {
  readonly body: string;
  readonly completionTokens: number;
}

/** A streamed answer. */
export interface StreamedAnswer {
  readonly events: readonly StreamEvent[];
  readonly format: StreamFormat;
}

/** A body that is not JSON. */
export interface BytesAnswer {
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

/** An endpoint that generates text, plain or streamed. */
export interface GenerationEndpoint {
  readonly kind: "generation";
  readonly name: string;
  readonly wire: (behaviour: MockBehaviour) => Wire;
  /** Whether `read` looks at the target; without it the path and headers are not copied. */
  readonly needsTarget: boolean;
  readonly read: (call: Call) => GenerationRequest | Refusal;
  readonly plain: (request: GenerationRequest, behaviour: MockBehaviour) => PlainAnswer;
  readonly events: (request: GenerationRequest, behaviour: MockBehaviour) => readonly StreamEvent[];
  readonly format: (request: GenerationRequest) => StreamFormat;
  /** The wire whose recordings it replays, where that is not its own. */
  readonly replays?: WireName;
}

/** An endpoint with one answer to a JSON body. */
export interface JsonEndpoint {
  readonly kind: "json";
  readonly name: string;
  readonly wire: (behaviour: MockBehaviour) => Wire;
  readonly needsTarget: boolean;
  readonly answer: (call: Call) => DirectAnswer | Refusal;
}

/** An endpoint that takes a body of any kind, or none. */
export interface BytesEndpoint {
  readonly kind: "bytes";
  readonly name: string;
  readonly wire: (behaviour: MockBehaviour) => Wire;
  readonly needsTarget: boolean;
  readonly answer: (call: BytesCall) => DirectAnswer | Refusal;
  /** The behaviour that the body itself asks for, where a body of its kind can. */
  readonly asked?: (call: BytesCall) => unknown;
}

/** A request with its body as it came. */
export interface BytesCall {
  readonly bytes: Buffer;
  readonly behaviour: MockBehaviour;
  readonly target: Target;
}

/** An answer that depends on one call only. */
export type DirectAnswer = PlainAnswer | StreamedAnswer | BytesAnswer;

/** One route's way to answer. */
export type Endpoint = GenerationEndpoint | JsonEndpoint | BytesEndpoint;
