import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { openAiFamily } from "../families/openai-family.ts";

/** Source: OpenAI API reference. */
export const openai: ProviderAdapter = openAiFamily({
  id: "openai",
  title: "OpenAI",
  baseUrl: "https://api.openai.com/v1",
  serves: [
    "openai-completions",
    "openai-responses",
    "openai-embeddings",
    "openai-moderations",
    "openai-images",
    "openai-image-edits",
    "openai-image-variations",
    "openai-speech",
    "openai-transcriptions",
    "openai-translations",
    "openai-files",
    "openai-batches",
    "openai-realtime",
  ],
});
