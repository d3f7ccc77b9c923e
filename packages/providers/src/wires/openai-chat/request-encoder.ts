import type { ChatRequest, SamplingParams } from "@headrace/core/canonical/chat";
import type { JsonObject } from "@headrace/core/json-object";
import type { EncodedRequest, EncodeTarget } from "@headrace/core/wire/chat-codec";
import { openAiModelTraits, takesSampling } from "../../openai/models.ts";
import { loseCacheMarks } from "../../translation/cache-marks.ts";
import { Losses, type RequestField } from "../../translation/losses.ts";
import { takeOwnFields } from "../../translation/own-fields.ts";
import { cacheMarkRule } from "./cache-marks.ts";
import type { CacheMarkRule, OpenAiChatDialect } from "./dialect.ts";
import { encodeFormat } from "./format-encoder.ts";
import { encodeMessages } from "./message-encoder.ts";
import { encodeReasoning } from "./reasoning-encoder.ts";
import { encodeTools } from "./tool-encoder.ts";

/**
 * Writes a request of `POST /chat/completions` (OpenAI API reference, "Create chat completion").
 *
 * @throws GatewayError `invalid_field` for media that the provider cannot read
 */
export function encodeOpenAiRequest(
  request: ChatRequest,
  target: EncodeTarget,
  dialect: OpenAiChatDialect,
): EncodedRequest {
  const losses = new Losses(request.wire);
  const { format, instruction } = encodeFormat(request.responseFormat, dialect);
  const cacheMarks = cacheMarkRule(dialect, target.model);
  if (cacheMarks === null) loseCacheMarks(request, losses);
  const refused = refusedFields(request, dialect, target.model);
  const scope: EncodeScope = { request, dialect, refused, cacheMarks, losses, model: target.model };
  const body: JsonObject = {
    model: target.model,
    ...encodeExtra(scope),
    messages: encodeMessages(scope, instruction),
    ...encodeTools(scope),
    ...(format === null ? {} : { response_format: format }),
    ...encodeReasoning(scope),
    ...encodeSampling(scope),
    ...(target.stream ? { stream: true } : {}),
    ...(target.stream && dialect.asksUsage ? { stream_options: { include_usage: true } } : {}),
  };
  return { body, headers: [], lost: losses.paths };
}

/** What the parts of an encoder need to know. */
export interface EncodeScope {
  readonly request: ChatRequest;
  readonly dialect: OpenAiChatDialect;
  /** Top-level fields that the provider refuses, or this model does. */
  readonly refused: ReadonlySet<string>;
  /** How marks for the prompt cache are written; null where none can be. */
  readonly cacheMarks: CacheMarkRule | null;
  readonly losses: Losses;
  /** The model's name at the provider. */
  readonly model: string;
}

/** OpenAI, "Reasoning models"; Azure, "Reasoning models", "Not supported": refused with 400 by models that think. */
const REFUSED_BESIDE_THINKING = [
  "temperature",
  "top_p",
  "presence_penalty",
  "frequency_penalty",
  "logprobs",
  "top_logprobs",
  "logit_bias",
  "stop",
] as const;

function refusedFields(
  { reasoning }: ChatRequest,
  { refused, openAiModels }: OpenAiChatDialect,
  model: string,
): ReadonlySet<string> {
  const isFree = !openAiModels || takesSampling(openAiModelTraits(model), reasoning);
  return new Set(isFree ? refused : [...refused, ...REFUSED_BESIDE_THINKING]);
}

/** A client on this wire means what it says; of one on another, what the provider has by the same name. */
function encodeExtra({ request, dialect, refused, losses }: EncodeScope): JsonObject {
  if (request.wire !== "openai-chat")
    return takeOwnFields(request.extra, withoutRefused(dialect.ownFields, refused), losses);
  const own = Object.keys(request.extra);
  return takeOwnFields(request.extra, withoutRefused(own, refused), losses);
}

function withoutRefused(names: readonly string[], refused: ReadonlySet<string>): ReadonlySet<string> {
  return new Set(names.filter((name) => !refused.has(name)));
}

/** By their names on this wire, with the values that mean the same as saying nothing. */
const SAMPLING: readonly (readonly [keyof SamplingParams & RequestField, string, unknown])[] = [
  ["topP", "top_p", 1],
  ["topK", "top_k", undefined],
  ["frequencyPenalty", "frequency_penalty", 0],
  ["presencePenalty", "presence_penalty", 0],
  ["logprobs", "logprobs", false],
  ["topLogprobs", "top_logprobs", 0],
];

function encodeSampling(scope: EncodeScope): JsonObject {
  const { dialect, refused, losses } = scope;
  const { sampling } = scope.request;
  const body: Record<string, unknown> = {};
  const { maxOutputTokens, seed } = sampling;
  if (maxOutputTokens !== undefined) body[dialect.maxTokensField] = maxOutputTokens;
  if (seed !== undefined) {
    if (refused.has(dialect.seedField)) losses.field("seed");
    else body[dialect.seedField] = seed;
  }
  for (const [field, name, isDefault] of SAMPLING) {
    const value = sampling[field];
    if (value === undefined) continue;
    if (!refused.has(name)) body[name] = value;
    else if (value !== isDefault) losses.field(field);
  }
  return { ...body, ...encodeBounded(scope) };
}

function encodeBounded(scope: EncodeScope): JsonObject {
  const { request, dialect, refused, losses } = scope;
  const { stop = [], choices = 1 } = request.sampling;
  const temperature = encodeTemperature(scope);
  const maxStops = refused.has("stop") ? 0 : dialect.maxStops;
  if (stop.length > maxStops) losses.field("stop");
  if (choices > dialect.maxChoices) losses.field("choices");
  const taken = stop.slice(0, maxStops);
  return {
    ...temperature,
    ...(taken.length === 0 ? {} : { stop: taken }),
    ...(choices === 1 || choices > dialect.maxChoices ? {} : { n: choices }),
  };
}

function encodeTemperature({ request, dialect, refused, losses }: EncodeScope): JsonObject {
  const { temperature } = request.sampling;
  if (temperature === undefined) return {};
  const isRefused = refused.has("temperature");
  if (isRefused ? temperature !== 1 : temperature > dialect.maxTemperature) losses.field("temperature");
  return isRefused ? {} : { temperature: Math.min(temperature, dialect.maxTemperature) };
}
