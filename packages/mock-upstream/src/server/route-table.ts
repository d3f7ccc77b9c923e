import { COUNT_TOKENS, MESSAGES } from "../answers/anthropic/messages.ts";
import { vertexClaudeMethod } from "../answers/anthropic/vertex.ts";
import { CONVERSE, CONVERSE_STREAM } from "../answers/bedrock/converse.ts";
import { BEDROCK_COUNT_TOKENS, INVOKE, INVOKE_STREAM } from "../answers/bedrock/invoke.ts";
import { COHERE_CHAT } from "../answers/cohere/chat.ts";
import { COHERE_EMBED, COHERE_RERANK } from "../answers/cohere/embed-rerank.ts";
import type { Endpoint } from "../answers/contract.ts";
import { SPEECH_TO_TEXT, TEXT_TO_SPEECH } from "../answers/elevenlabs/endpoints.ts";
import { geminiMethod } from "../answers/gemini/methods.ts";
import { GEMINI_MODELS } from "../answers/gemini/other-methods.ts";
import { OLLAMA_CHAT } from "../answers/ollama/chat.ts";
import { OLLAMA_EMBED, OLLAMA_TAGS, OLLAMA_VERSION } from "../answers/ollama/models.ts";
import { inDeployment, jsonInDeployment } from "../answers/openai/azure.ts";
import { CHAT } from "../answers/openai/chat.ts";
import { COMPLETIONS } from "../answers/openai/completions.ts";
import { EMBEDDINGS } from "../answers/openai/embeddings.ts";
import { batchEndpoints } from "../answers/openai/files/batches.ts";
import { fileEndpoints } from "../answers/openai/files/files.ts";
import { FileStore } from "../answers/openai/files/store.ts";
import { IMAGE_EDITS, IMAGE_GENERATIONS, IMAGE_VARIATIONS } from "../answers/openai/images.ts";
import { MODELS } from "../answers/openai/models.ts";
import { MODERATIONS } from "../answers/openai/moderations.ts";
import { JINA_RERANK } from "../answers/openai/rerank.ts";
import { SPEECH } from "../answers/openai/speech.ts";
import { TRANSCRIPTIONS, TRANSLATIONS } from "../answers/openai/transcriptions.ts";
import { responsesEndpoints } from "../answers/responses/endpoints.ts";

/** One path of the fake provider. */
export interface Route {
  readonly method: "get" | "post" | "del";
  /** Pattern of the server library: `:name` is one segment, `*` the rest. */
  readonly path: string;
  /** Where several endpoints share a pattern, what picks the one that a path means. */
  readonly endpoint: Endpoint | ((path: string) => Endpoint | undefined);
}

/** OpenAI's paths, and the prefixes under which other vendors offer the same API. */
const OPENAI_ROUTES: readonly Route[] = [
  "/v1",
  "",
  "/openai/v1",
  "/v1/projects/:project/locations/:location/endpoints/openapi",
].flatMap((prefix): Route[] => [
  { method: "post", path: `${prefix}/chat/completions`, endpoint: CHAT },
  { method: "post", path: `${prefix}/completions`, endpoint: COMPLETIONS },
  { method: "post", path: `${prefix}/embeddings`, endpoint: EMBEDDINGS },
  { method: "post", path: `${prefix}/moderations`, endpoint: MODERATIONS },
  { method: "post", path: `${prefix}/rerank`, endpoint: JINA_RERANK },
  { method: "post", path: `${prefix}/images/generations`, endpoint: IMAGE_GENERATIONS },
  { method: "post", path: `${prefix}/images/edits`, endpoint: IMAGE_EDITS },
  { method: "post", path: `${prefix}/images/variations`, endpoint: IMAGE_VARIATIONS },
  { method: "post", path: `${prefix}/audio/speech`, endpoint: SPEECH },
  { method: "post", path: `${prefix}/audio/transcriptions`, endpoint: TRANSCRIPTIONS },
  { method: "post", path: `${prefix}/audio/translations`, endpoint: TRANSLATIONS },
]);

/** Azure's paths name the model that other vendors want in the body. */
const AZURE_ROUTES: readonly Route[] = (
  [
    ["chat/completions", inDeployment(CHAT)],
    ["completions", inDeployment(COMPLETIONS)],
    ["embeddings", jsonInDeployment(EMBEDDINGS)],
    ["images/generations", jsonInDeployment(IMAGE_GENERATIONS)],
    ["audio/speech", jsonInDeployment(SPEECH)],
    ["audio/transcriptions", TRANSCRIPTIONS],
  ] as const
).map(([path, endpoint]) => ({
  method: "post",
  path: `/openai/deployments/:deployment/${path}`,
  endpoint,
}));

