/** What the tests of this wire share. */
import { readFileSync } from "node:fs";
import type { ChatMessage, ChatRequest } from "@headrace/core/canonical/chat";
import { NO_EXTRA, type TextPart } from "@headrace/core/canonical/chat-parts";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import type { JsonObject } from "@headrace/core/json-object";
import type { EncodedRequest } from "@headrace/core/wire/chat-codec";
import { awsEvent, awsMessage, frame } from "../../framing/testing.ts";
import { parseJsonObject } from "../../json/read.ts";
import { converseProvider } from "./provider.ts";

const FIXTURES = new URL("../../../fixtures/bedrock/", import.meta.url);

export function readJsonFixture(name: string): JsonObject {
  return parseJsonObject(readFixture(`${name}.json`)) ?? {};
}

/** The bytes of a stream whose fixture has an event a line, under its type. */
export function readStreamFixture(name: string): Buffer {
  const lines = readFixture(`${name}.events.jsonl`).trim().split("\n");
  return Buffer.concat(lines.flatMap((line) => Object.entries(parseJsonObject(line) ?? {})).map(toMessage));
}

function readFixture(file: string): string {
  return readFileSync(new URL(file, FIXTURES), "utf8");
}

function toMessage([type, payload]: readonly [string, unknown]): Buffer {
  const text = JSON.stringify(payload);
  if (!type.endsWith("Exception")) return awsEvent(type, text);
  return awsMessage({ ":message-type": "exception", ":exception-type": type }, text);
}

export interface Decoded {
  readonly events: readonly ChatStreamEvent[];
  readonly whole: boolean;
}

export function decodeStream(chunks: readonly Buffer[]): Decoded {
  const events: ChatStreamEvent[] = [];
  const decoder = converseProvider.createStreamDecoder((event) => events.push(event));
  const { frames, whole } = frame("aws-event-stream", chunks);
  for (const one of frames) decoder.push(one);
  return { events, whole: decoder.end() && whole };
}

/** The events of messages that a test writes down. */
export function decodeMessages(...messages: readonly (readonly [string, unknown])[]): Decoded {
  return decodeStream([Buffer.concat(messages.map(toMessage))]);
}

export const CLAUDE = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0";

/** Encodes a request that says nothing but what a test is about. */
export function encode(parts: Partial<ChatRequest>, model: string = CLAUDE, stream = false): EncodedRequest {
  const request: ChatRequest = {
    wire: "openai-chat",
    model: "mill",
    messages: [user("Hi")],
    tools: [],
    sampling: {},
    stream,
    includeUsage: false,
    extra: NO_EXTRA,
    ...parts,
  };
  return converseProvider.encodeRequest(request, { model, stream });
}

export function text(words: string): TextPart {
  return { type: "text", text: words, extra: NO_EXTRA };
}

export function user(words: string): ChatMessage {
  return { role: "user", parts: [text(words)], extra: NO_EXTRA };
}
