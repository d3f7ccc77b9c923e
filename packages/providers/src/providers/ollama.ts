import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { OPTIONAL_BEARER_KEY } from "../families/credentials.ts";
import { openAiFamily } from "../families/openai-family.ts";
import { anthropicService } from "../wires/anthropic-messages/service.ts";
import { ollamaProvider } from "../wires/ollama-chat/provider.ts";
import { readOllamaError } from "../wires/ollama-chat/provider-errors.ts";
import { ollamaService } from "../wires/ollama-chat/service.ts";
import { ollamaEmbedProvider } from "../wires/ollama-embed/provider.ts";
import { ollamaEmbedService } from "../wires/ollama-embed/service.ts";

/**
 * Calls of OpenAI's and Anthropic's clients are passed on to the wires that Ollama has for them, all others reach its own;
 * the cloud, `https://ollama.com`, has the same and wants a key. Source: Ollama documentation, "API", "OpenAI
 * compatibility", "Anthropic compatibility" (0.14 and later). Its Responses API keeps nothing, so that ours does it.
 */
export const ollama: ProviderAdapter = {
  ...openAiFamily({
    id: "ollama",
    title: "Ollama",
    baseUrl: "http://127.0.0.1:11434",
    auth: OPTIONAL_BEARER_KEY,
    probePath: "/api/tags",
    path: (openAiPath) => `/v1${openAiPath}`,
    serves: ["openai-completions", "openai-embeddings"],
    services: {
      "ollama-chat": ollamaService(),
      "ollama-embed": ollamaEmbedService(),
      "anthropic-messages": anthropicService({ path: () => "/v1/messages" }),
    },
    embedding: ollamaEmbedProvider,
  }),
  chat: ollamaProvider,
  readError: readOllamaError,
};
