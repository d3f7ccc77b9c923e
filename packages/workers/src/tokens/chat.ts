import { isJsonObject } from "@headrace/core/json-object";
import type { EncodedText, TextEncoding } from "./encoder.ts";
import type { EncodingName } from "./models.ts";

/** Tokens of a conversation as the model reads it. */
export interface ChatTokens {
  /** In reading order; framing is given as ChatML's special tokens. */
  readonly parts: readonly Uint32Array[];
  /** Tokens whose ids OpenAI has not published: those of tools and images. */
  readonly unlistedTokens: number;
  readonly exact: boolean;
}

export interface Chat {
  readonly messages: readonly unknown[];
  readonly tools?: readonly unknown[] | null;
  /** Whether the three tokens that begin the answer are part of it; true unless told otherwise. */
  readonly addGenerationPrompt?: boolean;
}

/** Ids of `<|im_start|>`, `<|im_end|>` and `<|im_sep|>`, which frame messages but are in no published vocabulary. */
const FRAMING: Readonly<Record<EncodingName, { start: number; end: number; separator: number }>> = {
  cl100k_base: { start: 100_264, end: 100_265, separator: 100_266 },
  o200k_base: { start: 200_264, end: 200_265, separator: 200_266 },
};

/** The names of the framing tokens, for display. */
export function framingTokenNames(encoding: EncodingName): ReadonlyMap<number, string> {
  const { start, end, separator } = FRAMING[encoding];
  return new Map([
    [start, "<|im_start|>"],
    [end, "<|im_end|>"],
    [separator, "<|im_sep|>"],
  ]);
}

/**
 * Tokens that describe a function to the model, measured by OpenAI; "How to count tokens with tiktoken", section 7, in
 * OpenAI's cookbook.
 */
const FUNCTION_COST = {
  begin: { cl100k_base: 10, o200k_base: 7 },
  properties: 3,
  property: 3,
  enumeration: -3,
  enumerated: 3,
  end: 12,
} as const;

/** What an image costs in GPT-4o: 85 in low detail; in high detail 85 and 170 a tile, of which most pictures have 4. */
const IMAGE_TOKENS = { low: 85, high: 765 } as const;

/** Fields of a message that the cookbook's rule covers; others are counted as text, which is only nearly right. */
const RULED_FIELDS = new Set(["role", "content", "name"]);

/**
 * Encodes a conversation with its framing as the cookbook counts it: three tokens for each message, one more for a
 * name, three that begin the answer.
 */
export function encodeChat(chat: Chat, encoding: TextEncoding): ChatTokens {
  const sink = new TokenSink(encoding);
  for (const message of chat.messages) addMessage(sink, message);
  if (chat.addGenerationPrompt ?? true) {
    sink.addFraming("start");
    sink.addText("assistant");
    sink.addFraming("separator");
  }
  const tools = chat.tools ?? [];
  for (const tool of tools) addTool(sink, tool);
  if (tools.length > 0) sink.addUnlisted(FUNCTION_COST.end);
  return sink;
}

class TokenSink implements ChatTokens {
  readonly parts: Uint32Array[] = [];
  unlistedTokens = 0;
  exact = true;
  readonly #encoding: TextEncoding;

  constructor(encoding: TextEncoding) {
    this.#encoding = encoding;
  }

  get encodingName(): EncodingName {
    return this.#encoding.name;
  }

  addText(text: string): void {
    this.parts.push(this.#encode(text).tokens);
  }

  addFraming(name: "start" | "end" | "separator"): void {
    this.parts.push(Uint32Array.of(FRAMING[this.encodingName][name]));
  }

  addUnlisted(tokens: number): void {
    this.unlistedTokens += tokens;
  }

  addUnlistedText(text: string): void {
    this.unlistedTokens += this.#encode(text).tokens.length;
  }

  markInexact(): void {
    this.exact = false;
  }

  #encode(text: string): EncodedText {
    const encoded = this.#encoding.encode(text);
    if (!encoded.exact) this.exact = false;
    return encoded;
  }
}

