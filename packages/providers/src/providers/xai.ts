import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { openAiFamily } from "../families/openai-family.ts";
import { XAI } from "../wires/openai-chat/dialects.ts";

/** Source: xAI documentation, "REST API Reference". */
export const xai: ProviderAdapter = openAiFamily({
  id: "xai",
  title: "xAI",
  baseUrl: "https://api.x.ai/v1",
  dialect: XAI,
  serves: ["openai-responses", "openai-images"],
});
