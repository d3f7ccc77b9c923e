import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { openAiWireAdapter } from "./families/openai-wire.ts";

/** Any server on the OpenAI wire: vLLM, LM Studio, llama.cpp, a corporate proxy. The config says where it is. */
export const openaiCompatible: ProviderAdapter = openAiWireAdapter({
  id: "openai-compatible",
  title: "OpenAI-compatible",
  defaultBaseUrl: null,
});
