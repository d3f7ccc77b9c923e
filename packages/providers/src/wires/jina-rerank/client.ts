import type { RerankRequest, RerankResult } from "@headrace/core/canonical/rerank";
import { totalInputTokens } from "@headrace/core/canonical/usage";
import type { JsonObject } from "@headrace/core/json-object";
import type { RerankClientCodec } from "@headrace/core/wire/rerank-codec";
import { demandFlag, demandText, optional } from "../../json/demand.ts";
import { defined, extraOf } from "../../json/read.ts";
import { demandDocuments, demandTopN, wantedResults } from "../../rerank/results.ts";

const KNOWN: ReadonlySet<string> = new Set(["model", "query", "documents", "top_n", "return_documents"]);

/** Reranking as most clients ask for it (Jina API reference, "Reranker"). */
export const jinaRerankClient: RerankClientCodec = { wire: "jina-rerank", decodeRequest, encodeResult };

function decodeRequest(body: JsonObject): RerankRequest {
  return {
    wire: "jina-rerank",
    model: demandText(body.model, "model"),
    query: demandText(body.query, "query"),
    documents: demandDocuments(body.documents),
    ...defined({ topN: optional(body.top_n, "top_n", demandTopN) }),
    // They come back unless the client says no.
    returnDocuments: optional(body.return_documents, "return_documents", demandFlag) ?? true,
    extra: extraOf(body, KNOWN),
  };
}

function encodeResult(result: RerankResult, request: RerankRequest): JsonObject {
  const tokens = result.usage === null ? null : totalInputTokens(result.usage);
  return {
    ...(result.id === "" ? {} : { id: result.id }),
    model: request.model,
    object: "list",
    ...(tokens === null ? {} : { usage: { total_tokens: tokens, prompt_tokens: tokens } }),
    results: wantedResults(result, request),
  };
}
