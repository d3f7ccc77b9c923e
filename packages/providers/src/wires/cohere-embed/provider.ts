import type { EmbeddingPurpose, EmbeddingRequest, EmbeddingResult } from "@headrace/core/canonical/embedding";
import type { JsonObject } from "@headrace/core/json-object";
import type { EmbeddingProviderCodec, EncodedEmbedding } from "@headrace/core/wire/embedding-codec";
import { usageFromCohere } from "../../cohere/usage.ts";
import { EmbeddingLosses } from "../../embedding/embedding-losses.ts";
import { demandTexts } from "../../embedding/text-inputs.ts";
import { readVectors } from "../../embedding/vectors.ts";
import { defined, listOf, objectOf } from "../../json/read.ts";
import { takeOwnFields } from "../../translation/own-fields.ts";

/** Cohere's embeddings, version 2 of its API. */
export const cohereEmbedProvider: EmbeddingProviderCodec = {
  wire: "cohere-embed",
  encodeRequest,
  decodeResult,
};

/** Cohere API reference, "Embed", `input_type`: it has to be given, and nothing in it is for similarity alone. */
const INPUT_TYPES: Readonly<Record<EmbeddingPurpose, string>> = {
  query: "search_query",
  document: "search_document",
  classification: "classification",
  clustering: "clustering",
  similarity: "clustering",
};
/** What is embedded without a word about it is most often to be found later. */
const DEFAULT_INPUT_TYPE = INPUT_TYPES.document;

/** Cohere API reference, "Embed": what only Cohere has. */
const OWN_FIELDS: ReadonlySet<string> = new Set(["input_type", "truncate", "max_tokens", "priority"]);

/** @throws GatewayError `invalid_field` for the ids of tokens */
function encodeRequest(request: EmbeddingRequest, model: string): EncodedEmbedding {
  const losses = new EmbeddingLosses(request);
  const own = takeOwnFields(request.extra, OWN_FIELDS, losses);
  const { purpose, encoding, dimensions } = request;
  const body: JsonObject = {
    input_type: purpose === undefined ? DEFAULT_INPUT_TYPE : INPUT_TYPES[purpose],
    ...own,
    model,
    texts: demandTexts(request),
    embedding_types: [encoding],
    ...defined({ output_dimension: dimensions }),
  };
  return { body, headers: [], lost: losses.paths };
}

/** Vectors by their type, or older models' plain list. */
function decodeResult(body: JsonObject): EmbeddingResult {
  const byType = objectOf(body, "embeddings");
  const vectors =
    byType === undefined ? listOf(body, "embeddings") : (listOf(byType, "float") ?? listOf(byType, "base64"));
  return { model: "", vectors: readVectors(vectors), usage: usageFromCohere(body.meta) };
}
