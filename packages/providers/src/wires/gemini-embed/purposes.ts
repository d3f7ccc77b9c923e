import type { EmbeddingPurpose } from "@headrace/core/canonical/embedding";

/** Gemini API, "Embeddings", "Supported task types". Those that are missing here no other wire knows. */
const PURPOSE_BY_TASK: ReadonlyMap<unknown, EmbeddingPurpose> = new Map([
  ["RETRIEVAL_QUERY", "query"],
  ["RETRIEVAL_DOCUMENT", "document"],
  ["CLASSIFICATION", "classification"],
  ["CLUSTERING", "clustering"],
  ["SEMANTIC_SIMILARITY", "similarity"],
]);

const TASKS: Readonly<Record<EmbeddingPurpose, string>> = {
  query: "RETRIEVAL_QUERY",
  document: "RETRIEVAL_DOCUMENT",
  classification: "CLASSIFICATION",
  clustering: "CLUSTERING",
  similarity: "SEMANTIC_SIMILARITY",
};

export function purposeOfTask(task: unknown): EmbeddingPurpose | undefined {
  return PURPOSE_BY_TASK.get(task);
}

/** Undefined for none. */
export function taskOfPurpose(purpose: EmbeddingPurpose | undefined): string | undefined {
  return purpose === undefined ? undefined : TASKS[purpose];
}
