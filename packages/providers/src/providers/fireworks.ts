import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { openAiFamily } from "../families/openai-family.ts";
import { FIREWORKS } from "../wires/openai-chat/dialects.ts";

/** Source: Fireworks AI documentation, "OpenAI compatibility", "Responses API". */
export const fireworks: ProviderAdapter = openAiFamily({
  id: "fireworks",
  title: "Fireworks AI",
  baseUrl: "https://api.fireworks.ai/inference/v1",
  dialect: FIREWORKS,
  serves: ["openai-completions", "openai-responses", "openai-embeddings"],
});
