import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { openAiFamily } from "../families/openai-family.ts";
import { NVIDIA } from "../wires/openai-chat/dialects.ts";

/** NVIDIA's own endpoints; a NIM of one's own has them under its address. Source: NVIDIA NIM API reference. */
export const nvidia: ProviderAdapter = openAiFamily({
  id: "nvidia",
  title: "NVIDIA NIM",
  baseUrl: "https://integrate.api.nvidia.com/v1",
  dialect: NVIDIA,
  serves: ["openai-completions", "openai-embeddings"],
});
