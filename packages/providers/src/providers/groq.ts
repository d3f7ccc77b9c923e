import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { openAiFamily } from "../families/openai-family.ts";
import { GROQ_LLAMA } from "../families/prefills.ts";
import { GROQ } from "../wires/openai-chat/dialects.ts";

/** Source: Groq documentation, "OpenAI Compatibility". Its Responses API keeps nothing, so that ours does it. */
export const groq: ProviderAdapter = openAiFamily({
  id: "groq",
  title: "Groq",
  baseUrl: "https://api.groq.com/openai/v1",
  dialect: GROQ,
  prefill: GROQ_LLAMA,
  serves: ["openai-speech", "openai-transcriptions", "openai-translations", "openai-files", "openai-batches"],
});
