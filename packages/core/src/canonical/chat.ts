import type { TokenUsage } from "./usage.ts";

/**
 * A chat call in the form that translation goes through: from any client's wire to any provider's. Where
 * both speak the same wire, bytes are passed on and none of this is used.
 *
 * Fields that a decoder does not know ride along in `extra`, by their name on the wire they came from; an
 * encoder for the same wire puts them back, one for another wire reports them as dropped.
 */
export type ChatRequest = {
  readonly model: string;
  /** In order; system and developer messages stay where they stood. */
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly ToolDefinition[];
  readonly toolChoice?: ToolChoice;
  readonly responseFormat?: ResponseFormat;
  readonly sampling: SamplingParams;
  readonly stream: boolean;
  readonly extra: ExtraFields;
};

export type ExtraFields = Readonly<Record<string, unknown>>;

export type ChatMessage = SystemMessage | UserMessage | AssistantMessage | ToolMessage;

type SystemMessage = {
  readonly role: "system" | "developer";
  readonly parts: readonly TextPart[];
  readonly extra: ExtraFields;
};

type UserMessage = {
  readonly role: "user";
  readonly parts: readonly (TextPart | ImagePart | FilePart | AudioPart)[];
  readonly extra: ExtraFields;
};

type AssistantMessage = {
  readonly role: "assistant";
  readonly parts: readonly (TextPart | ThinkingPart | ToolCallPart)[];
  readonly extra: ExtraFields;
};

/** Results of the tool calls of the assistant's turn before it. */
type ToolMessage = {
  readonly role: "tool";
  readonly parts: readonly ToolResultPart[];
  readonly extra: ExtraFields;
};

export type TextPart = {
  readonly type: "text";
  readonly text: string;
  readonly cache?: CacheMark;
  readonly extra: ExtraFields;
};

/** Everything up to and with this part shall be kept in the provider's prompt cache. */
export type CacheMark = { readonly ttl: "5m" | "1h" };

/** Bytes inline, or a URL that the provider, never the gateway, fetches. */
export type MediaSource =
  | { readonly kind: "base64"; readonly mediaType: string; readonly data: string }
  | { readonly kind: "url"; readonly url: string };

export type ImagePart = {
  readonly type: "image";
  readonly source: MediaSource;
  readonly cache?: CacheMark;
  readonly extra: ExtraFields;
};

/** A document, mostly a PDF. */
export type FilePart = {
  readonly type: "file";
  readonly source: MediaSource;
  readonly fileName?: string;
  readonly cache?: CacheMark;
  readonly extra: ExtraFields;
};

export type AudioPart = {
  readonly type: "audio";
  readonly source: MediaSource;
  readonly extra: ExtraFields;
};

export type ThinkingPart = {
  readonly type: "thinking";
  /** "" when the provider hid it. */
  readonly text: string;
  /** The provider's proof that it wrote this; must go back unchanged, or the next turn is refused. */
  readonly signature?: string;
  readonly extra: ExtraFields;
};

export type ToolCallPart = {
  readonly type: "tool-call";
  readonly id: string;
  readonly name: string;
  /** JSON text of an object; "{}" for a call without arguments, which some wires send as "". */
  readonly argumentsJson: string;
  readonly extra: ExtraFields;
};

export type ToolResultPart = {
  readonly type: "tool-result";
  readonly callId: string;
  readonly parts: readonly (TextPart | ImagePart)[];
  readonly isError: boolean;
  readonly cache?: CacheMark;
  readonly extra: ExtraFields;
};

export type ToolDefinition = {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of the arguments, as the client wrote it. */
  readonly parameters: unknown;
  /** The provider shall hold to the schema exactly. */
  readonly strict?: boolean;
  readonly cache?: CacheMark;
  readonly extra: ExtraFields;
};

export type ToolChoice =
  | { readonly type: "auto" | "none" | "required" }
  | { readonly type: "tool"; readonly name: string };

export type ResponseFormat =
  | { readonly type: "text" | "json-object" }
  | {
      readonly type: "json-schema";
      readonly name: string;
      readonly schema: unknown;
      readonly strict?: boolean;
    };

export type SamplingParams = {
  readonly maxOutputTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  readonly seed?: number;
  /** Choices asked for; absent = 1. */
  readonly choices?: number;
  readonly stop?: readonly string[];
  readonly parallelToolCalls?: boolean;
};

export type FinishReason = "stop" | "length" | "tool-calls" | "content-filter" | "error" | "other";

/**
 * A streamed answer. Order: one start; deltas; per choice one finish; usage any number of times, the last
 * one counts; an error ends the stream at any point, and nothing follows it.
 */
export type ChatStreamEvent =
  | { readonly type: "start"; readonly id: string; readonly model: string; readonly createdAtSeconds: number }
  | { readonly type: "text-delta"; readonly choice: number; readonly text: string }
  | ThinkingDelta
  | ToolCallStart
  | ToolCallDelta
  | { readonly type: "finish"; readonly choice: number; readonly reason: FinishReason }
  | { readonly type: "usage"; readonly usage: TokenUsage }
  | { readonly type: "error"; readonly message: string; readonly status: number | null };

type ThinkingDelta = {
  readonly type: "thinking-delta";
  readonly choice: number;
  readonly text: string;
  /** Comes last, when the provider signs at all. */
  readonly signature?: string;
};

type ToolCallStart = {
  readonly type: "tool-call-start";
  readonly choice: number;
  /** Dense from 0 in the order of appearance: providers omit, repeat or skip theirs. */
  readonly index: number;
  readonly id: string;
  readonly name: string;
};

type ToolCallDelta = {
  readonly type: "tool-call-delta";
  readonly choice: number;
  /** The index of the call's start. */
  readonly index: number;
  /** A piece of JSON text; only all pieces together parse. */
  readonly argumentsJson: string;
};
