import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { OPTIONAL_BEARER_KEY } from "../families/credentials.ts";
import { openAiFamily } from "../families/openai-family.ts";

/**
 * Any server on OpenAI's wire that has no adapter of its own; the config says where it is. What it does not know, it
 * refuses itself. Responses are rare among them, so that they are made of chats.
 */
export const openAiCompatible: ProviderAdapter = openAiFamily({
  id: "openai-compatible",
  title: "OpenAI-compatible",
  baseUrl: null,
  auth: OPTIONAL_BEARER_KEY,
  serves: [
    "openai-completions",
    "openai-embeddings",
    "openai-moderations",
    "openai-images",
    "openai-image-edits",
    "openai-image-variations",
    "openai-speech",
    "openai-transcriptions",
    "openai-translations",
    "openai-files",
    "openai-batches",
    "openai-realtime",
    "jina-rerank",
  ],
});
