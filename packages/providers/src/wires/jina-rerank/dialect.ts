/** Reranking as Jina defined it, and how others who took it over call its fields. */
export interface RerankDialect {
  readonly documents: string;
  /** Null where all are ranked, and the gateway takes the best. */
  readonly topN: string | null;
  /** The field that asks for the documents themselves. */
  readonly returnDocuments: string;
  /** It answers with nothing but the list of results. */
  readonly answersList?: true;
  /** The body names the model; a server that has only one does not take it. */
  readonly namesModel: boolean;
  /** Fields that only this provider has. */
  readonly own: ReadonlySet<string>;
}

/** Jina API reference, "Reranker"; vLLM, SGLang, llama.cpp, LocalAI and Infinity speak it too. */
export const JINA_RERANK: RerankDialect = {
  documents: "documents",
  topN: "top_n",
  returnDocuments: "return_documents",
  namesModel: true,
  own: new Set(["truncation", "truncate_prompt_tokens", "max_chunk_per_doc", "overlap_tokens", "priority"]),
};

/** Voyage API reference, "Rerankers". */
export const VOYAGE_RERANK: RerankDialect = {
  documents: "documents",
  topN: "top_k",
  returnDocuments: "return_documents",
  namesModel: true,
  own: new Set(["truncation"]),
};

/** Hugging Face, "Text Embeddings Inference API", `/rerank`. */
export const TEI_RERANK: RerankDialect = {
  documents: "texts",
  topN: null,
  returnDocuments: "return_text",
  answersList: true,
  namesModel: false,
  own: new Set(["raw_scores", "truncate", "truncation_direction"]),
};
