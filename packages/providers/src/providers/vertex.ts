import type {
  PathCall,
  ProviderAdapter,
  ProviderService,
  ProviderSettings,
} from "@headrace/core/provider-adapter";
import { openAiFamily } from "../families/openai-family.ts";
import { CLAUDE_PREFILL, GEMINI_PREFILL } from "../families/prefills.ts";
import { VERTEX_MODELS } from "../google/model-path.ts";
import { VERTEX_CLAUDE } from "../wires/anthropic-messages/dialect.ts";
import { anthropicProvider } from "../wires/anthropic-messages/provider.ts";
import { readAnthropicError } from "../wires/anthropic-messages/provider-errors.ts";
import { anthropicCountTokensService, anthropicService } from "../wires/anthropic-messages/service.ts";
import { geminiEmbedProvider } from "../wires/gemini-embed/provider.ts";
import { geminiEmbedService } from "../wires/gemini-embed/service.ts";
import { VERTEX } from "../wires/gemini-generate/dialect.ts";
import { geminiProvider } from "../wires/gemini-generate/provider.ts";
import { readGeminiError } from "../wires/gemini-generate/provider-errors.ts";
import { geminiCountTokensService, geminiService } from "../wires/gemini-generate/service.ts";

/**
 * Vertex AI: Gemini and Google's embeddings on their own wires, Claude on Anthropic's, all other models behind an
 * endpoint on OpenAI's. Sources: Google Cloud, "Vertex AI locations" (hosts), "Use Anthropic's Claude models", "Call
 * MaaS APIs for open models".
 */
export const vertex: ProviderAdapter = {
  id: "vertex",
  title: "Google Vertex AI",
  baseUrl: locationUrl,
  requiredSettings: ["project", "location"],
  optionalSettings: [],
  probePath: "/",
  auth: { kind: "google", scope: "https://www.googleapis.com/auth/cloud-platform" },
  services: {
    "gemini-generate": geminiService({ modelsPath: VERTEX_MODELS }),
    "gemini-count-tokens": geminiCountTokensService({ modelsPath: VERTEX_MODELS }),
    "gemini-embed": geminiEmbedService("vertex"),
  },
  chat: geminiProvider(VERTEX),
  embedding: geminiEmbedProvider("vertex"),
  rerank: null,
  prefill: GEMINI_PREFILL,
  readError: readGeminiError,
  forModel: (model) => MODELS.find(([names]) => names.test(model))?.[1]() ?? openModels,
};

const MODELS: readonly (readonly [RegExp, () => ProviderAdapter])[] = [
  [/^claude/, () => claude],
  [/^(models\/|tunedModels\/)?(gemini|text-embedding|text-multilingual-embedding)/, () => vertex],
];

const claude: ProviderAdapter = {
  ...vertex,
  services: {
    "anthropic-messages": anthropicService({
      dialect: VERTEX_CLAUDE,
      path: (call) => claudePath(call.model, call.stream ? "streamRawPredict" : "rawPredict"),
    }),
    "anthropic-count-tokens": claudeCountTokens(),
  },
  chat: anthropicProvider(VERTEX_CLAUDE),
  embedding: null,
  prefill: CLAUDE_PREFILL,
  readError: readAnthropicError,
};

const { id, title, baseUrl, requiredSettings, auth, probePath } = vertex;

const openModels: ProviderAdapter = openAiFamily({
  id,
  title,
  baseUrl,
  requiredSettings,
  auth,
  probePath,
  path: (openAiPath) => `/endpoints/openapi${openAiPath}`,
});

function claudePath(model: string, method: string): string {
  return `/publishers/anthropic/models/${encodeURIComponent(model)}:${method}`;
}

/** A model of its own in the path, so that the body names the one that is meant. */
function claudeCountTokens(): ProviderService {
  const service = anthropicCountTokensService({
    dialect: VERTEX_CLAUDE,
    path: (_call: PathCall) => claudePath("count-tokens", "rawPredict"),
  });
  return { ...service, edits: { ...service.edits, model: "replace" } };
}

/** The multi-regions' hosts are not made as the regions' are. */
const HOSTS: Readonly<Record<string, string>> = {
  global: "aiplatform.googleapis.com",
  eu: "aiplatform.eu.rep.googleapis.com",
  us: "aiplatform.us.rep.googleapis.com",
};

function locationUrl({ project, location }: ProviderSettings): string | null {
  if (project === undefined || location === undefined) return null;
  const host = Object.hasOwn(HOSTS, location) ? HOSTS[location] : `${location}-aiplatform.googleapis.com`;
  return `https://${host}/v1/projects/${project}/locations/${location}`;
}
