import { isJsonObject } from "@headrace/core/json-object";
import type { PathCall, ProviderService } from "@headrace/core/provider-adapter";
import { inputUsage } from "../../embedding/vectors.ts";
import { countOf, parseJsonObject } from "../../json/read.ts";

export interface OllamaEmbedServiceOptions {
  /** Below the API root; Ollama's own path below `http://localhost:11434` when absent. */
  readonly path?: (call: PathCall) => string;
}

/** `POST /api/embed`. No client speaks it, so nothing is passed on untouched. */
export function ollamaEmbedService(options: OllamaEmbedServiceOptions = {}): ProviderService {
  return {
    path: options.path ?? (() => "/api/embed"),
    stream: null,
    edits: { model: "replace", askUsage: false, refused: [], added: "" },
    // The count stands in the answer itself.
    readUsage: (body) => parseJsonObject(body.toString()),
    tokenUsage: (raw) => (isJsonObject(raw) ? inputUsage(countOf(raw, "prompt_eval_count")) : null),
  };
}
