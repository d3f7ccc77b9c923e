import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { OPTIONAL_BEARER_KEY } from "../families/credentials.ts";
import { openAiFamily } from "../families/openai-family.ts";
import { anthropicService } from "../wires/anthropic-messages/service.ts";
import { LM_STUDIO } from "../wires/openai-chat/dialects.ts";

/** Source: LM Studio documentation, "OpenAI Compatibility Endpoints", "Anthropic Compatibility Endpoints" (0.4.1 and later). */
export const lmStudio: ProviderAdapter = openAiFamily({
  id: "lm-studio",
  title: "LM Studio",
  baseUrl: "http://127.0.0.1:1234/v1",
  auth: OPTIONAL_BEARER_KEY,
  dialect: LM_STUDIO,
  serves: ["openai-completions", "openai-responses", "openai-embeddings"],
  services: { "anthropic-messages": anthropicService() },
});
