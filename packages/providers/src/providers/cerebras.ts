import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { openAiFamily } from "../families/openai-family.ts";
import { CEREBRAS } from "../wires/openai-chat/dialects.ts";

/** Source: Cerebras Inference documentation, "OpenAI Compatibility". */
export const cerebras: ProviderAdapter = openAiFamily({
  id: "cerebras",
  title: "Cerebras",
  baseUrl: "https://api.cerebras.ai/v1",
  dialect: CEREBRAS,
  serves: ["openai-completions"],
});
