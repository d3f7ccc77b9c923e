import type { RerankRequest, RerankResult } from "@headrace/core/canonical/rerank";
import type { JsonObject } from "@headrace/core/json-object";
import type { EncodedRerank, RerankProviderCodec } from "@headrace/core/wire/rerank-codec";
import { usageFromCohere } from "../../cohere/usage.ts";
import { defined, listOf, numberOf, objectOf, textOf } from "../../json/read.ts";
import { readRanking } from "../../rerank/results.ts";
import { takeOwnFields } from "../../translation/own-fields.ts";

/** Cohere API reference, "Rerank": what only Cohere has. */
const OWN_FIELDS: ReadonlySet<string> = new Set(["max_tokens_per_doc", "priority"]);

/** Reranking by Cohere, version 2 of its API. */
export const cohereRerankProvider: RerankProviderCodec = {
  wire: "cohere-rerank",
  encodeRequest,
  decodeResult,
};

function encodeRequest(request: RerankRequest, model: string): EncodedRerank {
  const lost = new Set<string>();
  const own = takeOwnFields(request.extra, OWN_FIELDS, { named: (name) => lost.add(name) });
  const { query, documents, topN } = request;
  const body = { ...own, model, query, documents, ...defined({ top_n: topN }) };
  return { body, headers: [], lost: [...lost] };
}

/** It is billed by searches, of up to 100 documents each, so that there may be no tokens to tell of. */
function decodeResult(body: JsonObject): RerankResult {
  const meta = objectOf(body, "meta") ?? {};
  return {
    id: textOf(body, "id") ?? "",
    model: "",
    results: readRanking(listOf(body, "results")),
    usage: usageFromCohere(meta),
    searchUnits: numberOf(objectOf(meta, "billed_units") ?? {}, "search_units") ?? null,
  };
}
