import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { openAiFamily } from "../families/openai-family.ts";
import { HUGGING_FACE } from "../wires/openai-chat/dialects.ts";

/** Inference Providers: one API before many vendors. Source: Hugging Face documentation, "Inference Providers". */
export const huggingFace: ProviderAdapter = openAiFamily({
  id: "huggingface",
  title: "Hugging Face",
  baseUrl: "https://router.huggingface.co/v1",
  dialect: HUGGING_FACE,
  serves: [],
});
