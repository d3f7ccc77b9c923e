import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { BEARER_KEY } from "../families/credentials.ts";
import { replicateProvider } from "../wires/replicate-predict/provider.ts";
import { readReplicateError } from "../wires/replicate-predict/provider-errors.ts";
import { replicateService } from "../wires/replicate-predict/service.ts";

/** Its language models, whole answers only: one request cannot both ask for a prediction and stream it. Source: Replicate HTTP API. */
export const replicate: ProviderAdapter = {
  id: "replicate",
  title: "Replicate",
  baseUrl: () => "https://api.replicate.com/v1",
  requiredSettings: [],
  optionalSettings: [],
  probePath: "/account",
  auth: BEARER_KEY,
  services: { "replicate-predict": replicateService() },
  chat: replicateProvider,
  embedding: null,
  rerank: null,
  readError: readReplicateError,
};
