import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { openAiWireAdapter } from "./families/openai-wire.ts";

export const openai: ProviderAdapter = openAiWireAdapter({
  id: "openai",
  title: "OpenAI",
  defaultBaseUrl: "https://api.openai.com/v1",
});
