import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { OPTIONAL_BEARER_KEY } from "../families/credentials.ts";
import { openAiEmbeddingsService } from "../families/openai-services.ts";
import { TEI_RERANK } from "../wires/jina-rerank/dialect.ts";
import { jinaRerankProvider } from "../wires/jina-rerank/provider.ts";
import { jinaRerankService } from "../wires/jina-rerank/service.ts";
import { readOpenAiError } from "../wires/openai-chat/provider-errors.ts";
import { openAiEmbeddingsProvider } from "../wires/openai-embeddings/provider.ts";

/**
 * Embeddings or reranking, whichever its model does, at the port that it has without a container. Source: Hugging Face,
 * "Text Embeddings Inference API".
 */
export const tei: ProviderAdapter = {
  id: "tei",
  title: "Hugging Face TEI",
  baseUrl: () => "http://127.0.0.1:3000",
  requiredSettings: [],
  optionalSettings: [],
  probePath: "/health",
  auth: OPTIONAL_BEARER_KEY,
  services: {
    "openai-embeddings": { ...openAiEmbeddingsService(), path: () => "/v1/embeddings" },
    "jina-rerank": jinaRerankService({ dialect: TEI_RERANK }),
  },
  chat: null,
  embedding: openAiEmbeddingsProvider,
  rerank: jinaRerankProvider(TEI_RERANK),
  readError: readOpenAiError,
};
