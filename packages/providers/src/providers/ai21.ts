import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { openAiFamily } from "../families/openai-family.ts";
import { AI21 } from "../wires/openai-chat/dialects.ts";

/** Jamba. Source: AI21 documentation, "Chat completion". */
export const ai21: ProviderAdapter = openAiFamily({
  id: "ai21",
  title: "AI21 Labs",
  baseUrl: "https://api.ai21.com/studio/v1",
  dialect: AI21,
  serves: [],
});
