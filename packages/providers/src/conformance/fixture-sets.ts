import type { FixtureSet } from "./fixtures.ts";

const NO_TOOLS_DOCUMENTED = "its models call no tools of the client's";
const THOUGHTS_ARE_TEXT = "its models write their thoughts into the text";
const AS_THE_FAMILY = "its reference shows the family's streams and names no deviation";

/** By an adapter's id, or `id/model` for the models of a platform that have an adapter of their own. */
export const FIXTURE_SETS: Readonly<Record<string, FixtureSet>> = {
  ai21: { like: "openai-compatible", because: AS_THE_FAMILY },
  anthropic: { folder: "anthropic" },
  "azure-openai": { folder: "azure-openai" },
  "azure-openai/gpt-5.1": { like: "azure-openai", because: "only its requests differ" },
  bedrock: { folder: "bedrock" },
  "bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0": { folder: "bedrock-claude" },
  cerebras: { folder: "cerebras" },
  cloudflare: { like: "openai-compatible", because: AS_THE_FAMILY },
  cohere: { folder: "cohere" },
  databricks: { folder: "databricks" },
  deepinfra: { like: "vllm", because: "it runs vLLM and passes its chunks on" },
  deepseek: { folder: "deepseek" },
  elevenlabs: { noChat: "it speaks and listens" },
  fireworks: { folder: "fireworks" },
  gemini: { folder: "gemini" },
  groq: { folder: "groq" },
  huggingface: {
    like: "openai-compatible",
    because: "it passes the chunks of the vendor on that it has chosen, which have fixtures of their own",
  },
  jina: { noChat: "it embeds and reranks" },
  "llama-cpp": { folder: "llama-cpp" },
  "lm-studio": { folder: "lm-studio" },
  minimax: { folder: "minimax" },
  mistral: { folder: "mistral" },
  mock: { like: "openai-compatible", because: "it writes the family's streams; its own tests prove them" },
  moonshot: { folder: "moonshot" },
  nvidia: { like: "vllm", because: "a NIM runs vLLM and passes its chunks on" },
  ollama: { folder: "ollama" },
  "openai/gpt-5.1": { folder: "openai-responses" },
  "openai/gpt-5-pro": { like: "openai/gpt-5.1", because: "it is the same wire" },
  openai: { folder: "openai" },
  "openai-compatible": { folder: "openai" },
  openrouter: { folder: "openrouter" },
  perplexity: {
    folder: "perplexity",
    without: {
      tools: NO_TOOLS_DOCUMENTED,
      "parallel-tools": NO_TOOLS_DOCUMENTED,
      thinking: THOUGHTS_ARE_TEXT,
    },
  },
  qwen: { folder: "qwen" },
  replicate: {
    folder: "replicate",
    without: {
      tools: "a prediction takes a prompt and gives text",
      "parallel-tools": "a prediction takes a prompt and gives text",
      thinking: THOUGHTS_ARE_TEXT,
    },
  },
  sambanova: { like: "openai-compatible", because: AS_THE_FAMILY },
  sglang: { like: "vllm", because: "its streams have vLLM's members, with reasoning under the older name" },
  tei: { noChat: "it embeds and reranks" },
  tgi: {
    folder: "tgi",
    without: {
      "parallel-tools": "it makes one call of an answer",
      thinking: THOUGHTS_ARE_TEXT,
    },
  },
  together: { folder: "together" },
  vertex: { like: "gemini", because: "it is the Gemini API's wire, with another dialect of requests" },
  "vertex/claude-sonnet-4-5@20250929": {
    like: "anthropic",
    because: "it is Anthropic's wire, with another dialect of requests",
  },
  "vertex/meta/llama-4-maverick-17b-128e-instruct-maas": {
    like: "openai-compatible",
    because: AS_THE_FAMILY,
  },
  vllm: { folder: "vllm" },
  voyage: { noChat: "it embeds and reranks" },
  xai: { folder: "xai" },
  zhipu: { folder: "zhipu" },
};
