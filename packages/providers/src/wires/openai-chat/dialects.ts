/** How each provider on this wire deviates from what any server on it takes, as its reference says. */
import { ALL_EFFORTS } from "../../openai/models.ts";
import { ANY_MODEL, LOW_TO_HIGH, NONE_TO_HIGH, ONLY_MAX_TOKENS, type OpenAiChatDialect } from "./dialect.ts";

type Deviations = Partial<OpenAiChatDialect>;

/**
 * OpenAI API reference, "Create chat completion": `max_tokens` is deprecated and refused by models that think, at most
 * four stop texts, ids of calls of at most 40 characters, fields that do not exist are refused.
 */
export const OPENAI: Deviations = {
  openAiModels: true,
  maxTokensField: "max_completion_tokens",
  reasoning: [{ models: /^(?!.*(gpt-(?:3|4)|chatgpt))/, style: "effort", efforts: ALL_EFFORTS }],
  developerRole: true,
  toolCallIds: "openai",
  maxStops: 4,
  refused: ["top_k"],
  ownFields: [
    "logit_bias",
    "user",
    "safety_identifier",
    "prompt_cache_key",
    "prompt_cache_retention",
    "verbosity",
    "prediction",
    "modalities",
    "audio",
    "web_search_options",
  ],
};

/** Models of OpenAI's that think refuse the old name with 400. */
export const OPENAI_THINKING: Deviations = {
  ...OPENAI,
  renamed: [{ from: "max_tokens", to: "max_completion_tokens" }],
};

/**
 * Mistral AI, "API Specs": what it does not know is refused with 422; usage comes unasked; ids of calls are nine letters
 * or digits.
 */
export const MISTRAL: Deviations = {
  seedField: "random_seed",
  reasoning: [
    {
      models: /^(mistral-(small|medium)|magistral)/,
      style: "effort",
      efforts: { none: "none", minimal: "none", low: "high", medium: "high", high: "high", xhigh: "high" },
    },
  ],
  toolCallIds: "mistral",
  toolChoice: { none: "none", required: "any", named: true },
  files: "mistral",
  asksUsage: false,
  maxTemperature: 1.5,
  renamed: [...ONLY_MAX_TOKENS, { from: "seed", to: "random_seed" }],
  refused: [
    "stream_options",
    "top_k",
    "logprobs",
    "top_logprobs",
    "logit_bias",
    "user",
    "store",
    "service_tier",
  ],
  ownFields: ["safe_prompt", "prompt_mode", "prediction", "guardrails"],
};

/** Groq, "OpenAI Compatibility", "Currently Unsupported OpenAI Features"; "Reasoning" (efforts by model). */
export const GROQ: Deviations = {
  maxTokensField: "max_completion_tokens",
  reasoning: [
    { models: /gpt-oss/, style: "effort", efforts: LOW_TO_HIGH },
    {
      models: /qwen3/,
      style: "effort",
      efforts: {
        none: "none",
        minimal: "default",
        low: "default",
        medium: "default",
        high: "default",
        xhigh: "default",
      },
    },
  ],
  files: "text-only",
  maxStops: 4,
  refused: ["logprobs", "top_logprobs", "logit_bias", "top_k"],
  maxChoices: 1,
  refusedMessageFields: ["name"],
  ownFields: ["reasoning_format", "include_reasoning", "search_settings", "compound_custom"],
};

/** DeepSeek API documentation, "Create Chat Completion", "Thinking Mode" (`reasoning_content` goes back in tool loops), "JSON Output". */
export const DEEPSEEK: Deviations = {
  renamed: ONLY_MAX_TOKENS,
  reasoning: [{ models: ANY_MODEL, style: "thinking", efforts: ALL_EFFORTS }],
  reasoningBack: "text",
  strictTools: false,
  formats: "object",
  files: "text-only",
  maxStops: 16,
};

/** xAI, "REST API Reference"; "Reasoning": only the small models may be told how much. */
export const XAI: Deviations = {
  maxTokensField: "max_completion_tokens",
  reasoning: [
    {
      models: /^grok-3-mini/,
      style: "effort",
      efforts: { none: null, minimal: "low", low: "low", medium: "high", high: "high", xhigh: "high" },
    },
  ],
  files: "text-only",
  maxStops: 4,
  refused: ["top_k"],
  ownFields: ["search_parameters", "deferred", "user"],
};

