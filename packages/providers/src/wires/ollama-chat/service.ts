import type { PathCall, ProviderService } from "@headrace/core/provider-adapter";
import { parseJsonObject } from "../../json/read.ts";
import { usageFromOllama } from "./usage.ts";

export interface OllamaServiceOptions {
  /** Below the API root; Ollama's own path below `http://localhost:11434` when absent. */
  readonly path?: (call: PathCall) => string;
}

/** `POST /api/chat`. No client speaks it, so nothing is passed on untouched. */
export function ollamaService(options: OllamaServiceOptions = {}): ProviderService {
  return {
    path: options.path ?? (() => "/api/chat"),
    stream: null,
    edits: { model: "replace", askUsage: false, refused: [], added: "" },
    // The counts stand in the answer itself.
    readUsage: (body) => parseJsonObject(body.toString()),
    tokenUsage: usageFromOllama,
  };
}
