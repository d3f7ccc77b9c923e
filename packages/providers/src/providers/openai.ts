import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { openAiFamily } from "../families/openai-family.ts";
import { openAiChatService } from "../families/openai-services.ts";
import { OPENAI, OPENAI_THINKING } from "../wires/openai-chat/dialects.ts";
import { openAiResponsesProvider } from "../wires/openai-responses/provider.ts";

/** Models that think: only the Responses API shows their thoughts and takes them back in the next turn. */
const THINKS = /^(o\d|gpt-5(?!.*-chat)|codex-|computer-use-)/;
/** Those that only the Responses API serves (OpenAI, the models' pages, "Endpoints"). */
const RESPONSES_ONLY = /^(o\d+-pro|gpt-5[.\d]*-(pro|codex)|codex-|computer-use-|.*-deep-research)/;

/**
 * Calls are passed on to the endpoint that the client meant; those on other wires reach chat completions, or Responses
 * for models that think. Source: OpenAI API reference.
 */
export const openai: ProviderAdapter = {
  ...openAiFamily({
    id: "openai",
    title: "OpenAI",
    baseUrl: "https://api.openai.com/v1",
    dialect: OPENAI,
    serves: [
      "openai-completions",
      "openai-responses",
      "openai-embeddings",
      "openai-moderations",
      "openai-images",
      "openai-image-edits",
      "openai-image-variations",
      "openai-speech",
      "openai-transcriptions",
      "openai-translations",
      "openai-files",
      "openai-batches",
      "openai-realtime",
    ],
  }),
  forModel: (model) => MODELS.find(([names]) => names.test(model))?.[1]() ?? openai,
};

const MODELS: readonly (readonly [RegExp, () => ProviderAdapter])[] = [
  [RESPONSES_ONLY, () => responsesOnly],
  [THINKS, () => thinking],
];

const thinking: ProviderAdapter = {
  ...openai,
  services: { ...openai.services, "openai-chat": openAiChatService(OPENAI_THINKING) },
  chat: openAiResponsesProvider,
};

const { "openai-chat": _chat, "openai-completions": _completions, ...withoutChats } = openai.services;
const responsesOnly: ProviderAdapter = { ...thinking, services: withoutChats };
