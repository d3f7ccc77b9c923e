import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { BEARER_KEY } from "../families/credentials.ts";
import { cohereProvider } from "../wires/cohere-chat/provider.ts";
import { readCohereError } from "../wires/cohere-chat/provider-errors.ts";
import { cohereService } from "../wires/cohere-chat/service.ts";

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
  services: { "cohere-chat": cohereService() },
  chat: cohereProvider,
  embedding: null,
  rerank: null,
  readError: readCohereError,
};
