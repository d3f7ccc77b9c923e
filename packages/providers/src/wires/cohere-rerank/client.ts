import type { RerankRequest, RerankResult } from "@headrace/core/canonical/rerank";
import { totalInputTokens } from "@headrace/core/canonical/usage";
import type { JsonObject } from "@headrace/core/json-object";
import type { RerankClientCodec } from "@headrace/core/wire/rerank-codec";
import { demandFlag, demandText, optional } from "../../json/demand.ts";
import { defined, extraOf } from "../../json/read.ts";
import { demandDocuments, demandTopN, wantedResults } from "../../rerank/results.ts";

const KNOWN: ReadonlySet<string> = new Set(["model", "query", "documents", "top_n", "return_documents"]);

/** Reranking as Cohere's SDKs ask for it (Cohere API reference, "Rerank", v2). */
export const cohereRerankClient: RerankClientCodec = { wire: "cohere-rerank", decodeRequest, encodeResult };

function decodeRequest(body: JsonObject): RerankRequest {
  return {
    wire: "cohere-rerank",
    model: demandText(body.model, "model"),
    query: demandText(body.query, "query"),
    documents: demandDocuments(body.documents),
    ...defined({ topN: optional(body.top_n, "top_n", demandTopN) }),
    // Of version 1, where they came back if asked for.
    returnDocuments: optional(body.return_documents, "return_documents", demandFlag) ?? false,
    extra: extraOf(body, KNOWN),
  };
}

function encodeResult(result: RerankResult, request: RerankRequest): JsonObject {
  const { id, usage, searchUnits } = result;
  return {
    ...(id === "" ? {} : { id }),
    results: wantedResults(result, request),
    meta: {
      api_version: { version: "2" },
      ...(searchUnits === null ? {} : { billed_units: { search_units: searchUnits } }),
      ...(usage === null ? {} : { tokens: { input_tokens: totalInputTokens(usage) } }),
    },
  };
}
