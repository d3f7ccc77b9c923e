import type { EmbeddingPurpose, EmbeddingRequest } from "@headrace/core/canonical/embedding";
import type { JsonObject } from "@headrace/core/json-object";

/** How one vendor's embedding model is asked. */
export interface EmbedModel {
  readonly maxInputs: number;
  /** What of a request it cannot be told. */
  readonly lost: readonly ("dimensions" | "purpose")[];
  write(texts: readonly string[], request: EmbeddingRequest): JsonObject;
}

/** Bedrock user guide, "Amazon Titan Embeddings G1 - Text"; the first generation takes the text alone. */
const TITAN_1: EmbedModel = {
  maxInputs: 1,
  lost: ["dimensions", "purpose"],
  write: ([text = ""]) => ({ inputText: text }),
};

const TITAN_2: EmbedModel = {
  maxInputs: 1,
  lost: ["purpose"],
  write: ([text = ""], { dimensions }) => ({
    inputText: text,
    ...(dimensions === undefined ? {} : { dimensions }),
  }),
};

/** Bedrock user guide, "Amazon Titan Multimodal Embeddings G1". */
const TITAN_IMAGE: EmbedModel = {
  maxInputs: 1,
  lost: ["purpose"],
  write: ([text = ""], { dimensions }) => ({
    inputText: text,
    ...(dimensions === undefined ? {} : { embeddingConfig: { outputEmbeddingLength: dimensions } }),
  }),
};

/** Cohere wants to know; a text to be found is what most embeddings are of. */
const INPUT_TYPES: Readonly<Record<EmbeddingPurpose, string>> = {
  query: "search_query",
  document: "search_document",
  classification: "classification",
  clustering: "clustering",
  similarity: "clustering",
};

/** Bedrock user guide, "Cohere Embed v3": a length of its own, and no word of it. */
const COHERE_3: EmbedModel = {
  maxInputs: 96,
  lost: ["dimensions"],
  write: (texts, { purpose = "document" }) => ({
    texts,
    input_type: INPUT_TYPES[purpose],
    embedding_types: ["float"],
  }),
};

/** Bedrock user guide, "Cohere Embed v4". */
const COHERE_4: EmbedModel = {
  maxInputs: 96,
  lost: [],
  write: (texts, { purpose = "document", dimensions }) => ({
    texts,
    input_type: INPUT_TYPES[purpose],
    embedding_types: ["float"],
    ...(dimensions === undefined ? {} : { output_dimension: dimensions }),
  }),
};

const NOVA_PURPOSES: Readonly<Record<EmbeddingPurpose, string>> = {
  query: "TEXT_RETRIEVAL",
  document: "GENERIC_INDEX",
  classification: "CLASSIFICATION",
  clustering: "CLUSTERING",
  similarity: "CLUSTERING",
};

/** Nova user guide, "Embeddings", "Complete embeddings request and response schema". */
const NOVA: EmbedModel = {
  maxInputs: 1,
  lost: [],
  write: ([value = ""], { purpose = "document", dimensions }) => ({
    taskType: "SINGLE_EMBEDDING",
    singleEmbeddingParams: {
      embeddingPurpose: NOVA_PURPOSES[purpose],
      ...(dimensions === undefined ? {} : { embeddingDimension: dimensions }),
      text: { truncationMode: "NONE", value },
    },
  }),
};

/** The first match counts; names may stand in an inference profile or an ARN. */
const MODELS: readonly (readonly [RegExp, EmbedModel])[] = [
  [/\bcohere\.embed-(english|multilingual)-v3/, COHERE_3],
  [/\bcohere\.embed/, COHERE_4],
  [/\bamazon\.titan-embed-(text-v1|g1)/, TITAN_1],
  [/\bamazon\.titan-embed-image/, TITAN_IMAGE],
  [/\bamazon\.nova/, NOVA],
];

/** One that is not known is asked as Titan, whose form is Amazon's own. */
export function embedModel(model: string): EmbedModel {
  return MODELS.find(([pattern]) => pattern.test(model))?.[1] ?? TITAN_2;
}
