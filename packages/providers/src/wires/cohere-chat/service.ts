import type { PathCall, ProviderService } from "@headrace/core/provider-adapter";
import { usageFromCohere } from "../../cohere/usage.ts";
import { parseJsonObject } from "../../json/read.ts";
import { cohereStream } from "./stream-dialect.ts";

export interface CohereServiceOptions {
  /** Below the API root; Cohere's own path below `https://api.cohere.com/v2` when absent. */
  readonly path?: (call: PathCall) => string;
}

/** `POST /v2/chat`. */
export function cohereService(options: CohereServiceOptions = {}): ProviderService {
  return {
    path: options.path ?? (() => "/chat"),
    stream: cohereStream,
    edits: { model: "replace", askUsage: false, refused: [], added: "" },
    readUsage: (body) => parseJsonObject(body.toString())?.usage ?? null,
    tokenUsage: usageFromCohere,
  };
}
