import { isJsonObject, type JsonObject } from "../json-object.ts";

/**
 * Tokens of one call in the normal form that everything here counts and prices in. No token is in two
 * fields, whatever the provider's own sums include.
 */
export type TokenUsage = {
  /** Input read in full. */
  readonly uncachedInput: number;
  /** Input served from the provider's prompt cache. */
  readonly cacheReadInput: number;
  /** Input written to a cache that lasts five minutes. */
  readonly cacheWrite5mInput: number;
  /** Input written to a cache that lasts an hour. */
  readonly cacheWrite1hInput: number;
  /** Output without reasoning. */
  readonly visibleOutput: number;
  /** Output spent on reasoning, shown or not. */
  readonly reasoningOutput: number;
  /** For providers that bill by something else; absent where they told of nothing else. */
  readonly units?: BilledUnits;
};

/** What is billed besides tokens, or more for some of them. Absent = not known. */
export type BilledUnits = {
  /** Of {@link TokenUsage.uncachedInput}. */
  readonly audioInputTokens?: number;
  /** Of {@link TokenUsage.visibleOutput}. */
  readonly audioOutputTokens?: number;
  /** Of {@link TokenUsage.uncachedInput}. */
  readonly imageInputTokens?: number;
  readonly queries?: number;
  readonly seconds?: number;
  readonly characters?: number;
  readonly images?: number;
};

export const NO_USAGE: TokenUsage = {
  uncachedInput: 0,
  cacheReadInput: 0,
  cacheWrite5mInput: 0,
  cacheWrite1hInput: 0,
  visibleOutput: 0,
  reasoningOutput: 0,
};

export type TokenKind = Exclude<keyof TokenUsage, "units">;

/** The kinds of tokens, each counted once: no kind is part of another. */
export const TOKEN_KINDS: readonly TokenKind[] = [
  "uncachedInput",
  "cacheReadInput",
  "cacheWrite5mInput",
  "cacheWrite1hInput",
  "visibleOutput",
  "reasoningOutput",
];

export function totalInputTokens(usage: TokenUsage): number {
  return usage.uncachedInput + usage.cacheReadInput + usage.cacheWrite5mInput + usage.cacheWrite1hInput;
}

export function totalOutputTokens(usage: TokenUsage): number {
  return usage.visibleOutput + usage.reasoningOutput;
}

export function addUsage(one: TokenUsage, other: TokenUsage): TokenUsage {
  return {
    uncachedInput: one.uncachedInput + other.uncachedInput,
    cacheReadInput: one.cacheReadInput + other.cacheReadInput,
    cacheWrite5mInput: one.cacheWrite5mInput + other.cacheWrite5mInput,
    cacheWrite1hInput: one.cacheWrite1hInput + other.cacheWrite1hInput,
    visibleOutput: one.visibleOutput + other.visibleOutput,
    reasoningOutput: one.reasoningOutput + other.reasoningOutput,
    ...unitsOfBoth(one.units, other.units),
  };
}

const UNITS: readonly (keyof BilledUnits)[] = [
  "audioInputTokens",
  "audioOutputTokens",
  "imageInputTokens",
  "queries",
  "seconds",
  "characters",
  "images",
];

function unitsOfBoth(
  one: BilledUnits | undefined,
  other: BilledUnits | undefined,
): Pick<TokenUsage, "units"> {
  if (one === undefined || other === undefined) {
    const units = one ?? other;
    return units === undefined ? NO_UNITS : { units };
  }
  const counted = UNITS.filter((unit) => one[unit] !== undefined || other[unit] !== undefined);
  return { units: Object.fromEntries(counted.map((unit) => [unit, (one[unit] ?? 0) + (other[unit] ?? 0)])) };
}

const NO_UNITS = {};

/** Names one member, so that it stays as fast as a plain access. */
type ReadMember = (raw: JsonObject) => unknown;

/** Where servers on the OpenAI wire put the cached part of `prompt_tokens`; the first one present counts. */
const CACHED: readonly ReadMember[] = [
  (raw) => objectOf(raw.prompt_tokens_details)?.cached_tokens, // OpenAI API reference, "Usage"
  (raw) => objectOf(raw.prompt_token_details)?.cached_tokens, // seen from Mistral
  (raw) => raw.num_cached_tokens, // seen from Mistral
  (raw) => raw.cached_tokens, // Moonshot and Together API references
  (raw) => raw.prompt_cache_hit_tokens, // DeepSeek API reference
];

/** Writes to the cache, of Claude behind others: part of `prompt_tokens` too. */
const CACHE_WRITTEN: readonly ReadMember[] = [
  (raw) => objectOf(raw.prompt_tokens_details)?.cache_write_tokens, // OpenRouter, "Usage Accounting"
  (raw) => objectOf(raw.prompt_tokens_details)?.cache_creation_tokens, // LiteLLM
  (raw) => raw.cache_creation_input_tokens, // Databricks, LiteLLM
];

/**
 * Reads a usage object of the OpenAI wire (chat, completions, embeddings), where `prompt_tokens` includes
 * the cached and `completion_tokens` the reasoning tokens (OpenAI API reference, "Usage").
 *
 * Parts larger than their sum are cut to it, so that a provider's slip never makes a count negative.
 *
 * @returns null when `raw` has neither sum as a whole number.
 */
export function usageFromOpenAi(raw: unknown): TokenUsage | null {
  const usage = objectOf(raw);
  if (usage === null) return null;
  const prompt = countOf(usage.prompt_tokens);
  const completion = countOf(usage.completion_tokens);
  if (prompt === null && completion === null) return null;
  const input = prompt ?? 0;
  const cached = Math.min(input, firstCount(usage, CACHED) ?? 0);
  const written = Math.min(input - cached, firstCount(usage, CACHE_WRITTEN) ?? 0);
  const { output, reasoning } = outputOf(usage, input, completion ?? 0);
  return {
    uncachedInput: input - cached - written,
    cacheReadInput: cached,
    cacheWrite5mInput: written,
    cacheWrite1hInput: 0,
    visibleOutput: output - reasoning,
    reasoningOutput: reasoning,
  };
}

/** @param shown - `completion_tokens`, which are the whole output but where reasoning is counted beside them */
function outputOf(raw: JsonObject, input: number, shown: number): { output: number; reasoning: number } {
  const detailed = countOf(objectOf(raw.completion_tokens_details)?.reasoning_tokens);
  // SGLang counts it into `completion_tokens`, Perplexity's deep research beside them and without the sum of all.
  const thought = detailed ?? countOf(raw.reasoning_tokens) ?? 0;
  // xAI leaves the reasoning out of `completion_tokens`, but not out of the sum of all.
  const apart = thought > 0 && countOf(raw.total_tokens) === input + shown + thought;
  if (apart || (detailed === null && thought > shown)) return { output: shown + thought, reasoning: thought };
  return { output: shown, reasoning: Math.min(shown, thought) };
}

function firstCount(raw: JsonObject, readers: readonly ReadMember[]): number | null {
  for (const read of readers) {
    const count = countOf(read(raw));
    if (count !== null) return count;
  }
  return null;
}

function objectOf(value: unknown): JsonObject | null {
  return isJsonObject(value) ? value : null;
}

function countOf(value: unknown): number | null {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : null;
}
