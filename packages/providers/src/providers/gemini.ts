import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { GEMINI_PREFILL } from "../families/prefills.ts";
import { geminiEmbedProvider } from "../wires/gemini-embed/provider.ts";
import { geminiEmbedService } from "../wires/gemini-embed/service.ts";
import { geminiProvider } from "../wires/gemini-generate/provider.ts";
import { readGeminiError } from "../wires/gemini-generate/provider-errors.ts";
import { geminiCountTokensService, geminiService } from "../wires/gemini-generate/service.ts";

/** Gemini by the API of Google AI Studio. Source: Gemini API reference, "API versions", "Authentication". */
export const gemini: ProviderAdapter = {
  id: "gemini",
  title: "Google Gemini",
  baseUrl: () => "https://generativelanguage.googleapis.com/v1beta",
  requiredSettings: [],
  optionalSettings: [],
  probePath: "/models",
  auth: { kind: "key-header", name: "x-goog-api-key", prefix: "", optional: false },
  services: {
    "gemini-generate": geminiService(),
    "gemini-count-tokens": geminiCountTokensService(),
    "gemini-embed": geminiEmbedService(),
  },
  chat: geminiProvider(),
  embedding: geminiEmbedProvider(),
  rerank: null,
  prefill: GEMINI_PREFILL,
  readError: readGeminiError,
};
