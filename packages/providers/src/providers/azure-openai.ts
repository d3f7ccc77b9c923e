import type { PathCall, ProviderAdapter, ProviderSettings } from "@headrace/core/provider-adapter";
import { type OpenAiFamilyMember, openAiFamily } from "../families/openai-family.ts";
import { openAiModelTraits } from "../openai/models.ts";
import { OPENAI, OPENAI_THINKING } from "../wires/openai-chat/dialects.ts";

const MEMBER: OpenAiFamilyMember = {
  id: "azure-openai",
  title: "Azure OpenAI",
  baseUrl: ({ resource }: ProviderSettings) =>
    resource === undefined ? null : `https://${resource}.openai.azure.com/openai`,
  requiredSettings: ["resource"],
  optionalSettings: ["apiVersion"],
  auth: {
    kind: "entra",
    scope: "https://cognitiveservices.azure.com/.default",
    keyHeader: "api-key",
  },
  probePath: "/v1/models",
  path: azurePath,
  dialect: OPENAI,
  serves: [
    "openai-completions",
    "openai-responses",
    "openai-embeddings",
    "openai-images",
    "openai-image-edits",
    "openai-speech",
    "openai-transcriptions",
    "openai-translations",
    "openai-files",
    "openai-batches",
    "openai-realtime",
  ],
};

/**
 * OpenAI's models in Azure. Without an `apiVersion` it is the v1 API, whose paths and bodies are OpenAI's; with one, each
 * deployment has paths of its own. A model's name is that of its deployment, which may or may not tell what it is a
 * deployment of. Sources: Azure OpenAI REST API reference; "Azure OpenAI v1 API"; "How to configure Azure OpenAI with
 * Microsoft Entra ID authentication" (scope).
 */
export const azureOpenAi: ProviderAdapter = {
  ...openAiFamily(MEMBER),
  forModel: (deployment) => (openAiModelTraits(deployment).sampling === "always" ? azureOpenAi : thinking),
};

const thinking: ProviderAdapter = openAiFamily({ ...MEMBER, dialect: OPENAI_THINKING });

/** Calls that are not about a deployment, or name theirs in the body, the query, or, to transcribe, in the session's events. */
const RESOURCE_CALLS: ReadonlySet<string> = new Set(["/responses", "/files", "/batches", "/realtime"]);

function azurePath(openAiPath: string, { model, settings }: PathCall): string {
  const { apiVersion } = settings;
  if (apiVersion === undefined) return `/v1${openAiPath}`;
  const query = `?api-version=${encodeURIComponent(apiVersion)}`;
  if (openAiPath === "/realtime" && model !== "")
    return `${openAiPath}${query}&deployment=${encodeURIComponent(model)}`;
  if (RESOURCE_CALLS.has(openAiPath)) return openAiPath + query;
  return `/deployments/${encodeURIComponent(model)}${openAiPath}${query}`;
}
