/** Where the answers lie that prove an adapter's embeddings and rankings: the file's path below packages/providers/fixtures. */
export interface VectorFixtures {
  readonly embed?: string;
  /** What its usage counts; 6 when absent. */
  readonly embedTokens?: number;
  readonly rerank?: string;
}

/** Those on OpenAI's own form. */
const OPENAI_EMBED: VectorFixtures = { embed: "openai/embed" };
const OPENAI_EMBED_JINA_RERANK: VectorFixtures = { ...OPENAI_EMBED, rerank: "jina/rerank" };

/** By an adapter's id, or `id/model` for the models of a platform that have an adapter of their own. */
export const VECTOR_FIXTURES: Readonly<Record<string, VectorFixtures>> = {
  "azure-openai": OPENAI_EMBED,
  "azure-openai/gpt-5.1": OPENAI_EMBED,
  bedrock: { embed: "bedrock/embed" },
  cloudflare: OPENAI_EMBED,
  cohere: { embed: "cohere/embed", rerank: "cohere/rerank" },
  databricks: OPENAI_EMBED,
  deepinfra: OPENAI_EMBED,
  fireworks: OPENAI_EMBED,
  gemini: { embed: "gemini/embed" },
  jina: { embed: "jina/embed", rerank: "jina/rerank" },
  "llama-cpp": OPENAI_EMBED_JINA_RERANK,
  "lm-studio": OPENAI_EMBED,
  mistral: OPENAI_EMBED,
  mock: OPENAI_EMBED,
  nvidia: OPENAI_EMBED,
  ollama: { embed: "ollama/embed", embedTokens: 8 },
  openai: OPENAI_EMBED,
  "openai/gpt-5-pro": OPENAI_EMBED,
  "openai/gpt-5.1": OPENAI_EMBED,
  "openai-compatible": OPENAI_EMBED_JINA_RERANK,
  openrouter: OPENAI_EMBED,
  qwen: OPENAI_EMBED,
  sambanova: OPENAI_EMBED,
  sglang: OPENAI_EMBED,
  tei: { ...OPENAI_EMBED, rerank: "tei/rerank" },
  together: OPENAI_EMBED_JINA_RERANK,
  vertex: { embed: "vertex/embed" },
  vllm: OPENAI_EMBED_JINA_RERANK,
  voyage: { embed: "voyage/embed", rerank: "voyage/rerank" },
};
