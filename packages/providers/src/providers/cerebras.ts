import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { openAiFamily } from "../families/openai-family.ts";

/** Source: Cerebras Inference documentation, "OpenAI Compatibility". */
export const cerebras: ProviderAdapter = openAiFamily({
  id: "cerebras",
  title: "Cerebras",
  baseUrl: "https://api.cerebras.ai/v1",
  serves: ["openai-completions"],
});
