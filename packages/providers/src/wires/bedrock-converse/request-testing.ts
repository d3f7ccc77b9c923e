/** Requests as the tests of the encoder write them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type {
  AssistantPart,
  ChatMessage,
  ChatRequest,
  FunctionTool,
  UserMessage,
} from "@headrace/core/canonical/chat";
import type { FilePart, ImagePart, MediaSource, ToolResultPart } from "@headrace/core/canonical/chat-parts";
import type { JsonObject } from "@headrace/core/json-object";
import { CLAUDE, encode, text } from "./testing.ts";

export function says(role: "system" | "developer" | "user", words: string): ChatMessage {
  return { role, parts: [text(words)], extra: {} };
}
export function answers(...parts: readonly AssistantPart[]): ChatMessage {
  return { role: "assistant", parts, extra: {} };
}
export function asks(...parts: UserMessage["parts"]): ChatMessage {
  return { role: "user", parts, extra: {} };
}
export function calls(id: string, name: string, argumentsJson = "{}"): AssistantPart {
  return { type: "tool-call", id, name, argumentsJson, extra: {} };
}
export function result(callId: string, words: string, more: Partial<ToolResultPart> = {}): ToolResultPart {
  return { type: "tool-result", callId, parts: [text(words)], isError: false, extra: {}, ...more };
}
export function results(...parts: readonly ToolResultPart[]): ChatMessage {
  return { role: "tool", parts, extra: {} };
}
export function image(source: MediaSource): ImagePart {
  return { type: "image", source, extra: {} };
}
export const png: MediaSource = { kind: "base64", mediaType: "image/png", data: "AAAA" };
export function file(fileName: string | undefined, mediaType: string): FilePart {
  const source = { kind: "base64", mediaType, data: "AAAA" } as const;
  return { type: "file", source, ...(fileName === undefined ? {} : { fileName }), extra: {} };
}
export function tool(name: string, more: Partial<FunctionTool> = {}): FunctionTool {
  return { type: "function", name, parameters: { type: "object", properties: {} }, extra: {}, ...more };
}
/** What {@link tool} becomes. */
export function spec(name: string, more: JsonObject = {}): JsonObject {
  return { toolSpec: { name, ...more, inputSchema: { json: { type: "object", properties: {} } } } };
}

/** What stands for a tool that is no longer offered. */
export function stub(name: string): JsonObject {
  const description = "Was called earlier in this conversation and is no longer there.";
  return { toolSpec: { name, description, inputSchema: { json: { type: "object" } } } };
}

/** `messages` of a request that only says "Hi". */
export const HI: readonly JsonObject[] = [{ role: "user", content: [{ text: "Hi" }] }];

export interface RequestCase {
  readonly name: string;
  readonly request: Partial<ChatRequest>;
  readonly body: JsonObject;
  /** Claude unless said. */
  readonly model?: string;
  readonly stream?: boolean;
  readonly lost?: readonly string[];
}

export function testRequests(cases: readonly RequestCase[]): void {
  for (const { name, request, body, model = CLAUDE, stream = false, lost = [] } of cases) {
    test(`converse request: ${name}`, () => {
      const encoded = encode(request, model, stream);
      assert.deepEqual(encoded.body, body);
      assert.deepEqual(encoded.lost, lost);
      assert.deepEqual(encoded.headers, []);
    });
  }
}
