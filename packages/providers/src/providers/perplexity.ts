import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { openAiFamily } from "../families/openai-family.ts";
import { PERPLEXITY } from "../wires/openai-chat/dialects.ts";

/** Source: Perplexity documentation, "OpenAI Compatibility". */
export const perplexity: ProviderAdapter = openAiFamily({
  id: "perplexity",
  title: "Perplexity",
  baseUrl: "https://api.perplexity.ai",
  dialect: PERPLEXITY,
  serves: [],
});
