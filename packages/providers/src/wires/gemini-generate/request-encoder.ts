import type { ChatRequest, SamplingParams } from "@headrace/core/canonical/chat";
import type { JsonObject } from "@headrace/core/json-object";
import type { EncodedRequest, EncodeTarget } from "@headrace/core/wire/chat-codec";
import { defined } from "../../json/read.ts";
import { loseCacheMarks } from "../../translation/cache-marks.ts";
import { type JsonAnswerTool, jsonAnswerTool } from "../../translation/json-answer-tool.ts";
import { Losses } from "../../translation/losses.ts";
import { type EncodeContext, encodeContents } from "./contents-encoder.ts";
import type { GeminiDialect } from "./dialect.ts";
import { type GeminiModel, geminiModel, thinkingConfig } from "./models.ts";
import { toGeminiSchema } from "./schema.ts";
import { encodeTools } from "./tools-encoder.ts";

/** More are refused (Gemini API reference, "generateContent", `stopSequences`). */
const MAX_STOPS = 5;

/** Fields of other wires that concern their provider alone, so that nothing is lost without them. */
const MEANT_FOR_OTHERS: ReadonlySet<string> = new Set([
  "user",
  "metadata",
  "store",
  "service_tier",
  "stream_options",
  "safety_identifier",
  "prompt_cache_key",
  "prompt_cache_retention",
]);

/** `generationConfig.x` and the like: fields that a client of this wire put deeper. */
const NESTED = /^(generationConfig|toolConfig)\.(.+)$/;

export function encodeRequest(
  request: ChatRequest,
  target: EncodeTarget,
  dialect: GeminiDialect,
): EncodedRequest {
  const model = geminiModel(target.model);
  const losses = new Losses(request.wire);
  const context: EncodeContext = { request, model, dialect, losses };
  const answerTool = answerToolFor(request, model);
  loseCacheMarks(request, losses);
  const { contents, systemInstruction } = encodeContents(context);
  const { tools, toolConfig } = encodeTools(context, answerTool);
  const kept = keepExtra(request, losses);
  const generationConfig = {
    ...encodeSampling(context),
    ...(answerTool === null ? encodeFormat(request) : {}),
    ...encodeThinking(context),
    ...kept.generationConfig,
  };
  const body = defined({
    ...kept.top,
    systemInstruction,
    contents,
    tools,
    toolConfig: nonEmpty(mergeToolConfig(toolConfig, kept.toolConfig)),
    generationConfig: nonEmpty(generationConfig),
  });
  return { body, headers: [], lost: losses.paths };
}

/** Older models cannot be bound to JSON and be given functions in one request; they are bound by a function then. */
function answerToolFor(request: ChatRequest, model: GeminiModel): JsonAnswerTool | null {
  const hasFunctions = request.tools.some((tool) => tool.type === "function");
  return hasFunctions && !model.jsonWithFunctions ? jsonAnswerTool(request.responseFormat) : null;
}

function encodeSampling({ request, model, dialect, losses }: EncodeContext): JsonObject {
  const { sampling } = request;
  const { stop = [], parallelToolCalls } = sampling;
  if (stop.length > MAX_STOPS) losses.field("stop");
  if (parallelToolCalls === false && request.tools.length > 0) losses.field("parallelToolCalls");
  const takesPenalties = dialect.penaltiesOn25 || !model.refusesPenalties;
  const penalty = (name: "frequencyPenalty" | "presencePenalty"): number | undefined => {
    if (takesPenalties || !sampling[name]) return takesPenalties ? sampling[name] : undefined;
    losses.field(name);
    return undefined;
  };
  return defined({
    maxOutputTokens: sampling.maxOutputTokens,
    temperature: sampling.temperature,
    topP: sampling.topP,
    topK: sampling.topK,
    frequencyPenalty: penalty("frequencyPenalty"),
    presencePenalty: penalty("presencePenalty"),
    seed: sampling.seed,
    candidateCount: sampling.choices,
    stopSequences: stop.length === 0 ? undefined : stop.slice(0, MAX_STOPS),
    ...encodeLogprobs(sampling),
  });
}

/** The number of alternatives is refused where log probabilities are not asked for. */
function encodeLogprobs({ logprobs, topLogprobs }: SamplingParams): JsonObject {
  return logprobs === true ? { responseLogprobs: true, logprobs: topLogprobs } : {};
}

function encodeFormat({ responseFormat: format }: ChatRequest): JsonObject {
  const responseMimeType = "application/json";
  if (format?.type === "json-object") return { responseMimeType };
  if (format?.type !== "json-schema") return {};
  return { responseMimeType, responseJsonSchema: toGeminiSchema(format.schema) };
}

function encodeThinking({ request, model, losses }: EncodeContext): JsonObject {
  const { reasoning } = request;
  if (reasoning === undefined) return {};
  const config = thinkingConfig(model, reasoning);
  if (config === undefined && asksToThink(reasoning)) losses.field("reasoning");
  return config === undefined || Object.keys(config).length === 0 ? {} : { thinkingConfig: config };
}

function asksToThink({ effort, budgetTokens }: NonNullable<ChatRequest["reasoning"]>): boolean {
  return (effort !== undefined && effort !== "none") || (budgetTokens ?? 0) > 0;
}

interface KeptExtra {
  readonly top: JsonObject;
  readonly generationConfig: JsonObject;
  readonly toolConfig: JsonObject;
}

function keepExtra({ wire, extra }: ChatRequest, losses: Losses): KeptExtra {
  const top: [string, unknown][] = [];
  const nested: Record<string, [string, unknown][]> = { generationConfig: [], toolConfig: [] };
  for (const [name, value] of Object.entries(extra)) {
    if (wire !== "gemini-generate") {
      if (!MEANT_FOR_OTHERS.has(name)) losses.named(name);
      continue;
    }
    const [, holder = "", field = ""] = NESTED.exec(name) ?? [];
    (nested[holder] ?? top).push([field || name, value]);
  }
  return {
    top: Object.fromEntries(top),
    generationConfig: Object.fromEntries(nested.generationConfig ?? []),
    toolConfig: Object.fromEntries(nested.toolConfig ?? []),
  };
}

/** Fields of the calling config are one level deeper still. */
function mergeToolConfig(own: JsonObject, kept: JsonObject): JsonObject {
  const calling: [string, unknown][] = [];
  const others: [string, unknown][] = [];
  for (const [name, value] of Object.entries(kept)) {
    const dot = name.indexOf(".");
    if (dot === -1) others.push([name, value]);
    else calling.push([name.slice(dot + 1), value]);
  }
  if (calling.length === 0) return { ...own, ...Object.fromEntries(others) };
  const functionCallingConfig = {
    ...(own.functionCallingConfig as JsonObject | undefined),
    ...Object.fromEntries(calling),
  };
  return { ...own, ...Object.fromEntries(others), functionCallingConfig };
}

function nonEmpty(object: JsonObject): JsonObject | undefined {
  return Object.keys(object).length === 0 ? undefined : object;
}
