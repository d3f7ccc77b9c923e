/** What the tests of this wire share. */
import { readFileSync } from "node:fs";
import type { AssistantPart, ChatMessage, ChatRequest } from "@headrace/core/canonical/chat";
import {
  type ImagePart,
  type MediaSource,
  NO_EXTRA,
  type Signature,
} from "@headrace/core/canonical/chat-parts";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import type { JsonObject } from "@headrace/core/json-object";
import type { ChatCallFacts, EncodedRequest } from "@headrace/core/wire/chat-codec";
import { frame } from "../../framing/testing.ts";
import { parseJsonObject } from "../../json/read.ts";
import { GEMINI_API, type GeminiDialect } from "./dialect.ts";
import { encodeRequest } from "./request-encoder.ts";
import { GeminiStreamDecoder } from "./stream-decoder.ts";

export const CALL: ChatCallFacts = {
  requestId: "req-1",
  model: "gemini",
  createdAtSeconds: 1_700_000_000,
  includeUsage: true,
  echo: undefined,
};

const FIXTURES = new URL("../../../fixtures/gemini/", import.meta.url);

export function readStreamFixture(name: string): Buffer {
  return readFileSync(new URL(`${name}.sse`, FIXTURES));
}

export function readJsonFixture(name: string): JsonObject {
  return parseJsonObject(readFileSync(new URL(`${name}.json`, FIXTURES), "utf8")) ?? {};
}

export interface Decoded {
  readonly events: readonly ChatStreamEvent[];
  readonly whole: boolean;
}

export function decodeStream(chunks: readonly Buffer[]): Decoded {
  const events: ChatStreamEvent[] = [];
  const decoder = new GeminiStreamDecoder((event) => events.push(event));
  const { frames, whole } = frame("sse", chunks);
  for (const one of frames) decoder.push(one);
  return { events, whole: decoder.end() && whole };
}

/** A stream of these pieces. */
export function sse(...pieces: readonly unknown[]): Buffer {
  return Buffer.from(pieces.map((piece) => `data: ${JSON.stringify(piece)}\r\n\r\n`).join(""));
}

export function gemini(value: string): Signature {
  return { signer: "gemini", value };
}

export function text(text: string): { type: "text"; text: string; extra: typeof NO_EXTRA } {
  return { type: "text", text, extra: NO_EXTRA };
}

export function image(source: MediaSource): ImagePart {
  return { type: "image", source, extra: NO_EXTRA };
}

export function user(words: string): ChatMessage {
  return { role: "user", parts: [text(words)], extra: NO_EXTRA };
}

export function assistant(...parts: readonly AssistantPart[]): ChatMessage {
  return { role: "assistant", parts, extra: NO_EXTRA };
}

/** A call whose arguments are these, with a proof or without. */
export function call(id: string, args: JsonObject, signature?: Signature): AssistantPart {
  const proof = signature === undefined ? {} : { signature };
  return {
    type: "tool-call",
    id,
    name: "read_gauge",
    argumentsJson: JSON.stringify(args),
    ...proof,
    extra: NO_EXTRA,
  };
}

export function result(callId: string, words: string, isError = false): ChatMessage {
  const part = { type: "tool-result", callId, parts: [text(words)], isError, extra: NO_EXTRA } as const;
  return { role: "tool", parts: [part], extra: NO_EXTRA };
}

/** A request that says nothing but what a test is about. */
export function request(parts: Partial<ChatRequest>): ChatRequest {
  return {
    wire: "openai-chat",
    model: "gemini",
    messages: [user("Hi")],
    tools: [],
    sampling: {},
    stream: false,
    includeUsage: false,
    extra: NO_EXTRA,
    ...parts,
  };
}

export function encode(
  parts: Partial<ChatRequest>,
  model = "gemini-3-pro-preview",
  dialect: GeminiDialect = GEMINI_API,
): EncodedRequest {
  return encodeRequest(request(parts), { model, stream: false }, dialect);
}
