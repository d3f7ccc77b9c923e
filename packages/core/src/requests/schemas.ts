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

/** vLLM's `/tokenize`: a prompt, or the messages of a chat. */
export const TOKENIZE_REQUEST_SCHEMA: JsonSchema = {
  type: "object",
  required: ["model"],
  properties: { model: MODEL, prompt: { type: "string" }, messages: MESSAGES },
};
