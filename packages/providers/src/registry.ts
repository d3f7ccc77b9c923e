import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { ai21 } from "./providers/ai21.ts";
import { anthropic } from "./providers/anthropic.ts";
import { azureOpenAi } from "./providers/azure-openai.ts";
import { bedrock } from "./providers/bedrock.ts";
import { cerebras } from "./providers/cerebras.ts";
import { cloudflare } from "./providers/cloudflare.ts";
import { cohere } from "./providers/cohere.ts";
import { databricks } from "./providers/databricks.ts";
import { deepInfra } from "./providers/deepinfra.ts";
import { deepseek } from "./providers/deepseek.ts";
import { elevenLabs } from "./providers/elevenlabs.ts";
import { fireworks } from "./providers/fireworks.ts";
import { gemini } from "./providers/gemini.ts";
import { groq } from "./providers/groq.ts";
import { huggingFace } from "./providers/huggingface.ts";
import { jina } from "./providers/jina.ts";
import { llamaCpp } from "./providers/llama-cpp.ts";
import { lmStudio } from "./providers/lm-studio.ts";
import { miniMax } from "./providers/minimax.ts";
import { mistral } from "./providers/mistral.ts";
import { mock } from "./providers/mock.ts";
import { moonshot } from "./providers/moonshot.ts";
import { nvidia } from "./providers/nvidia.ts";
import { ollama } from "./providers/ollama.ts";
import { openai } from "./providers/openai.ts";
import { openAiCompatible } from "./providers/openai-compatible.ts";
import { openRouter } from "./providers/openrouter.ts";
import { perplexity } from "./providers/perplexity.ts";
import { qwen } from "./providers/qwen.ts";
import { replicate } from "./providers/replicate.ts";
import { sambaNova } from "./providers/sambanova.ts";
import { sglang } from "./providers/sglang.ts";
import { tei } from "./providers/tei.ts";
import { tgi } from "./providers/tgi.ts";
import { together } from "./providers/together.ts";
import { vertex } from "./providers/vertex.ts";
import { vllm } from "./providers/vllm.ts";
import { voyage } from "./providers/voyage.ts";
import { xai } from "./providers/xai.ts";
import { zhipu } from "./providers/zhipu.ts";

/** Every adapter of this version. Adding a provider is one file, its fixtures and one line here. */
export const ADAPTERS: readonly ProviderAdapter[] = [
  ai21,
  anthropic,
  azureOpenAi,
  bedrock,
  cerebras,
  cloudflare,
  cohere,
  databricks,
  deepInfra,
  deepseek,
  elevenLabs,
  fireworks,
  gemini,
  groq,
  huggingFace,
  jina,
  llamaCpp,
  lmStudio,
  miniMax,
  mistral,
  mock,
  moonshot,
  nvidia,
  ollama,
  openai,
  openAiCompatible,
  openRouter,
  perplexity,
  qwen,
  replicate,
  sambaNova,
  sglang,
  tei,
  tgi,
  together,
  vertex,
  vllm,
  voyage,
  xai,
  zhipu,
];

const BY_ID: ReadonlyMap<string, ProviderAdapter> = new Map(ADAPTERS.map((adapter) => [adapter.id, adapter]));

/**
 * @throws Error when there is no such adapter; a validated config never names one.
 */
export function adapterById(id: string): ProviderAdapter {
  const adapter = BY_ID.get(id);
  if (adapter === undefined) throw new Error(`no adapter is called ${id}`);
  return adapter;
}

/** The adapter that serves a model: for platforms with several wires, the one of the model's own. */
export function adapterFor(id: string, model: string): ProviderAdapter {
  const adapter = adapterById(id);
  return adapter.forModel?.(model) ?? adapter;
}
