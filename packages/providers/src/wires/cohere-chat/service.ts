import type { PathCall, ProviderService } from "@headrace/core/provider-adapter";
import { usageFromCohere } from "../../cohere/usage.ts";
import { parseJsonObject } from "../../json/read.ts";

export interface CohereServiceOptions {
  /** Below the API root; Cohere's own path below `https://api.cohere.com/v2` when absent. */
  readonly path?: (call: PathCall) => string;
}

/** `POST /v2/chat`. No client speaks it, so nothing is passed on untouched. */
export function cohereService(options: CohereServiceOptions = {}): ProviderService {
  return {
    path: options.path ?? (() => "/chat"),
    stream: null,
    edits: { model: "replace", askUsage: false, refused: [], added: "" },
    readUsage: (body) => parseJsonObject(body.toString())?.usage ?? null,
    tokenUsage: usageFromCohere,
  };
}
