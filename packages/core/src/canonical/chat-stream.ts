import type { FinishReason, TokenLogprob } from "./chat.ts";
import type { Citation, MediaSource, Signature } from "./chat-parts.ts";
import type { TokenUsage } from "./usage.ts";

/**
 * A streamed answer. Order: one start; deltas; per choice one finish; usage any number of times, the last one counts,
 * also after the finish; an error ends the stream at any point, and nothing follows it. That a stream is whole is not an
 * event: its decoder says so at the end.
 */
export type ChatStreamEvent =
  | StreamStart
  | TextDelta
  | ThinkingDelta
  | ToolCallStart
  | ToolCallDelta
  | { readonly type: "refusal-delta"; readonly choice: number; readonly text: string }
  | { readonly type: "citation"; readonly choice: number; readonly citation: Citation }
  | { readonly type: "image"; readonly choice: number; readonly source: MediaSource }
  | StreamFinish
  | { readonly type: "usage"; readonly usage: TokenUsage }
  | StreamError;

type StreamStart = {
  readonly type: "start";
  /** "" when the provider gave none. */
  readonly id: string;
  readonly model: string;
  readonly createdAtSeconds: number | null;
};

type TextDelta = {
  readonly type: "text-delta";
  readonly choice: number;
  readonly text: string;
  readonly logprobs?: readonly TokenLogprob[];
  /** Of the text so far (Gemini puts it on a last part whose text is empty). */
  readonly signature?: Signature;
};

type ThinkingDelta = {
  readonly type: "thinking-delta";
  readonly choice: number;
  readonly text: string;
  /** Closes the block of thinking that it belongs to; a delta after it begins another. */
  readonly signature?: Signature;
  /** A block of its own that only its provider can read. */
  readonly redacted?: Signature;
};

type ToolCallStart = {
  readonly type: "tool-call-start";
  readonly choice: number;
  /** Dense from 0 in the order of appearance: providers omit, repeat or skip theirs. */
  readonly index: number;
  readonly id: string;
  readonly name: string;
  readonly signature?: Signature;
};

type ToolCallDelta = {
  readonly type: "tool-call-delta";
  readonly choice: number;
  /** The index of the call's start. */
  readonly index: number;
  /** A piece of JSON text, not empty; only all pieces together parse. A call without any has the arguments `{}`. */
  readonly argumentsJson: string;
};

type StreamFinish = {
  readonly type: "finish";
  readonly choice: number;
  readonly reason: FinishReason;
  readonly stopSequence?: string;
};

type StreamError = {
  readonly type: "error";
  readonly message: string;
  /** HTTP status that says the same, or null. */
  readonly status: number | null;
};
