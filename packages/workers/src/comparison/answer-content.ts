/** What an answer says, read from the bytes that a client gets. */
import type { ChatAnswer, FinishReason } from "@headrace/core/canonical/chat";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import { ENDPOINTS, type Endpoint } from "@headrace/core/endpoints";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { ChatProviderCodec } from "@headrace/core/wire/chat-codec";
import type { EmbeddingProviderCodec } from "@headrace/core/wire/embedding-codec";
import type { WireId } from "@headrace/core/wire/wire-id";
import { createFramer } from "@headrace/providers/framing/framer";
import { anthropicProvider } from "@headrace/providers/wires/anthropic-messages/provider";
import { converseProvider } from "@headrace/providers/wires/bedrock-converse/provider";
import { cohereProvider } from "@headrace/providers/wires/cohere-chat/provider";
import { cohereEmbedProvider } from "@headrace/providers/wires/cohere-embed/provider";
import { geminiEmbedProvider } from "@headrace/providers/wires/gemini-embed/provider";
import { geminiProvider } from "@headrace/providers/wires/gemini-generate/provider";
import { openAiChatProvider } from "@headrace/providers/wires/openai-chat/provider";
import { openAiEmbeddingsProvider } from "@headrace/providers/wires/openai-embeddings/provider";
import { openAiResponsesProvider } from "@headrace/providers/wires/openai-responses/provider";
import { completionsReader } from "./completions-reader.ts";

/** A good answer as its client gets it. */
export interface AnswerBytes {
  readonly endpoint: Endpoint;
  readonly stream: boolean;
  readonly body: Buffer;
}

export interface AnswerContent {
  /** Visible text of all choices; "" for embeddings. */
  readonly text: string;
  readonly toolCalls: readonly CalledTool[];
  /** Of each choice that has ended, in their order. */
  readonly finish: readonly FinishReason[];
  /** Null for what is no embedding. */
  readonly vectors: readonly Float32Array[] | null;
}

export interface CalledTool {
  readonly name: string;
  readonly argumentsJson: string;
}

/** What can be read of a chat's answers; a codec for providers can. */
export type ChatReader = Pick<ChatProviderCodec, "decodeAnswer" | "createStreamDecoder">;

/** Clients' wires by the codec that reads answers on them. Binary framing is put on later, so that all streams are SSE. */
const CHAT_READERS: Readonly<Partial<Record<WireId, ChatReader>>> = {
  "openai-chat": openAiChatProvider(),
  "openai-completions": completionsReader,
  "openai-responses": openAiResponsesProvider,
  "anthropic-messages": anthropicProvider(),
  "bedrock-invoke": anthropicProvider(),
  "bedrock-converse": converseProvider,
  "gemini-generate": geminiProvider(),
  "cohere-chat": cohereProvider,
};
const EMBEDDING_READERS: Readonly<Partial<Record<WireId, Pick<EmbeddingProviderCodec, "decodeResult">>>> = {
  "openai-embeddings": openAiEmbeddingsProvider,
  "gemini-embed": geminiEmbedProvider(),
  "cohere-embed": cohereEmbedProvider,
};

/** @returns null for bytes that are no whole answer on their wire */
export function readAnswer({ endpoint, stream, body }: AnswerBytes): AnswerContent | null {
  const { wire } = ENDPOINTS[endpoint];
  const chat = CHAT_READERS[wire];
  try {
    if (chat !== undefined)
      return stream ? readStream(chat, body) : contentOf(chat.decodeAnswer(parse(body)));
    const { vectors } = EMBEDDING_READERS[wire]?.decodeResult(parse(body)) ?? {};
    return vectors === undefined ? null : { text: "", toolCalls: [], finish: [], vectors };
  } catch {
    return null; // it has gone to its client as it is, and is not ours to judge here
  }
}

function parse(body: Buffer): JsonObject {
  const document: unknown = JSON.parse(body.toString());
  if (isJsonObject(document)) return document;
  throw new Error("an answer that is no object");
}

function contentOf({ choices }: ChatAnswer): AnswerContent {
  const parts = choices.flatMap((choice) => choice.parts);
  return {
    text: choices
      .map(({ parts: own }) => own.map((part) => (part.type === "text" ? part.text : "")).join(""))
      .join("\n"),
    toolCalls: parts.flatMap((part) => {
      return part.type === "tool-call" ? [{ name: part.name, argumentsJson: part.argumentsJson }] : [];
    }),
    finish: choices.map(({ finish }) => finish),
    vectors: null,
  };
}

function readStream(reader: ChatReader, body: Buffer): AnswerContent | null {
  const gathered = new GatheredStream();
  const decoder = reader.createStreamDecoder((event) => gathered.take(event));
  const framer = createFramer("sse", (frame) => decoder.push(frame));
  framer.push(body);
  const complete = framer.end();
  return decoder.end() && complete && !gathered.failed ? gathered.content() : null;
}

interface GatheredChoice {
  text: string;
  finish: FinishReason | null;
  readonly calls: Map<number, { readonly name: string; argumentsJson: string }>;
}

class GatheredStream {
  failed = false;
  readonly #choices = new Map<number, GatheredChoice>();

  take(event: ChatStreamEvent): void {
    if (event.type === "error") this.failed = true;
    else if (event.type === "text-delta") this.#choice(event.choice).text += event.text;
    else if (event.type === "finish") this.#choice(event.choice).finish = event.reason;
    else if (event.type === "tool-call-start")
      this.#choice(event.choice).calls.set(event.index, { name: event.name, argumentsJson: "" });
    else if (event.type === "tool-call-delta") {
      const call = this.#choice(event.choice).calls.get(event.index);
      if (call !== undefined) call.argumentsJson += event.argumentsJson;
    }
  }

  content(): AnswerContent {
    const choices = [...this.#choices].sort(([one], [other]) => one - other).map(([, choice]) => choice);
    return {
      text: choices.map(({ text }) => text).join("\n"),
      toolCalls: choices.flatMap(({ calls }) => [...calls.values()]),
      finish: choices.flatMap(({ finish }) => (finish === null ? [] : [finish])),
      vectors: null,
    };
  }

  #choice(index: number): GatheredChoice {
    const known = this.#choices.get(index);
    if (known !== undefined) return known;
    const choice: GatheredChoice = { text: "", finish: null, calls: new Map() };
    this.#choices.set(index, choice);
    return choice;
  }
}
