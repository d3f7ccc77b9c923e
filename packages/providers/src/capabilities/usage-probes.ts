import type { ChatWireId } from "@headrace/core/wire/wire-id";

const ANTHROPIC = {
  input_tokens: 9,
  cache_read_input_tokens: 4,
  cache_creation_input_tokens: 3,
  cache_creation: { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 1 },
  output_tokens: 7,
  output_tokens_details: { thinking_tokens: 2 },
} as const;

/** A usage object of each wire with every count that its reference knows, none of them 0. */
export const USAGE_PROBES: Readonly<Record<ChatWireId, unknown>> = {
  "openai-chat": openAi(),
  "openai-completions": openAi(),
  "openai-responses": {
    input_tokens: 9,
    input_tokens_details: { cached_tokens: 4 },
    output_tokens: 7,
    output_tokens_details: { reasoning_tokens: 2 },
    total_tokens: 16,
  },
  "anthropic-messages": ANTHROPIC,
  "bedrock-invoke": ANTHROPIC,
  "gemini-generate": {
    promptTokenCount: 9,
    cachedContentTokenCount: 4,
    candidatesTokenCount: 5,
    thoughtsTokenCount: 2,
    totalTokenCount: 16,
  },
  "bedrock-converse": {
    inputTokens: 9,
    cacheReadInputTokens: 4,
    cacheWriteInputTokens: 3,
    cacheDetails: [{ ttl: "1h", inputTokens: 1 }],
    outputTokens: 7,
    totalTokens: 23,
  },
  "cohere-chat": {
    billed_units: { input_tokens: 9, output_tokens: 7 },
    tokens: { input_tokens: 12, output_tokens: 7 },
    cached_tokens: 4,
  },
  "ollama-chat": { prompt_eval_count: 9, eval_count: 7 },
  "replicate-predict": { input_token_count: 9, output_token_count: 7 },
};

function openAi(): unknown {
  return {
    prompt_tokens: 9,
    prompt_tokens_details: { cached_tokens: 4 },
    completion_tokens: 7,
    completion_tokens_details: { reasoning_tokens: 2 },
    total_tokens: 16,
  };
}
