import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { OPTIONAL_BEARER_KEY } from "../families/credentials.ts";
import { openAiFamily } from "../families/openai-family.ts";
import { LAST_MESSAGE } from "../families/prefills.ts";
import { anthropicCountTokensService, anthropicService } from "../wires/anthropic-messages/service.ts";
import { LLAMA_CPP } from "../wires/openai-chat/dialects.ts";

/** Source: llama.cpp, tools/server/README.md (Messages since b7180). */
export const llamaCpp: ProviderAdapter = openAiFamily({
  id: "llama-cpp",
  title: "llama.cpp",
  baseUrl: "http://127.0.0.1:8080/v1",
  auth: OPTIONAL_BEARER_KEY,
  dialect: LLAMA_CPP,
  prefill: LAST_MESSAGE,
  serves: ["openai-completions", "openai-embeddings", "jina-rerank"],
  services: {
    "anthropic-messages": anthropicService(),
    "anthropic-count-tokens": anthropicCountTokensService(),
  },
});
