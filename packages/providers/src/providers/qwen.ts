import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { openAiFamily } from "../families/openai-family.ts";
import { PARTIAL_MESSAGE } from "../families/prefills.ts";
import { QWEN } from "../wires/openai-chat/dialects.ts";

/**
 * Alibaba Cloud Model Studio (DashScope) in its compatible mode; keys of the Chinese region want
 * `https://dashscope.aliyuncs.com/compatible-mode/v1`. Source: Model Studio documentation, "OpenAI compatible - Chat".
 */
export const qwen: ProviderAdapter = openAiFamily({
  id: "qwen",
  title: "Qwen",
  baseUrl: "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
  dialect: QWEN,
  prefill: PARTIAL_MESSAGE,
  serves: ["openai-embeddings", "openai-files", "openai-batches"],
});
