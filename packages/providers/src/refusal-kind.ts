import type { ProviderErrorWords } from "@headrace/core/provider-adapter";

/** A refusal that says something of the model and not of the request: another model might take it. */
export type RefusalKind = "contextWindow" | "contentPolicy";

/** The provider's own names for it, in lower case. */
const KIND_BY_CODE: Readonly<Record<string, RefusalKind>> = {
  context_length_exceeded: "contextWindow", // OpenAI, Azure, Groq, Together, vLLM's imitators
  string_above_max_length: "contextWindow", // OpenAI
  request_too_large: "contextWindow", // Anthropic, of the bytes
  model_max_prompt_tokens_exceeded: "contextWindow", // GitHub's and others' proxies
  content_filter: "contentPolicy", // Azure OpenAI
  content_policy_violation: "contentPolicy", // OpenAI, images
  responsibleaipolicyviolation: "contentPolicy", // Azure OpenAI, inner error
  moderation_blocked: "contentPolicy", // OpenAI, images
  data_inspection_failed: "contentPolicy", // DashScope
};

/** What providers without such names write. */
const KIND_BY_WORDS: readonly (readonly [words: RegExp, kind: RefusalKind])[] = [
  [/prompt is too long/i, "contextWindow"], // Anthropic, Bedrock
  [/input is too long for requested model/i, "contextWindow"], // Bedrock
  [/maximum context length|context length exceeded|exceeds? the (?:model's )?context/i, "contextWindow"],
  [/input token count.{0,80}exceeds the maximum/i, "contextWindow"], // Gemini
  [/too many (?:input )?tokens|token limit exceeded|exceed_context_size/i, "contextWindow"], // Cohere, llama.cpp
  [/too large for model with \d+ maximum context/i, "contextWindow"], // Mistral
  [/content (?:management )?policy|content filter(?:ing)? policy|safety system/i, "contentPolicy"],
  [/prohibited_content|blocked (?:due to|by) (?:safety|content)/i, "contentPolicy"], // Gemini
];
const MAX_READ_CHARS = 2_000;

/** What kind of refusal a provider's words are; null for one that another model would repeat. */
export function refusalKind(status: number, { code, message }: ProviderErrorWords): RefusalKind | null {
  if (status < 400 || status >= 500 || status === 401 || status === 429) return null;
  const named = code === null ? undefined : KIND_BY_CODE[code.toLowerCase()];
  if (named !== undefined) return named;
  const words = message.slice(0, MAX_READ_CHARS);
  return KIND_BY_WORDS.find(([pattern]) => pattern.test(words))?.[1] ?? null;
}
