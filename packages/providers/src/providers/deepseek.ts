import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { openAiFamily } from "../families/openai-family.ts";
import { DEEPSEEK } from "../wires/openai-chat/dialects.ts";

/** Source: DeepSeek API documentation, "Your First API Call", "Thinking Mode". */
export const deepseek: ProviderAdapter = openAiFamily({
  id: "deepseek",
  title: "DeepSeek",
  baseUrl: "https://api.deepseek.com",
  dialect: DEEPSEEK,
  serves: [],
});
