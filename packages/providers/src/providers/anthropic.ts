import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { CLAUDE_PREFILL } from "../families/prefills.ts";
import { anthropicProvider } from "../wires/anthropic-messages/provider.ts";
import { readAnthropicError } from "../wires/anthropic-messages/provider-errors.ts";
import { anthropicCountTokensService, anthropicService } from "../wires/anthropic-messages/service.ts";

/** Claude at its maker's. Source: Anthropic API reference, "Overview", "Authentication". */
export const anthropic: ProviderAdapter = {
  id: "anthropic",
  title: "Anthropic",
  baseUrl: () => "https://api.anthropic.com/v1",
  requiredSettings: [],
  optionalSettings: [],
  probePath: "/models",
  auth: { kind: "key-header", name: "x-api-key", prefix: "", optional: false },
  services: {
    "anthropic-messages": anthropicService(),
    "anthropic-count-tokens": anthropicCountTokensService(),
  },
  chat: anthropicProvider(),
  embedding: null,
  rerank: null,
  prefill: CLAUDE_PREFILL,
  readError: readAnthropicError,
};
