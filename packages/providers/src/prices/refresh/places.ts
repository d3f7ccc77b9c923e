/** Where LiteLLM's list has an adapter's models: under which of its providers, with what before their names. */
export type LiteLlmPlace = {
  readonly provider: string;
  readonly prefix: string;
  /** A slash in the name would be a region or a commitment, not a part of the model's name. */
  readonly plainNames: boolean;
};

function at(provider: string, prefix = `${provider}/`): LiteLlmPlace {
  return { provider, prefix, plainNames: false };
}

function plain(provider: string, prefix = ""): LiteLlmPlace {
  return { provider, prefix, plainNames: true };
}

/** By adapter; the first place that lists a name counts. */
export const LITELLM_PLACES: Readonly<Record<string, readonly LiteLlmPlace[]>> = {
  ai21: [plain("ai21"), at("ai21")],
  anthropic: [plain("anthropic")],
  "azure-openai": [plain("azure", "azure/"), plain("azure_text", "azure/"), plain("azure_ai", "azure_ai/")],
  bedrock: [plain("bedrock_converse"), plain("bedrock")],
  cerebras: [at("cerebras")],
  cloudflare: [at("cloudflare")],
  cohere: [at("cohere"), plain("cohere"), plain("cohere_chat")],
  databricks: [at("databricks")],
  deepinfra: [at("deepinfra")],
  deepseek: [at("deepseek"), plain("deepseek")],
  elevenlabs: [at("elevenlabs")],
  fireworks: [at("fireworks_ai"), at("fireworks_ai-embedding-models", "fireworks_ai/")],
  gemini: [at("gemini")],
  groq: [at("groq")],
  jina: [at("jina_ai"), plain("jina_ai")],
  minimax: [at("minimax")],
  mistral: [at("mistral")],
  moonshot: [at("moonshot")],
  nvidia: [at("nvidia_nim")],
  openai: [plain("openai"), plain("text-completion-openai")],
  perplexity: [at("perplexity")],
  qwen: [at("dashscope")],
  replicate: [at("replicate")],
  sambanova: [at("sambanova")],
  together: [at("together_ai")],
  vertex: [
    at("vertex_ai"),
    at("vertex_ai-language-models", "vertex_ai/"),
    plain("vertex_ai-language-models"),
    plain("vertex_ai-embedding-models"),
    ...[
      "ai21",
      "anthropic",
      "deepseek",
      "llama",
      "minimax",
      "mistral",
      "moonshot",
      "openai",
      "qwen",
      "zai",
    ].map((vendor) => at(`vertex_ai-${vendor}_models`, "vertex_ai/")),
  ],
  voyage: [at("voyage")],
  xai: [at("xai")],
  zhipu: [at("zai")],
};

/** The id of the provider in genai-prices that an adapter stands for. */
export const GENAI_PROVIDERS: Readonly<Record<string, string>> = {
  anthropic: "anthropic",
  "azure-openai": "azure",
  bedrock: "aws",
  cerebras: "cerebras",
  cloudflare: "cloudflare",
  cohere: "cohere",
  deepseek: "deepseek",
  fireworks: "fireworks",
  gemini: "google",
  groq: "groq",
  minimax: "minimax",
  mistral: "mistral",
  moonshot: "moonshotai",
  openai: "openai",
  openrouter: "openrouter",
  together: "together",
  voyage: "voyageai",
  xai: "x-ai",
  zhipu: "zai",
};
