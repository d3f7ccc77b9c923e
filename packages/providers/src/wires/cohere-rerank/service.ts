import type { PathCall, ProviderService } from "@headrace/core/provider-adapter";
import { usageFromCohere } from "../../cohere/usage.ts";
import { parseJsonObject } from "../../json/read.ts";

export interface CohereRerankServiceOptions {
  /** Below the API root; Cohere's own path below `https://api.cohere.com/v2` when absent. */
  readonly path?: (call: PathCall) => string;
}

/** `POST /v2/rerank`, which vLLM serves too. */
export function cohereRerankService(options: CohereRerankServiceOptions = {}): ProviderService {
  return {
    path: options.path ?? (() => "/rerank"),
    stream: null,
    edits: { model: "replace", askUsage: false, refused: [], added: "" },
    readUsage: (body) => parseJsonObject(body.toString())?.meta ?? null,
    tokenUsage: usageFromCohere,
  };
}
