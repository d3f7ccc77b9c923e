import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { openAiFamily } from "../families/openai-family.ts";
import { SAMBANOVA } from "../wires/openai-chat/dialects.ts";

/** Source: SambaNova documentation, "OpenAI compatibility". */
export const sambaNova: ProviderAdapter = openAiFamily({
  id: "sambanova",
  title: "SambaNova",
  baseUrl: "https://api.sambanova.ai/v1",
  dialect: SAMBANOVA,
  serves: ["openai-embeddings", "openai-transcriptions", "openai-translations"],
});
