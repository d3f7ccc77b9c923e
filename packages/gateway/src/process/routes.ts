import type { Offload } from "@headrace/workers/offload";
import type { CpuPool } from "@headrace/workers/pool";
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

/** The data port. An endpoint is one line. */
export function dataRoutes(deps: RouteDeps): Route[] {
  return [
    { method: "post", path: "/v1/chat/completions", handler: inferenceHandler("chat", deps) },
    { method: "post", path: "/v1/completions", handler: inferenceHandler("completions", deps) },
    { method: "post", path: "/v1/embeddings", handler: inferenceHandler("embeddings", deps) },
    { method: "get", path: "/v1/models", handler: listModelsHandler(deps.currentSnapshot) },
    { method: "get", path: "/v1/models/*", handler: getModelHandler(deps.currentSnapshot) },
    { method: "post", path: "/tokenize", handler: tokenizeHandler(deps) },
    { method: "get", path: "/livez", handler: handleLivez },
    { method: "get", path: "/readyz", handler: readyzHandler(deps.readiness) },
  ];
}
