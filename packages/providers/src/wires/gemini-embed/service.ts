import type { ProviderService } from "@headrace/core/provider-adapter";
import { GEMINI_MODELS, modelPath, VERTEX_MODELS } from "../../google/model-path.ts";
import type { GeminiEmbedDialect } from "./dialect.ts";

/** The method that takes several texts, which a single one is too. */
export function geminiEmbedService(dialect: GeminiEmbedDialect = "gemini-api"): ProviderService {
  const isVertex = dialect === "vertex";
  const method = isVertex ? ":predict" : ":batchEmbedContents";
  return {
    path: (call) => modelPath(call, isVertex ? VERTEX_MODELS : GEMINI_MODELS) + method,
    // Clients have a method for one text as well, and each text of a body names the model.
    onlyTranslated: true,
    stream: null,
    edits: { model: "remove", askUsage: false, refused: [], added: "" },
    readUsage: () => null,
    tokenUsage: () => null,
  };
}