/** Perplexity, "Chat Completions": searches are its own; no tools of clients; a schema, but not any object. */
export const PERPLEXITY: Deviations = {
  renamed: ONLY_MAX_TOKENS,
  reasoning: [
    { models: /sonar-(deep|reasoning)/, style: "effort", efforts: { ...LOW_TO_HIGH, minimal: "minimal" } },
  ],
  strictTools: false,
  formats: "schema",
  files: "text-only",
  asksUsage: false,
  maxTemperature: 1.99,
  refused: ["tools", "tool_choice", "parallel_tool_calls", "n", "logprobs", "top_logprobs", "seed"],
  maxChoices: 1,
  ownFields: [
    "search_mode",
    "search_domain_filter",
    "search_recency_filter",
    "search_after_date_filter",
    "search_before_date_filter",
    "return_images",
    "return_related_questions",
    "web_search_options",
    "disable_search",
  ],
};

/** OpenRouter, "API Reference", "Reasoning Tokens", "Prompt Caching", "PDF Inputs". */
export const OPENROUTER: Deviations = {
  reasoning: [{ models: ANY_MODEL, style: "object", efforts: ALL_EFFORTS }],
  reasoningBack: "details",
  signers: [
    [/^anthropic\//, "anthropic"],
    [/^google\//, "gemini"],
    [/^openai\//, "openai"],
  ],
  developerRole: true,
  files: "openai-or-url",
  cacheMarks: [{ models: ANY_MODEL, ttl: "1h", ofResults: "message" }],
  ownFields: [
    "logit_bias",
    "min_p",
    "top_a",
    "repetition_penalty",
    "models",
    "provider",
    "transforms",
    "plugins",
    "route",
    "user",
    "verbosity",
    "modalities",
  ],
};

/** Together AI, "Chat Completions"; "Reasoning models". */
export const TOGETHER: Deviations = {
  renamed: ONLY_MAX_TOKENS,
  reasoning: [{ models: ANY_MODEL, style: "effort", efforts: LOW_TO_HIGH }],
  files: "text-only",
  ownFields: ["logit_bias", "min_p", "repetition_penalty", "safety_model", "chat_template_kwargs"],
};

/** Fireworks AI, "Create Chat Completion". */
export const FIREWORKS: Deviations = { files: "text-only", maxStops: 4 };

/** Cerebras Inference, "OpenAI Compatibility": these are refused with 400. */
export const CEREBRAS: Deviations = {
  maxTokensField: "max_completion_tokens",
  reasoning: [{ models: /gpt-oss/, style: "effort", efforts: LOW_TO_HIGH }],
  files: "text-only",
  maxStops: 4,
  refused: ["frequency_penalty", "presence_penalty", "logit_bias", "top_k"],
  maxChoices: 1,
  ownFields: ["user", "disable_reasoning"],
};

/** SambaNova Cloud, "Chat completions". */
export const SAMBANOVA: Deviations = {
  reasoning: [{ models: /gpt-oss/, style: "effort", efforts: LOW_TO_HIGH }],
  files: "text-only",
  maxTemperature: 1,
  ownFields: ["chat_template_kwargs"],
};

/** NVIDIA NIM, "LLM API reference": vLLM with fewer fields. */
export const NVIDIA: Deviations = {
  reasoning: [{ models: /gpt-oss/, style: "effort", efforts: LOW_TO_HIGH }],
  files: "text-only",
  ownFields: ["logit_bias", "min_p", "repetition_penalty", "chat_template_kwargs", "nvext"],
};

/** Hugging Face, "Inference Providers": what a vendor behind it does not know, that vendor refuses. */
export const HUGGING_FACE: Deviations = { files: "text-only" };

/**
 * Kimi API documentation, "Chat", "Use the thinking model" (`reasoning_content` goes back in tool loops), "Use JSON
 * Mode"; "Migrating from OpenAI": no forced calls, temperatures up to 1.
 */
export const MOONSHOT: Deviations = {
  reasoning: [{ models: /k2\.[5-9]|k[3-9]/, style: "thinking", efforts: ALL_EFFORTS }],
  reasoningBack: "text",
  strictTools: false,
  formats: "object",
  toolChoice: { none: "none", required: null, named: false },
  files: "text-only",
  maxTemperature: 1,
  maxStops: 5,
  ownFields: ["prompt_cache_key", "safety_identifier"],
};

/**
 * Model Studio, "OpenAI compatible - Chat", "Deep thinking" (`enable_thinking`), "Structured output", "Function calling",
 * "Context cache" (marks on parts, for five minutes).
 */
export const QWEN: Deviations = {
  renamed: ONLY_MAX_TOKENS,
  reasoning: [{ models: /^(?!.*(qwq|-thinking))/, style: "enable-thinking", efforts: ALL_EFFORTS }],
  strictTools: false,
  formats: "object",
  toolChoice: { none: "none", required: null, named: true },
  files: "text-only",
  cacheMarks: [{ models: ANY_MODEL, ttl: "5m", ofResults: "part" }],
  maxTemperature: 1.99,
  ownFields: ["enable_search", "search_options", "repetition_penalty", "vl_high_resolution_images"],
};

/** Z.AI, "Chat Completion": `tool_choice` is only `auto`, one stop text, temperatures up to 1. */
export const ZHIPU: Deviations = {
  renamed: ONLY_MAX_TOKENS,
  reasoning: [{ models: /glm-(4\.[5-9]|[5-9])/, style: "thinking", efforts: ALL_EFFORTS }],
  reasoningBack: "text",
  strictTools: false,
  formats: "object",
  toolChoice: { none: null, required: null, named: false },
  files: "text-only",
  maxStops: 1,
  maxTemperature: 1,
  refused: ["parallel_tool_calls"],
  maxChoices: 1,
  ownFields: ["do_sample", "user_id", "request_id", "tool_stream"],
};

/** MiniMax, "Compatible OpenAI API": errors are in `base_resp`; temperatures up to 1, and one choice. */
export const MINIMAX: Deviations = {
  reasoning: [],
  reasoningBack: "text",
  strictTools: false,
  formats: "object",
  files: "text-only",
  maxTemperature: 1,
  maxChoices: 1,
  ownFields: ["reasoning_split", "mask_sensitive_info"],
  errorMark: '"base_resp"',
};

/** AI21, "Jamba chat completion": no choice of tools, any object but no schema. */
export const AI21: Deviations = {
  renamed: ONLY_MAX_TOKENS,
  reasoning: [],
  strictTools: false,
  formats: "object",
  toolChoice: { none: null, required: null, named: false },
  files: "text-only",
  asksUsage: false,
  refused: [
    "parallel_tool_calls",
    "logprobs",
    "top_logprobs",
    "logit_bias",
    "seed",
    "stream_options",
    "top_k",
  ],
  ownFields: ["documents"],
};

/** Databricks, "Foundation model REST API reference"; "Query reasoning models", "Prompt caching" (of Claude alone). */
export const DATABRICKS: Deviations = {
  renamed: ONLY_MAX_TOKENS,
  cacheMarks: [{ models: /claude/, ttl: "5m", ofResults: "part" }],
  files: "text-only",
  ownFields: ["thinking"],
};

/** Workers AI, "OpenAI compatible API endpoints", "JSON Mode". */
export const CLOUDFLARE: Deviations = {
  reasoning: [{ models: /gpt-oss/, style: "effort", efforts: LOW_TO_HIGH }],
  strictTools: false,
  files: "text-only",
  ownFields: ["repetition_penalty", "lora"],
};

const LOCAL_FIELDS = [
  "logit_bias",
  "min_p",
  "repetition_penalty",
  "chat_template_kwargs",
  "ignore_eos",
  "min_tokens",
  "stop_token_ids",
];

/** vLLM, "OpenAI-Compatible Server", "Extra parameters". */
export const VLLM: Deviations = {
  reasoning: [{ models: ANY_MODEL, style: "effort", efforts: NONE_TO_HIGH }],
  files: "text-only",
  ownFields: [
    ...LOCAL_FIELDS,
    "guided_json",
    "guided_regex",
    "guided_choice",
    "structured_outputs",
    "priority",
  ],
};

/** SGLang, "OpenAI-Compatible APIs". */
export const SGLANG: Deviations = {
  reasoning: [{ models: ANY_MODEL, style: "effort", efforts: NONE_TO_HIGH }],
  files: "text-only",
  ownFields: [...LOCAL_FIELDS, "regex", "ebnf", "separate_reasoning", "lora_path"],
};

/** llama.cpp, tools/server/README.md, "POST /v1/chat/completions". */
export const LLAMA_CPP: Deviations = {
  reasoning: [],
  toolChoice: { none: "none", required: "required", named: false },
  files: "text-only",
  ownFields: [...LOCAL_FIELDS, "grammar", "reasoning_format", "mirostat", "dry_multiplier", "cache_prompt"],
};

/** TGI, "Messages API": no thinking, and one choice. */
export const TGI: Deviations = {
  renamed: ONLY_MAX_TOKENS,
  reasoning: [],
  strictTools: false,
  files: "text-only",
  maxChoices: 1,
  ownFields: ["logit_bias", "tool_prompt", "guideline"],
};

/** LM Studio, "Structured Output": a schema, but not any object. */
export const LM_STUDIO: Deviations = {
  renamed: ONLY_MAX_TOKENS,
  reasoning: [{ models: /gpt-oss/, style: "effort", efforts: LOW_TO_HIGH }],
  strictTools: false,
  formats: "schema",
  files: "text-only",
  maxChoices: 1,
  ownFields: ["ttl", "draft_model", "repeat_penalty", "logit_bias"],
};
