import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { OPTIONAL_BEARER_KEY } from "../families/credentials.ts";
import { openAiFamily } from "../families/openai-family.ts";
import { CONTINUED_MESSAGE } from "../families/prefills.ts";
import { anthropicService } from "../wires/anthropic-messages/service.ts";
import { VLLM } from "../wires/openai-chat/dialects.ts";

/**
 * Source: vLLM documentation, "OpenAI-Compatible Server" (Messages since 0.11.1). Its Responses API forgets what it has
 * answered unless it is told otherwise, so that ours keeps it.
 */
export const vllm: ProviderAdapter = openAiFamily({
  id: "vllm",
  title: "vLLM",
  baseUrl: "http://127.0.0.1:8000/v1",
  auth: OPTIONAL_BEARER_KEY,
  dialect: VLLM,
  prefill: CONTINUED_MESSAGE,
  serves: [
    "openai-completions",
    "openai-embeddings",
    "openai-transcriptions",
    "openai-translations",
    "jina-rerank",
  ],
  services: { "anthropic-messages": anthropicService() },
});
