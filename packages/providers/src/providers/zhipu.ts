import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { openAiFamily } from "../families/openai-family.ts";
import { ZHIPU } from "../wires/openai-chat/dialects.ts";

/**
 * GLM; the coding plan and the Chinese platform have addresses of their own, `https://api.z.ai/api/coding/paas/v4` and
 * `https://open.bigmodel.cn/api/paas/v4`. Source: Z.AI developer documentation, "HTTP API".
 */
export const zhipu: ProviderAdapter = openAiFamily({
  id: "zhipu",
  title: "Zhipu AI",
  baseUrl: "https://api.z.ai/api/paas/v4",
  dialect: ZHIPU,
  serves: ["openai-images", "openai-transcriptions"],
});
