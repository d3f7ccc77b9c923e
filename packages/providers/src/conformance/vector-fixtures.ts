/** Where the answers lie that prove an adapter's embeddings and rankings: the file's path below packages/providers/fixtures. */
export interface VectorFixtures {
  readonly embed?: string;
  readonly rerank?: string;
}

const AS_JINA: VectorFixtures = { rerank: "jina/rerank" };

/** By an adapter's id, or `id/model` for the models of a platform that have an adapter of their own. */
export const VECTOR_FIXTURES: Readonly<Record<string, VectorFixtures>> = {
  bedrock: { embed: "bedrock/embed" },
  cohere: { embed: "cohere/embed", rerank: "cohere/rerank" },
  gemini: { embed: "gemini/embed" },
  jina: { embed: "jina/embed", rerank: "jina/rerank" },
  "llama-cpp": AS_JINA,
  "openai-compatible": AS_JINA,
  together: AS_JINA,
  vertex: { embed: "vertex/embed" },
  vllm: AS_JINA,
  voyage: { embed: "voyage/embed", rerank: "voyage/rerank" },
};
