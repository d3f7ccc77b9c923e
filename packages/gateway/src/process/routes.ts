import type { Offload } from "@headrace/workers/offload";
import type { CpuPool } from "@headrace/workers/pool";
import { capabilitiesHandler } from "../handlers/capabilities.ts";
import { bedrockHandler } from "../handlers/bedrock-calls.ts";
import { geminiHandler } from "../handlers/gemini-calls.ts";
import { handleLivez, type Readiness, readyzHandler } from "../handlers/health.ts";
import { type InferenceDeps, inferenceHandler } from "../handlers/inference.ts";
import { getModelHandler, listModelsHandler } from "../handlers/models.ts";
import { tokenizeHandler } from "../handlers/tokenize.ts";
import type { Route } from "../http/exchange.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { Deadlines } from "../time/deadlines.ts";

export interface RouteDeps extends InferenceDeps {
  readonly currentSnapshot: () => Snapshot;
  readonly offload: Offload;
  readonly pool: CpuPool;
  readonly deadlines: Deadlines;
  readonly readiness: () => Readiness;
  readonly maxJsonDepth: number;
}

/** Google's clients take the version from their own configuration. */
const GEMINI_PREFIXES = ["/v1beta/models/", "/v1/models/"] as const;
const BEDROCK_PREFIX = "/model/";

/** The data port. An endpoint is one line. */
export function dataRoutes(deps: RouteDeps): Route[] {
  return [
    { method: "post", path: "/v1/chat/completions", handler: inferenceHandler("chat", deps) },
    { method: "post", path: "/v1/completions", handler: inferenceHandler("completions", deps) },
    { method: "post", path: "/v1/responses", handler: inferenceHandler("responses", deps) },
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
    { method: "get", path: "/v1/capabilities", handler: capabilitiesHandler(deps.currentSnapshot) },
    { method: "get", path: "/v1/models", handler: listModelsHandler(deps.currentSnapshot) },
    { method: "get", path: "/v1/models/*", handler: getModelHandler(deps.currentSnapshot) },
    { method: "post", path: "/tokenize", handler: tokenizeHandler(deps) },
    { method: "get", path: "/livez", handler: handleLivez },
    { method: "get", path: "/readyz", handler: readyzHandler(deps.readiness) },
  ];
}
