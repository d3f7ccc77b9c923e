/** What messages are made of, on the way from a client's wire to a provider's and back. */
import type { ChatWireId } from "../wire/wire-id.ts";

/**
 * Fields that a decoder does not know, by their name on the wire they came from. An encoder for the same wire puts them
 * back; one for another wire reports them as lost.
 */
export type ExtraFields = Readonly<Record<string, unknown>>;

export const NO_EXTRA: ExtraFields = Object.freeze({});

export type TextPart = {
  readonly type: "text";
  readonly text: string;
  readonly cache?: CacheMark;
  readonly citations?: readonly Citation[];
  /** A provider's proof that sits on visible text (Gemini); must go back unchanged. */
  readonly signature?: Signature;
  readonly extra: ExtraFields;
};

/** Everything up to and with this part shall be kept in the provider's prompt cache. */
export type CacheMark = { readonly ttl: "5m" | "1h" };

/** A source that the answer names for its text. */
export type Citation = {
  readonly url: string;
  readonly title?: string;
  /** The words of the source. */
  readonly quote?: string;
  /** Half-open range of UTF-16 units in the text that it belongs to. */
  readonly startIndex?: number;
  readonly endIndex?: number;
};

/** Bytes inline, a URL or a file id that the provider, never the gateway, resolves. */
export type MediaSource =
  | { readonly kind: "base64"; readonly mediaType: string; readonly data: string }
  | { readonly kind: "url"; readonly url: string; readonly mediaType?: string }
  | { readonly kind: "file-id"; readonly id: string };

export type ImagePart = {
  readonly type: "image";
  readonly source: MediaSource;
  /** How closely it shall be looked at, where a wire lets one say so. */
  readonly detail?: "low" | "high" | "auto";
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

/** Whose proofs these are. Anthropic's hold on every cloud that serves its models. */
export type Signer = "anthropic" | "gemini" | "openai";

/** A provider's proof that it wrote something; another provider refuses it, so it says whose it is. */
export type Signature = { readonly signer: Signer; readonly value: string };

export type ThinkingPart = {
  readonly type: "thinking";
  /** "" when the provider hid it. */
  readonly text: string;
  readonly signature?: Signature;
  /** Thinking that only its provider can read (Anthropic `redacted_thinking`); `text` is "" then. */
  readonly redacted?: Signature;
  readonly extra: ExtraFields;
};

export type ToolCallPart = {
  readonly type: "tool-call";
  readonly id: string;
  readonly name: string;
  /** JSON text of an object; "{}" for a call without arguments, which some wires send as "". */
  readonly argumentsJson: string;
  readonly signature?: Signature;
  readonly cache?: CacheMark;
  readonly extra: ExtraFields;
};

export type ToolResultPart = {
  readonly type: "tool-result";
  readonly callId: string;
  /** The tool's name, for wires that want it; absent where neither the result nor its call tells. */
  readonly name?: string;
  readonly parts: readonly (TextPart | ImagePart | FilePart)[];
  readonly isError: boolean;
  readonly cache?: CacheMark;
  readonly extra: ExtraFields;
};

/** Words by which a model declines to answer. */
export type RefusalPart = { readonly type: "refusal"; readonly text: string };

/**
 * A part that only its own wire knows, such as a search that the provider itself ran. It goes back to that wire as it
 * stands and is lost on every other.
 */
export type OpaquePart = { readonly type: "opaque"; readonly wire: ChatWireId; readonly raw: unknown };
