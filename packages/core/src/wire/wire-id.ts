/**
 * Every form in which a call to a model is written, by client, by provider, or by both. The name says whose reference
 * defines it and which call it is.
 */
export type WireId = ChatWireId | EmbeddingWireId | RerankWireId | PlainWireId;

/** Forms of one operation, a chat; any of them can be translated into any other. */
export type ChatWireId =
  | "openai-chat"
  | "openai-completions"
  | "openai-responses"
  | "anthropic-messages"
  | "gemini-generate"
  | "bedrock-converse"
  | "bedrock-invoke"
  | "cohere-chat"
  | "ollama-chat"
  | "replicate-predict";

export type EmbeddingWireId =
  | "openai-embeddings"
  | "gemini-embed"
  | "cohere-embed"
  | "bedrock-embed"
  | "ollama-embed";

export type RerankWireId = "cohere-rerank" | "jina-rerank";

/** Forms that are only passed on, to a provider that takes them as they are. */
export type PlainWireId =
  | "anthropic-count-tokens"
  | "gemini-count-tokens"
  | "openai-moderations"
  | "openai-images"
  | "openai-image-edits"
  | "openai-image-variations"
  | "openai-speech"
  | "openai-transcriptions"
  | "openai-translations"
  | "openai-files"
  | "openai-batches"
  | "openai-realtime"
  | "elevenlabs-speech"
  | "elevenlabs-transcribe";

/** The forms in which clients may write a chat. */
export type ClientChatWireId = Extract<
  ChatWireId,
  | "openai-chat"
  | "openai-completions"
  | "openai-responses"
  | "anthropic-messages"
  | "gemini-generate"
  | "bedrock-converse"
  | "bedrock-invoke"
  | "cohere-chat"
>;
