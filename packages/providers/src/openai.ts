import type { ProviderAdapter } from "@headrace/core/adapter";
import { openAiWireAdapter } from "./families/openai-wire.ts";

export const openai: ProviderAdapter = openAiWireAdapter({
  id: "openai",
  defaultBaseUrl: "https://api.openai.com/v1",
});
