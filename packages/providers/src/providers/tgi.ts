import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { OPTIONAL_BEARER_KEY } from "../families/credentials.ts";
import { openAiFamily } from "../families/openai-family.ts";
import { TGI } from "../wires/openai-chat/dialects.ts";

/** Text Generation Inference, at the port that it has without a container. Source: TGI documentation, "Messages API". */
export const tgi: ProviderAdapter = openAiFamily({
  id: "tgi",
  title: "Hugging Face TGI",
  baseUrl: "http://127.0.0.1:3000/v1",
  auth: OPTIONAL_BEARER_KEY,
  dialect: TGI,
  serves: ["openai-completions"],
});
