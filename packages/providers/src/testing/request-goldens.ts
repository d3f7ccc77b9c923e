/** Requests and what a codec has to make of them, as a table. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatMessage, ChatRequest, FunctionTool } from "@headrace/core/canonical/chat";
import { NO_EXTRA, type TextPart } from "@headrace/core/canonical/chat-parts";
import type { JsonObject } from "@headrace/core/json-object";
import type { ChatProviderCodec, EncodeTarget } from "@headrace/core/wire/chat-codec";
import { request } from "./chat-streams.ts";

export interface Golden {
  readonly name: string;
  readonly request: Partial<ChatRequest>;
  /** The members of the body that differ from those of the plainest request; undefined for one that it lacks. */
  readonly body: JsonObject;
  readonly lost?: readonly string[];
}

export interface GoldenTable {
  /** What the tests' names begin with. */
  readonly title: string;
  readonly codec: ChatProviderCodec;
  readonly target: EncodeTarget;
  /** The body of a request that says nothing but "Hi". */
  readonly plain: JsonObject;
  readonly goldens: readonly Golden[];
}

export function testGoldens({ title, codec, target, plain, goldens }: GoldenTable): void {
  for (const { name, request: parts, body, lost = [] } of goldens) {
    test(`${title}: ${name}`, () => {
      const encoded = codec.encodeRequest(request(parts), target);
      const expected = Object.entries({ ...plain, ...body }).filter(([, value]) => value !== undefined);
      assert.deepEqual(encoded.body, Object.fromEntries(expected));
      assert.deepEqual(encoded.lost, lost);
    });
  }
}

export function textPart(text: string): TextPart {
  return { type: "text", text, extra: NO_EXTRA };
}

export function says(
  role: "system" | "developer" | "user" | "assistant",
  ...texts: readonly string[]
): ChatMessage {
  return { role, parts: texts.map(textPart), extra: NO_EXTRA };
}

export function functionTool(name: string, more: Partial<FunctionTool> = {}): FunctionTool {
  return {
    type: "function",
    name,
    parameters: { type: "object", properties: {} },
    extra: NO_EXTRA,
    ...more,
  };
}
