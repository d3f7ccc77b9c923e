import type { PathCall, ProviderService } from "@headrace/core/provider-adapter";
import { usageFromCohere } from "../../cohere/usage.ts";
import { parseJsonObject } from "../../json/read.ts";

export interface CohereEmbedServiceOptions {
  /** Below the API root; Cohere's own path below `https://api.cohere.com/v2` when absent. */
  readonly path?: (call: PathCall) => string;
}

/** `POST /v2/embed`. */
export function cohereEmbedService(options: CohereEmbedServiceOptions = {}): ProviderService {
  return {
    path: options.path ?? (() => "/embed"),
    stream: null,
    edits: { model: "replace", askUsage: false, refused: [], added: "" },
    readUsage: (body) => parseJsonObject(body.toString())?.meta ?? null,
    tokenUsage: usageFromCohere,
  };
}
