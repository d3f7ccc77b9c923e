import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { openAiFamily } from "../families/openai-family.ts";
import { TOGETHER } from "../wires/openai-chat/dialects.ts";

/** Source: Together AI documentation, "OpenAI Compatibility", "Rerank". */
export const together: ProviderAdapter = openAiFamily({
  id: "together",
  title: "Together AI",
  baseUrl: "https://api.together.xyz/v1",
  dialect: TOGETHER,
  serves: [
    "openai-completions",
    "openai-embeddings",
    "openai-images",
    "openai-speech",
    "openai-transcriptions",
    "openai-translations",
    "jina-rerank",
  ],
});
