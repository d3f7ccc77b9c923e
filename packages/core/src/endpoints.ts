import type { WireId } from "./wire/wire-id.ts";

/** What a call is about, whatever wire it is written on. */
export type Operation = "chat" | "embedding" | "rerank" | "speech" | "plain";

export interface EndpointRow {
  /** The wire that its clients speak. */
  readonly wire: WireId;
  readonly operation: Operation;
  /** Where the request says which model it wants. */
  readonly modelIn: "body" | "path";
}

/**
 * The calls of the data port that reach a provider with a JSON body, by the name that logs and metrics give them. A
 * plain one is only served by providers on the same wire; the others are translated where need be.
 */
export type Endpoint =
  | "chat"
  | "completions"
  | "responses"
  | "messages"
  | "messages-count-tokens"
  | "generate-content"
  | "converse"
  | "invoke-model"
  | "cohere-chat"
  | "gemini-count-tokens"
  | "embeddings"
  | "embed-content"
  | "batch-embed-contents"
  | "cohere-embed"
  | "rerank"
  | "cohere-rerank"
  | "moderations"
  | "images"
  | "speech";

export const ENDPOINTS: Readonly<Record<Endpoint, EndpointRow>> = {
  chat: { wire: "openai-chat", operation: "chat", modelIn: "body" },
  completions: { wire: "openai-completions", operation: "chat", modelIn: "body" },
  responses: { wire: "openai-responses", operation: "chat", modelIn: "body" },
  messages: { wire: "anthropic-messages", operation: "chat", modelIn: "body" },
  "messages-count-tokens": { wire: "anthropic-count-tokens", operation: "plain", modelIn: "body" },
  "generate-content": { wire: "gemini-generate", operation: "chat", modelIn: "path" },
  converse: { wire: "bedrock-converse", operation: "chat", modelIn: "path" },
  "invoke-model": { wire: "bedrock-invoke", operation: "chat", modelIn: "path" },
  "cohere-chat": { wire: "cohere-chat", operation: "chat", modelIn: "body" },
  "gemini-count-tokens": { wire: "gemini-count-tokens", operation: "plain", modelIn: "path" },
  embeddings: { wire: "openai-embeddings", operation: "embedding", modelIn: "body" },
  "embed-content": { wire: "gemini-embed", operation: "embedding", modelIn: "path" },
  "batch-embed-contents": { wire: "gemini-embed", operation: "embedding", modelIn: "path" },
  "cohere-embed": { wire: "cohere-embed", operation: "embedding", modelIn: "body" },
  rerank: { wire: "jina-rerank", operation: "rerank", modelIn: "body" },
  "cohere-rerank": { wire: "cohere-rerank", operation: "rerank", modelIn: "body" },
  moderations: { wire: "openai-moderations", operation: "plain", modelIn: "body" },
  images: { wire: "openai-images", operation: "plain", modelIn: "body" },
  speech: { wire: "openai-speech", operation: "speech", modelIn: "body" },
};

/**
 * The calls of the data port that do not have one JSON document as their body which names a model, by the name that logs
 * and metrics give them. They are passed on to providers on the same wire; only transcriptions are also translated.
 */
export type RelayedEndpoint =
  | "transcriptions"
  | "translations"
  | "image-edits"
  | "image-variations"
  | "files"
  | "batches"
  | "stored-responses"
  | "realtime";

export const RELAYED_WIRES: Readonly<Record<RelayedEndpoint, WireId>> = {
  transcriptions: "openai-transcriptions",
  translations: "openai-translations",
  "image-edits": "openai-image-edits",
  "image-variations": "openai-image-variations",
  files: "openai-files",
  batches: "openai-batches",
  "stored-responses": "openai-responses",
  realtime: "openai-realtime",
};
