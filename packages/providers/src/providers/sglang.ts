import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { OPTIONAL_BEARER_KEY } from "../families/credentials.ts";
import { openAiFamily } from "../families/openai-family.ts";
import { CONTINUED_MESSAGE } from "../families/prefills.ts";
import { SGLANG } from "../wires/openai-chat/dialects.ts";

/** Source: SGLang documentation, "OpenAI-Compatible APIs". */
export const sglang: ProviderAdapter = openAiFamily({
  id: "sglang",
  title: "SGLang",
  baseUrl: "http://127.0.0.1:30000/v1",
  auth: OPTIONAL_BEARER_KEY,
  dialect: SGLANG,
  prefill: CONTINUED_MESSAGE,
  serves: ["openai-completions", "openai-embeddings"],
});
