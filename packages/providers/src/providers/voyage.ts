import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { BEARER_KEY } from "../families/credentials.ts";
import { VOYAGE_EMBED } from "../wires/jina-embed/dialect.ts";
import { jinaEmbedProvider } from "../wires/jina-embed/provider.ts";
import { jinaEmbedService } from "../wires/jina-embed/service.ts";
import { VOYAGE_RERANK } from "../wires/jina-rerank/dialect.ts";
import { jinaRerankProvider } from "../wires/jina-rerank/provider.ts";
import { jinaRerankService } from "../wires/jina-rerank/service.ts";
import { readOpenAiResponsesError } from "../wires/openai-responses/provider-errors.ts";

/** Embeddings and reranking. Source: Voyage AI API reference. */
export const voyage: ProviderAdapter = {
  id: "voyage",
  title: "Voyage AI",
  baseUrl: () => "https://api.voyageai.com/v1",
  requiredSettings: [],
  optionalSettings: [],
  probePath: "/",
  auth: BEARER_KEY,
  services: {
    "openai-embeddings": jinaEmbedService(),
    "jina-rerank": jinaRerankService({ dialect: VOYAGE_RERANK }),
  },
  chat: null,
  embedding: jinaEmbedProvider(VOYAGE_EMBED),
  rerank: jinaRerankProvider(VOYAGE_RERANK),
  readError: readOpenAiResponsesError,
};