/** Every route but those of control; what the endpoints of one list keep is their own. */
export function makeRoutes(): Route[] {
  return [...STATELESS_ROUTES, ...responsesRoutes(), ...fileRoutes()];
}

const STATELESS_ROUTES: readonly Route[] = [
  ...OPENAI_ROUTES,
  ...AZURE_ROUTES,
  { method: "post", path: "/v1/messages", endpoint: MESSAGES },
  { method: "post", path: "/v1/messages/count_tokens", endpoint: COUNT_TOKENS },
  { method: "post", path: "/model/:model/converse", endpoint: CONVERSE },
  { method: "post", path: "/model/:model/converse-stream", endpoint: CONVERSE_STREAM },
  { method: "post", path: "/model/:model/invoke", endpoint: INVOKE },
  { method: "post", path: "/model/:model/invoke-with-response-stream", endpoint: INVOKE_STREAM },
  { method: "post", path: "/model/:model/count-tokens", endpoint: BEDROCK_COUNT_TOKENS },
  { method: "post", path: "/v1/text-to-speech/:voice", endpoint: TEXT_TO_SPEECH },
  { method: "post", path: "/v1/text-to-speech/:voice/stream", endpoint: TEXT_TO_SPEECH },
  { method: "post", path: "/v1/speech-to-text", endpoint: SPEECH_TO_TEXT },
  { method: "post", path: "/v2/chat", endpoint: COHERE_CHAT },
  { method: "post", path: "/v2/embed", endpoint: COHERE_EMBED },
  { method: "post", path: "/v2/rerank", endpoint: COHERE_RERANK },
  { method: "post", path: "/api/chat", endpoint: OLLAMA_CHAT },
  { method: "post", path: "/api/embed", endpoint: OLLAMA_EMBED },
  { method: "get", path: "/api/tags", endpoint: OLLAMA_TAGS },
  { method: "get", path: "/api/version", endpoint: OLLAMA_VERSION },
  { method: "get", path: "/v1beta/models", endpoint: GEMINI_MODELS },
  ...["/v1beta/models/*", "/v1/models/*"].map(geminiRoute),
  ...["/v1", "/v1beta1"].flatMap((version) => [
    geminiRoute(`${version}/projects/:project/locations/:location/publishers/google/models/*`),
    vertexClaudeRoute(`${version}/projects/:project/locations/:location/publishers/anthropic/models/*`),
  ]),
  { method: "get", path: "/v1/models", endpoint: MODELS },
  { method: "get", path: "/v1/models/*", endpoint: MODELS },
];

function geminiRoute(path: string): Route {
  return { method: "post", path, endpoint: geminiMethod };
}

function vertexClaudeRoute(path: string): Route {
  return { method: "post", path, endpoint: vertexClaudeMethod };
}

function responsesRoutes(): Route[] {
  const { create, retrieve, remove } = responsesEndpoints();
  return ["/v1", "", "/openai/v1", "/openai"].flatMap((prefix): Route[] => [
    { method: "post", path: `${prefix}/responses`, endpoint: create },
    { method: "get", path: `${prefix}/responses/:id`, endpoint: retrieve },
    { method: "del", path: `${prefix}/responses/:id`, endpoint: remove },
  ]);
}

function fileRoutes(): Route[] {
  const store = new FileStore();
  const files = fileEndpoints(store);
  const batches = batchEndpoints(store);
  return ["/v1", "/openai/v1", "/openai"].flatMap((prefix): Route[] => [
    { method: "post", path: `${prefix}/files`, endpoint: files.create },
    { method: "get", path: `${prefix}/files`, endpoint: files.list },
    { method: "get", path: `${prefix}/files/:id`, endpoint: files.retrieve },
    { method: "get", path: `${prefix}/files/:id/content`, endpoint: files.content },
    { method: "del", path: `${prefix}/files/:id`, endpoint: files.remove },
    { method: "post", path: `${prefix}/batches`, endpoint: batches.create },
    { method: "get", path: `${prefix}/batches`, endpoint: batches.list },
    { method: "get", path: `${prefix}/batches/:id`, endpoint: batches.retrieve },
    { method: "post", path: `${prefix}/batches/:id/cancel`, endpoint: batches.cancel },
  ]);
}
