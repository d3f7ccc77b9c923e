import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { openAiFamily } from "../families/openai-family.ts";
import { openAiChatService } from "../families/openai-services.ts";
import { MISTRAL_PREFIX } from "../families/prefills.ts";
import { MISTRAL_EMBED } from "../wires/jina-embed/dialect.ts";
import { jinaEmbedProvider } from "../wires/jina-embed/provider.ts";
import { jinaEmbedService } from "../wires/jina-embed/service.ts";
import { MISTRAL } from "../wires/openai-chat/dialects.ts";

/**
 * Its streams are written anew for OpenAI's clients: calls come without the index that those put them together by, and
 * thinking as a list where they expect a text. Source: Mistral AI documentation, "API Specs".
 */
export const mistral: ProviderAdapter = openAiFamily({
  id: "mistral",
  title: "Mistral AI",
  baseUrl: "https://api.mistral.ai/v1",
  dialect: MISTRAL,
  prefill: MISTRAL_PREFIX,
  serves: ["openai-transcriptions"],
  services: {
    "openai-chat": { ...openAiChatService(MISTRAL), stream: null },
    "openai-embeddings": jinaEmbedService(),
  },
  embedding: jinaEmbedProvider(MISTRAL_EMBED),
});
