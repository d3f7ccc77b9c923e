/** What the tests of this wire share. */
import { readFileSync } from "node:fs";
import type { ChatRequest } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import type { JsonObject } from "@headrace/core/json-object";
import type { ChatCallFacts, EncodedRequest } from "@headrace/core/wire/chat-codec";
import { frame } from "../../framing/testing.ts";
import { parseJsonObject } from "../../json/read.ts";
import { anthropicProvider } from "./provider.ts";
import { AnthropicStreamDecoder } from "./stream-decoder.ts";

export const CALL: ChatCallFacts = {
  requestId: "req-1",
  model: "claude",
  createdAtSeconds: 1_700_000_000,
  includeUsage: true,
  echo: undefined,
};

const FIXTURES = new URL("../../../fixtures/anthropic/", import.meta.url);

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
  const decoder = new AnthropicStreamDecoder((event) => events.push(event));
  const { frames, whole } = frame("sse", chunks);
  for (const one of frames) decoder.push(one);
  return { events, whole: decoder.end() && whole };
}

/** A stream of these objects, each an event of its own type. */
export function sse(...events: readonly JsonObject[]): Buffer {
  return Buffer.from(
    events.map((event) => `event: ${String(event.type)}\ndata: ${JSON.stringify(event)}\n\n`).join(""),
  );
}

/** A request that says nothing but what a test is about. */
export function request(parts: Partial<ChatRequest>): ChatRequest {
  return {
    wire: "openai-chat",
    model: "claude",
    messages: [{ role: "user", parts: [{ type: "text", text: "Hi", extra: NO_EXTRA }], extra: NO_EXTRA }],
    tools: [],
    sampling: {},
    stream: false,
    includeUsage: false,
    extra: NO_EXTRA,
    ...parts,
  };
}

/** A model that has nearly everything: budgets, free sampling, forced tools, structured output. */
export const CLAUDE = "claude-sonnet-4-5";

export function encodeForClaude(
  parts: Partial<ChatRequest>,
  model: string = CLAUDE,
  stream = false,
): EncodedRequest {
  return anthropicProvider().encodeRequest(request(parts), { model, stream });
}
