import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { BEARER_KEY } from "../families/credentials.ts";
import { jinaEmbedProvider } from "../wires/jina-embed/provider.ts";
import { jinaEmbedService } from "../wires/jina-embed/service.ts";
import { jinaRerankProvider } from "../wires/jina-rerank/provider.ts";
import { jinaRerankService } from "../wires/jina-rerank/service.ts";
import { readOpenAiResponsesError } from "../wires/openai-responses/provider-errors.ts";

/** Embeddings and reranking. Source: Jina API reference. */
export const jina: ProviderAdapter = {
  id: "jina",
  title: "Jina AI",
  baseUrl: () => "https://api.jina.ai/v1",
  requiredSettings: [],
  optionalSettings: [],
  probePath: "/models",
  auth: BEARER_KEY,
  services: { "openai-embeddings": jinaEmbedService(), "jina-rerank": jinaRerankService() },
  chat: null,
  embedding: jinaEmbedProvider(),
  rerank: jinaRerankProvider(),
  readError: readOpenAiResponsesError,
};
