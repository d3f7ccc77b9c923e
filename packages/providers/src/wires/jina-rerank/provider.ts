import type { RerankRequest, RerankResult } from "@headrace/core/canonical/rerank";
import type { JsonObject } from "@headrace/core/json-object";
import type { EncodedRerank, RerankProviderCodec } from "@headrace/core/wire/rerank-codec";
import { listOf, textOf } from "../../json/read.ts";
import { readRanking } from "../../rerank/results.ts";
import { takeOwnFields } from "../../translation/own-fields.ts";
import { JINA_RERANK, type RerankDialect } from "./dialect.ts";
import { usageFromJina } from "./usage.ts";

/** Reranking by Jina, or by another who differs from it in names. */
export function jinaRerankProvider(dialect: RerankDialect = JINA_RERANK): RerankProviderCodec {
  return {
    wire: "jina-rerank",
    encodeRequest: (request, model) => encodeRequest(request, model, dialect),
    ...(dialect.answersList === true ? { answersList: true } : {}),
    decodeResult,
  };
}

function encodeRequest(request: RerankRequest, model: string, dialect: RerankDialect): EncodedRerank {
  const lost = new Set<string>();
  const own = takeOwnFields(request.extra, dialect.own, { named: (name) => lost.add(name) });
  const { query, documents, topN } = request;
  const body: JsonObject = {
    ...own,
    ...(dialect.namesModel ? { model } : {}),
    query,
    [dialect.documents]: documents,
    ...(topN === undefined || dialect.topN === null ? {} : { [dialect.topN]: topN }),
    // The gateway has them already, so that they need not be sent back.
    [dialect.returnDocuments]: false,
  };
  return { body, headers: [], lost: [...lost] };
}

/** The ranking is in `results` (Jina), or in `data` (Voyage). */
function decodeResult(body: JsonObject): RerankResult {
  return {
    id: textOf(body, "id") ?? "",
    model: textOf(body, "model") ?? "",
    results: readRanking(listOf(body, "results") ?? listOf(body, "data")),
    usage: usageFromJina(body.usage),
    searchUnits: null,
  };
}
