import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { BEARER_KEY } from "../families/credentials.ts";
import { cohereProvider } from "../wires/cohere-chat/provider.ts";
import { readCohereError } from "../wires/cohere-chat/provider-errors.ts";
import { cohereService } from "../wires/cohere-chat/service.ts";
import { cohereEmbedProvider } from "../wires/cohere-embed/provider.ts";
import { cohereEmbedService } from "../wires/cohere-embed/service.ts";
import { cohereRerankProvider } from "../wires/cohere-rerank/provider.ts";
import { cohereRerankService } from "../wires/cohere-rerank/service.ts";

/** Source: Cohere API reference, v2. */
export const cohere: ProviderAdapter = {
  id: "cohere",
  title: "Cohere",
  baseUrl: () => "https://api.cohere.com/v2",
  requiredSettings: [],
  optionalSettings: [],
  // The list of models is below v1 alone.
  probePath: "/",
  auth: BEARER_KEY,
  services: {
    "cohere-chat": cohereService(),
    "cohere-embed": cohereEmbedService(),
    "cohere-rerank": cohereRerankService(),
  },
  chat: cohereProvider,
  embedding: cohereEmbedProvider,
  rerank: cohereRerankProvider,
  readError: readCohereError,
};
