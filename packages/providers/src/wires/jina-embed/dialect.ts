/**
 * Embeddings on OpenAI's form with some names of its own: what Jina and Voyage have in common. Their answers are OpenAI's.
 */
import type { EmbeddingPurpose } from "@headrace/core/canonical/embedding";
import type { JsonObject } from "@headrace/core/json-object";

export interface EmbedDialect {
  /** The field for the length of vectors. */
  readonly dimensions: string;
  /** The field for what they are for, and its values; purposes that it lacks are lost. */
  readonly purpose: string;
  readonly purposes: Readonly<Partial<Record<EmbeddingPurpose, string>>>;
  /** Members that ask for base64 of float32. */
  readonly base64: JsonObject;
  /** A field that says of which numbers the vectors are made, beside any of which but floats base64 means another thing. */
  readonly numberType: string | null;
  /** Fields that only this provider has. */
  readonly own: ReadonlySet<string>;
}

/** Jina API reference, "Embeddings". */
export const JINA_EMBED: EmbedDialect = {
  dimensions: "dimensions",
  purpose: "task",
  purposes: {
    query: "retrieval.query",
    document: "retrieval.passage",
    classification: "classification",
    clustering: "separation",
    similarity: "text-matching",
  },
  base64: { embedding_type: "base64" },
  numberType: null,
  own: new Set(["task", "late_chunking", "truncate", "normalized"]),
};

/** Voyage API reference, "Text embedding models". */
export const VOYAGE_EMBED: EmbedDialect = {
  dimensions: "output_dimension",
  purpose: "input_type",
  purposes: { query: "query", document: "document" },
  base64: { encoding_format: "base64" },
  numberType: "output_dtype",
  own: new Set(["input_type", "truncation", "output_dtype"]),
};

/** Mistral AI, "API Specs", "Embeddings": a field that it does not know is refused with 422. */
export const MISTRAL_EMBED: EmbedDialect = {
  dimensions: "output_dimension",
  purpose: "",
  purposes: {},
  base64: { encoding_format: "base64" },
  numberType: "output_dtype",
  own: new Set(["output_dtype", "metadata"]),
};
