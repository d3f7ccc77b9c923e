import type { JsonSchema } from "../schema/json-schema.ts";

/**
 * What the gateway must know of a request body to refuse it before a provider is paid for it. Lenient on
 * purpose: fields and values that only the provider understands pass, and `null` counts as absent where
 * OpenAI's own SDKs send it so.
 */
const MODEL: JsonSchema = { type: "string", minLength: 1 };
const OPTIONAL_BOOLEAN: JsonSchema = { type: ["boolean", "null"] };
const OPTIONAL_NUMBER: JsonSchema = { type: ["number", "null"] };
const OPTIONAL_COUNT: JsonSchema = { type: ["integer", "null"], minimum: 1 };
const OPTIONAL_ARRAY: JsonSchema = { type: ["array", "null"] };
const STREAM_OPTIONS: JsonSchema = {
  type: ["object", "null"],
  properties: { include_usage: OPTIONAL_BOOLEAN },
};

const MESSAGES: JsonSchema = {
  type: "array",
  minItems: 1,
  items: {
    type: "object",
    required: ["role"],
    properties: {
      role: { type: "string", minLength: 1 },
      content: { type: ["string", "array", "null"] },
      tool_calls: OPTIONAL_ARRAY,
    },
  },
};

const SAMPLING = {
  stream: OPTIONAL_BOOLEAN,
  stream_options: STREAM_OPTIONS,
  max_tokens: OPTIONAL_COUNT,
  n: OPTIONAL_COUNT,
  temperature: OPTIONAL_NUMBER,
  top_p: OPTIONAL_NUMBER,
} as const satisfies Record<string, JsonSchema>;

export const CHAT_REQUEST_SCHEMA: JsonSchema = {
  type: "object",
  required: ["model", "messages"],
  properties: {
    model: MODEL,
    messages: MESSAGES,
    ...SAMPLING,
    max_completion_tokens: OPTIONAL_COUNT,
    tools: OPTIONAL_ARRAY,
  },
};

export const COMPLETION_REQUEST_SCHEMA: JsonSchema = {
  type: "object",
  required: ["model", "prompt"],
  properties: { model: MODEL, prompt: { type: ["string", "array"] }, ...SAMPLING },
};

export const EMBEDDING_REQUEST_SCHEMA: JsonSchema = {
  type: "object",
  required: ["model", "input"],
  properties: { model: MODEL, input: { type: ["string", "array"] }, dimensions: OPTIONAL_COUNT },
};

/** Items of the input are only the wire's own codec to judge, and the provider's. */
export const RESPONSES_REQUEST_SCHEMA: JsonSchema = {
  type: "object",
  required: ["model"],
  properties: {
    model: MODEL,
    input: { type: ["string", "array", "null"] },
    instructions: { type: ["string", "array", "null"] },
    stream: OPTIONAL_BOOLEAN,
    max_output_tokens: OPTIONAL_COUNT,
    temperature: OPTIONAL_NUMBER,
    top_p: OPTIONAL_NUMBER,
    tools: OPTIONAL_ARRAY,
    previous_response_id: { type: ["string", "null"] },
  },
};

/** Anthropic API reference, "Messages". `max_tokens` is required there, and a provider of another kind needs none. */
export const MESSAGES_REQUEST_SCHEMA: JsonSchema = {
  type: "object",
  required: ["model", "messages"],
  properties: {
    model: MODEL,
    messages: MESSAGES,
    system: { type: ["string", "array", "null"] },
    stream: OPTIONAL_BOOLEAN,
    max_tokens: OPTIONAL_COUNT,
    temperature: OPTIONAL_NUMBER,
    top_p: OPTIONAL_NUMBER,
    top_k: { type: ["integer", "null"] },
    stop_sequences: OPTIONAL_ARRAY,
    tools: OPTIONAL_ARRAY,
  },
};

/** Gemini API reference, "generateContent" and "countTokens"; both spellings of a field are allowed in proto JSON. */
export const GENERATE_CONTENT_REQUEST_SCHEMA: JsonSchema = {
  type: "object",
  properties: {
    contents: { type: ["array", "object", "string", "null"] },
    tools: OPTIONAL_ARRAY,
    generationConfig: { type: ["object", "null"] },
    generation_config: { type: ["object", "null"] },
  },
};

/** Bedrock API reference, "Converse"; the model is in the path. */
export const CONVERSE_REQUEST_SCHEMA: JsonSchema = {
  type: "object",
  properties: {
    messages: OPTIONAL_ARRAY,
    system: OPTIONAL_ARRAY,
    inferenceConfig: { type: ["object", "null"], properties: { maxTokens: OPTIONAL_COUNT } },
    toolConfig: { type: ["object", "null"] },
    additionalModelRequestFields: { type: ["object", "null"] },
  },
};

/** Bedrock user guide, "Anthropic Claude Messages API"; the model is in the path, and the version says whose body it is. */
export const INVOKE_MODEL_REQUEST_SCHEMA: JsonSchema = {
  type: "object",
  required: ["anthropic_version", "messages"],
  properties: {
    anthropic_version: { type: "string" },
    messages: MESSAGES,
    system: { type: ["string", "array", "null"] },
    max_tokens: OPTIONAL_COUNT,
    tools: OPTIONAL_ARRAY,
  },
};

/** Cohere API reference, "Chat", v2. */
export const COHERE_CHAT_REQUEST_SCHEMA: JsonSchema = {
  type: "object",
  required: ["model", "messages"],
  properties: {
    model: MODEL,
    messages: MESSAGES,
    stream: OPTIONAL_BOOLEAN,
    max_tokens: OPTIONAL_COUNT,
    temperature: OPTIONAL_NUMBER,
    p: OPTIONAL_NUMBER,
    k: { type: ["integer", "null"] },
    stop_sequences: OPTIONAL_ARRAY,
    tools: OPTIONAL_ARRAY,
  },
};

/** Cohere API reference, "Embed", v2; which of the kinds of input it has, its codec and its provider see. */
export const COHERE_EMBED_REQUEST_SCHEMA: JsonSchema = {
  type: "object",
  required: ["model"],
  properties: {
    model: MODEL,
    texts: OPTIONAL_ARRAY,
    images: OPTIONAL_ARRAY,
    inputs: OPTIONAL_ARRAY,
    embedding_types: OPTIONAL_ARRAY,
    output_dimension: OPTIONAL_COUNT,
  },
};

/** Gemini API reference, "embedContent" and "batchEmbedContents". */
export const EMBED_CONTENT_REQUEST_SCHEMA: JsonSchema = {
  type: "object",
  properties: { content: { type: ["object", "null"] }, requests: OPTIONAL_ARRAY },
};

/** Cohere v2 and Jina, which name these fields alike. */
export const RERANK_REQUEST_SCHEMA: JsonSchema = {
  type: "object",
  required: ["model", "query", "documents"],
  properties: {
    model: MODEL,
    query: { type: "string" },
    documents: { type: "array", minItems: 1 },
    top_n: OPTIONAL_COUNT,
  },
};

/** For calls of which the gateway needs to know no more than the model. */
export const MODEL_ONLY_REQUEST_SCHEMA: JsonSchema = {
  type: "object",
  required: ["model"],
  properties: { model: MODEL, stream: OPTIONAL_BOOLEAN },
};

/** vLLM's `/tokenize`: a prompt, or the messages of a chat. */
export const TOKENIZE_REQUEST_SCHEMA: JsonSchema = {
  type: "object",
  required: ["model"],
  properties: { model: MODEL, prompt: { type: "string" }, messages: MESSAGES },
};