function addMessage(sink: TokenSink, message: unknown): void {
  sink.addFraming("start");
  if (isJsonObject(message)) {
    const { role, name, content } = message;
    if (typeof role === "string") sink.addText(role);
    if (typeof name === "string") {
      sink.addText(":");
      sink.addText(name);
    }
    sink.addFraming("separator");
    addContent(sink, content);
    for (const [field, value] of Object.entries(message)) {
      if (RULED_FIELDS.has(field) || value === null) continue;
      sink.markInexact();
      sink.addText(field === "tool_calls" ? describeToolCalls(value) : asText(value));
    }
  } else {
    sink.addFraming("separator");
    sink.markInexact();
  }
  sink.addFraming("end");
}

function addContent(sink: TokenSink, content: unknown): void {
  if (typeof content === "string") sink.addText(content);
  if (!Array.isArray(content)) return;
  // How the pieces of several parts are put together is not published.
  if (content.length > 1) sink.markInexact();
  for (const part of content) addPart(sink, isJsonObject(part) ? part : {});
}

function addPart(sink: TokenSink, part: Readonly<Record<string, unknown>>): void {
  if (typeof part.text === "string") {
    sink.addText(part.text);
    return;
  }
  sink.markInexact();
  if (typeof part.refusal === "string") sink.addText(part.refusal);
  if (part.type !== "image_url") return; // sound, files: unknown, and not a token for every byte of base64
  const image = part.image_url;
  sink.addUnlisted(isJsonObject(image) && image.detail === "low" ? IMAGE_TOKENS.low : IMAGE_TOKENS.high);
}

/** Names and arguments of calls: what a model has written. Ids are not part of its text. */
function describeToolCalls(calls: unknown): string {
  if (!Array.isArray(calls)) return asText(calls);
  const texts = calls.map((call: unknown) => {
    const called = isJsonObject(call) ? call.function : undefined;
    return isJsonObject(called) ? `${asText(called.name)}${asText(called.arguments)}` : asText(call);
  });
  return texts.join("");
}

function addTool(sink: TokenSink, tool: unknown): void {
  const described = isJsonObject(tool) ? tool.function : undefined;
  sink.addUnlisted(FUNCTION_COST.begin[sink.encodingName]);
  if (!isJsonObject(described)) {
    sink.markInexact();
    sink.addUnlistedText(asText(tool));
    return;
  }
  const { name, description, parameters } = described;
  sink.addUnlistedText(`${asText(name)}:${withoutFullStop(description)}`);
  const properties = isJsonObject(parameters) ? parameters.properties : undefined;
  if (!isJsonObject(properties)) return;
  const entries = Object.entries(properties);
  if (entries.length > 0) sink.addUnlisted(FUNCTION_COST.properties);
  for (const [key, property] of entries) addProperty(sink, key, property);
}

function addProperty(sink: TokenSink, key: string, property: unknown): void {
  const { type, description, enum: values, ...more } = isJsonObject(property) ? property : {};
  sink.addUnlisted(FUNCTION_COST.property);
  if (Array.isArray(values)) {
    sink.addUnlisted(FUNCTION_COST.enumeration);
    for (const value of values) {
      sink.addUnlisted(FUNCTION_COST.enumerated);
      sink.addUnlistedText(asText(value));
    }
  }
  sink.addUnlistedText(`${key}:${asText(type)}:${withoutFullStop(description)}`);
  if (Object.keys(more).length === 0) return;
  sink.markInexact(); // nested objects, lists, bounds: no rule is published
  sink.addUnlistedText(asText(more));
}

function withoutFullStop(description: unknown): string {
  return asText(description).replace(/\.$/, "");
}

function asText(value: unknown): string {
  if (typeof value === "string") return value;
  return JSON.stringify(value) ?? "";
}
