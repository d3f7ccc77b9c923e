import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { openAiFamily } from "../families/openai-family.ts";
import { CLOUDFLARE } from "../wires/openai-chat/dialects.ts";

/** Source: Cloudflare documentation, "Workers AI", "OpenAI compatible API endpoints". */
export const cloudflare: ProviderAdapter = openAiFamily({
  id: "cloudflare",
  title: "Cloudflare Workers AI",
  baseUrl: ({ account }) =>
    account === undefined ? null : `https://api.cloudflare.com/client/v4/accounts/${account}/ai/v1`,
  requiredSettings: ["account"],
  dialect: CLOUDFLARE,
  serves: ["openai-embeddings"],
});
