import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { openAiFamily } from "../families/openai-family.ts";

/** The fake provider that runs inside the gateway; the supervisor starts it and fills in its address. */
export const mock: ProviderAdapter = openAiFamily({
  id: "mock",
  title: "Mock",
  baseUrl: null,
  auth: { kind: "none" },
  serves: ["openai-completions", "openai-embeddings"],
});
