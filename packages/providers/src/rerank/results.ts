import type { RerankedDocument, RerankRequest, RerankResult } from "@headrace/core/canonical/rerank";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { demandList, demandNumber, demandText } from "../json/demand.ts";
import { countOf, numberOf } from "../json/read.ts";

/** A document is text, or an object that holds it (Cohere before version 2, Jina). */
export function demandDocuments(value: unknown): readonly string[] {
  return demandList(value, "documents").map((document, index) =>
    isJsonObject(document)
      ? demandText(document.text, `documents[${index}].text`)
      : demandText(document, `documents[${index}]`),
  );
}

/** @throws GatewayError `invalid_field` for what is no whole number above 0 */
export function demandTopN(value: unknown, path: string): number {
  const topN = demandNumber(value, path);
  if (Number.isSafeInteger(topN) && topN > 0) return topN;
  throw new GatewayError("invalid_field", {
    param: path,
    message: `The field "${path}" must be a whole number above 0.`,
  });
}

/**
 * Scores by their place in the request, best first: not all servers put them in order.
 *
 * @throws GatewayError `upstream_invalid_response`
 */
export function readRanking(list: readonly unknown[] | undefined): readonly RerankedDocument[] {
  if (list === undefined) throw noRanking();
  const ranked = list.map((raw): RerankedDocument => {
    const item = isJsonObject(raw) ? raw : {};
    const index = countOf(item, "index");
    const score = numberOf(item, "relevance_score") ?? numberOf(item, "score");
    if (index === undefined || score === undefined) throw noRanking();
    return { index, score };
  });
  return ranked.toSorted((one, other) => other.score - one.score);
}

/** The results that the client wants, which is fewer than a server gives that ranks all. */
export function wantedResults(
  { results }: RerankResult,
  { topN, returnDocuments, documents }: RerankRequest,
): readonly JsonObject[] {
  return results.slice(0, topN).map(({ index, score }) => {
    const text = returnDocuments ? documents[index] : undefined;
    return { index, relevance_score: score, ...(text === undefined ? {} : { document: { text } }) };
  });
}

function noRanking(): GatewayError {
  return new GatewayError("upstream_invalid_response", {
    message: "The model provider's answer holds no ranking.",
  });
}
