import type { Offload } from "@headrace/workers/offload";
import type { CpuPool } from "@headrace/workers/pool";
import { bedrockHandler } from "../handlers/bedrock-calls.ts";
import { capabilitiesHandler } from "../handlers/capabilities.ts";
import { geminiHandler } from "../handlers/gemini-calls.ts";
import { handleLivez, type Readiness, readyzHandler } from "../handlers/health.ts";
import { inferenceHandler } from "../handlers/inference.ts";
import { getModelHandler, listModelsHandler } from "../handlers/models.ts";
import { chatHandler } from "../handlers/openai-chat.ts";
import { realtimeHandler } from "../handlers/realtime.ts";
import { relayedHandler } from "../handlers/relayed-call.ts";
import { formCall, type KeptThingCall, keptThingCall } from "../handlers/relayed-routes.ts";
import {
  createResponseHandler,
  type ResponsesDeps,
  storedResponseHandler,
} from "../handlers/stored-responses.ts";
import { tokenizeHandler } from "../handlers/tokenize.ts";
import type { SocketRoute } from "../http/client-socket.ts";
import type { Route } from "../http/exchange.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { Deadlines } from "../time/deadlines.ts";

export interface RouteDeps extends ResponsesDeps {
  readonly currentSnapshot: () => Snapshot;
  readonly offload: Offload;
  readonly pool: CpuPool;
  readonly deadlines: Deadlines;
  readonly readiness: () => Readiness;
  readonly maxJsonDepth: number;
}

const METHODS = { GET: "get", POST: "post", DELETE: "delete" } as const;
const FILES = { endpoint: "files", below: "/v1/files/" } as const;
const BATCHES = { endpoint: "batches", below: "/v1/batches/" } as const;

/** Files and batches, which a provider keeps. */
const KEPT_THINGS: readonly (KeptThingCall & { readonly path: string })[] = [
  { endpoint: "files", method: "POST", path: "/v1/files" },
  { endpoint: "files", method: "GET", path: "/v1/files" },
  { ...FILES, method: "GET", path: "/v1/files/:id" },
  { ...FILES, method: "DELETE", path: "/v1/files/:id" },
  { ...FILES, method: "GET", path: "/v1/files/:id/content" },
  { endpoint: "batches", method: "POST", path: "/v1/batches" },
  { endpoint: "batches", method: "GET", path: "/v1/batches" },
  { ...BATCHES, method: "GET", path: "/v1/batches/:id" },
  { ...BATCHES, method: "POST", path: "/v1/batches/:id/cancel" },
];

const STORED_RESPONSES = [
  { method: "get", path: "/v1/responses/:id", verb: "retrieve" },
  { method: "delete", path: "/v1/responses/:id", verb: "delete" },
  { method: "get", path: "/v1/responses/:id/input_items", verb: "input_items" },
  { method: "post", path: "/v1/responses/:id/cancel", verb: "cancel" },
] as const;

/** Google's clients take the version from their own configuration. */
const GEMINI_PREFIXES = ["/v1beta/models/", "/v1/models/"] as const;
const BEDROCK_PREFIX = "/model/";

/** The data port. An endpoint is one line. */
export function dataRoutes(deps: RouteDeps): Route[] {
  return [
    { method: "post", path: "/v1/chat/completions", handler: chatHandler(deps) },
    { method: "post", path: "/v1/completions", handler: inferenceHandler("completions", deps) },
    { method: "post", path: "/v1/responses", handler: createResponseHandler(deps) },
    ...STORED_RESPONSES.map(({ method, path, verb }) => {
      return { method, path, handler: storedResponseHandler(verb, deps), streams: true } as const;
    }),
    { method: "post", path: "/v1/messages", handler: inferenceHandler("messages", deps) },
    {
      method: "post",
      path: "/v1/messages/count_tokens",
      handler: inferenceHandler("messages-count-tokens", deps),
    },
    ...GEMINI_PREFIXES.map((prefix) => {
      return { method: "post", path: `${prefix}*`, handler: geminiHandler(prefix, deps) } as const;
    }),
    { method: "post", path: `${BEDROCK_PREFIX}*`, handler: bedrockHandler(BEDROCK_PREFIX, deps) },
    { method: "post", path: "/v2/chat", handler: inferenceHandler("cohere-chat", deps) },
    { method: "post", path: "/v1/embeddings", handler: inferenceHandler("embeddings", deps) },
    { method: "post", path: "/v2/embed", handler: inferenceHandler("cohere-embed", deps) },
    { method: "post", path: "/v1/rerank", handler: inferenceHandler("rerank", deps) },
    { method: "post", path: "/v2/rerank", handler: inferenceHandler("cohere-rerank", deps) },
    { method: "post", path: "/v1/moderations", handler: inferenceHandler("moderations", deps) },
    { method: "post", path: "/v1/images/generations", handler: inferenceHandler("images", deps) },
    { method: "post", path: "/v1/audio/speech", handler: inferenceHandler("speech", deps) },
    {
      method: "post",
      path: "/v1/audio/transcriptions",
      handler: relayedHandler(formCall("transcriptions"), deps),
    },
    {
      method: "post",
      path: "/v1/audio/translations",
      handler: relayedHandler(formCall("translations"), deps),
    },
    { method: "post", path: "/v1/images/edits", handler: relayedHandler(formCall("image-edits"), deps) },
    {
      method: "post",
      path: "/v1/images/variations",
      handler: relayedHandler(formCall("image-variations"), deps),
    },
    ...KEPT_THINGS.map(({ path, ...call }) => {
      const handler = relayedHandler(keptThingCall(call), deps);
      return { method: METHODS[call.method], path, handler, streams: true } as const;
    }),
    { method: "get", path: "/v1/capabilities", handler: capabilitiesHandler(deps.currentSnapshot) },
    { method: "get", path: "/v1/models", handler: listModelsHandler(deps.currentSnapshot) },
    { method: "get", path: "/v1/models/*", handler: getModelHandler(deps.currentSnapshot) },
    { method: "post", path: "/tokenize", handler: tokenizeHandler(deps) },
    { method: "get", path: "/livez", handler: handleLivez },
    { method: "get", path: "/readyz", handler: readyzHandler(deps.readiness) },
  ];
}

/** What is spoken over WebSockets. */
export function socketRoutes(deps: RouteDeps): SocketRoute[] {
  return [{ path: "/v1/realtime", handler: realtimeHandler(deps) }];
}
