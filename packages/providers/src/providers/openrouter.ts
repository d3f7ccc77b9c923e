import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { openAiFamily } from "../families/openai-family.ts";
import { anthropicService } from "../wires/anthropic-messages/service.ts";
import { OPENROUTER } from "../wires/openai-chat/dialects.ts";

/** Source: OpenRouter documentation, "API Reference", "Anthropic Messages". Its Responses API keeps nothing, so that ours does it. */
export const openRouter: ProviderAdapter = openAiFamily({
  id: "openrouter",
  title: "OpenRouter",
  baseUrl: "https://openrouter.ai/api/v1",
  dialect: OPENROUTER,
  serves: ["openai-completions", "openai-embeddings"],
  services: { "anthropic-messages": anthropicService() },
});
