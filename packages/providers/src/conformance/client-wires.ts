import type { ChatCallFacts, ChatClientCodec, ChatProviderCodec } from "@headrace/core/wire/chat-codec";
import { anthropicClient } from "../wires/anthropic-messages/client.ts";
import { anthropicProvider } from "../wires/anthropic-messages/provider.ts";
import { converseClient } from "../wires/bedrock-converse/client.ts";
import { converseProvider } from "../wires/bedrock-converse/provider.ts";
import { cohereClient } from "../wires/cohere-chat/client.ts";
import { cohereProvider } from "../wires/cohere-chat/provider.ts";
import { geminiClient } from "../wires/gemini-generate/client.ts";
import { geminiProvider } from "../wires/gemini-generate/provider.ts";
import { openAiChatClient } from "../wires/openai-chat/client.ts";
import { openAiChatProvider } from "../wires/openai-chat/provider.ts";
import { openAiResponsesClient } from "../wires/openai-responses/client.ts";
import { openAiResponsesProvider } from "../wires/openai-responses/provider.ts";
import type { Expectation } from "./expectation.ts";

/** A wire that clients speak, with the codec that reads its answers as a client would. */
export interface ClientSubject {
  readonly client: ChatClientCodec;
  readonly reader: ChatProviderCodec;
  /** What of an answer this wire has no words for. */
  readonly loses: (expected: Expectation) => Expectation;
}

export const CLIENTS: readonly ClientSubject[] = [
  { client: openAiChatClient, reader: openAiChatProvider(), loses: (expected) => expected },
  { client: anthropicClient, reader: anthropicProvider(), loses: (expected) => expected },
  {
    client: converseClient,
    // Its events become binary messages behind the codec.
    reader: { ...converseProvider, framing: "sse" },
    loses: withoutReasoningCount,
  },
  {
    client: cohereClient,
    reader: cohereProvider,
    loses: (expected) => withoutReasoningCount(withoutCacheWrites(expected)),
  },
  { client: geminiClient, reader: geminiProvider(), loses: withoutCacheWrites },
  { client: openAiResponsesClient, reader: openAiResponsesProvider, loses: (expected) => expected },
];

/** Usage of these wires knows of no writes to a cache: what was written is input like any other. */
function withoutCacheWrites(expected: Expectation): Expectation {
  const { usage } = expected;
  return { ...expected, usage: usage === null ? null : { ...usage, cacheWrite: 0 } };
}

/** Usage of these wires counts all output as one. */
function withoutReasoningCount(expected: Expectation): Expectation {
  const { usage } = expected;
  return { ...expected, usage: usage === null ? null : { ...usage, reasoning: 0 } };
}

export const CALL: ChatCallFacts = {
  requestId: "req-1",
  model: "client-model",
  createdAtSeconds: 1_790_000_000,
  includeUsage: true,
  echo: undefined,
};
