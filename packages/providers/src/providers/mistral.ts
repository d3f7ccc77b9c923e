import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { openAiFamily } from "../families/openai-family.ts";

/** Source: Mistral AI documentation, "API Specs". */
export const mistral: ProviderAdapter = openAiFamily({
  id: "mistral",
  title: "Mistral AI",
  baseUrl: "https://api.mistral.ai/v1",
  serves: ["openai-embeddings", "openai-transcriptions"],
});
