import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { openAiFamily } from "../families/openai-family.ts";
import { MINIMAX } from "../wires/openai-chat/dialects.ts";

/** Keys of the Chinese platform want `https://api.minimaxi.com/v1`. Source: MiniMax documentation, "Compatible OpenAI API". */
export const miniMax: ProviderAdapter = openAiFamily({
  id: "minimax",
  title: "MiniMax",
  baseUrl: "https://api.minimax.io/v1",
  dialect: MINIMAX,
  serves: [],
});
