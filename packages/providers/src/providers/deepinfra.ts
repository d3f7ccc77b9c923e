import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { openAiFamily } from "../families/openai-family.ts";
import { VLLM } from "../wires/openai-chat/dialects.ts";

/** Source: DeepInfra documentation, "OpenAI API Compatibility". */
export const deepInfra: ProviderAdapter = openAiFamily({
  id: "deepinfra",
  title: "DeepInfra",
  baseUrl: "https://api.deepinfra.com/v1/openai",
  dialect: VLLM,
  serves: [
    "openai-completions",
    "openai-embeddings",
    "openai-images",
    "openai-speech",
    "openai-transcriptions",
  ],
});
