import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { openAiFamily } from "../families/openai-family.ts";
import { PARTIAL_MESSAGE } from "../families/prefills.ts";
import { MOONSHOT } from "../wires/openai-chat/dialects.ts";

/** Kimi; keys of the Chinese platform want `https://api.moonshot.cn/v1`. Source: Kimi API documentation, "API overview". */
export const moonshot: ProviderAdapter = openAiFamily({
  id: "moonshot",
  title: "Moonshot AI",
  baseUrl: "https://api.moonshot.ai/v1",
  dialect: MOONSHOT,
  prefill: PARTIAL_MESSAGE,
  serves: ["openai-files", "openai-batches"],
});
