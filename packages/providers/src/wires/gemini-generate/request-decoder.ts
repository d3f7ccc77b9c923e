/** A client's request, of which the URL names the model and says whether it shall be streamed. */
import type {
  ChatMessage,
  ChatRequest,
  ReasoningEffort,
  ReasoningParams,
  ResponseFormat,
  SamplingParams,
} from "@headrace/core/canonical/chat";
import { type ExtraFields, NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import type { JsonObject } from "@headrace/core/json-object";
import type { PathFacts } from "@headrace/core/wire/chat-codec";
import { camelFields } from "../../google/field-names.ts";
import {
  demandFlag,
  demandList,
  demandNumber,
  demandObject,
  demandText,
  optional,
} from "../../json/demand.ts";
import { defined, extraOf } from "../../json/read.ts";
import { decodeContents, decodeInstruction } from "./contents-decoder.ts";
import { fromOpenApiSchema } from "./schema.ts";
import { decodeToolConfig, decodeTools } from "./tools-decoder.ts";

const KNOWN: ReadonlySet<string> = new Set([
  "model",
  "contents",
  "systemInstruction",
  "tools",
  "toolConfig",
  "generationConfig",
]);

const KNOWN_CONFIG: ReadonlySet<string> = new Set([
  "maxOutputTokens",
  "temperature",
  "topP",
  "topK",
  "stopSequences",
  "candidateCount",
  "seed",
  "presencePenalty",
  "frequencyPenalty",
  "responseLogprobs",
  "logprobs",
  "responseMimeType",
  "responseSchema",
  "responseJsonSchema",
  "_responseJsonSchema",
  "thinkingConfig",
]);

const JSON_TYPE = "application/json";
const PLAIN_TYPE = "text/plain";

const EFFORT_BY_LEVEL: ReadonlyMap<string, ReasoningEffort> = new Map([
  ["MINIMAL", "minimal"],
  ["LOW", "low"],
  ["MEDIUM", "medium"],
  ["HIGH", "high"],
]);

/** @throws GatewayError `missing_field`, `invalid_field` */
export function decodeRequest(raw: JsonObject, path: PathFacts): ChatRequest {
  const body = camelFields(raw);
  const config = camelFields(optional(body.generationConfig, "generationConfig", demandObject) ?? {});
  const { toolChoice, extra: toolExtra } = decodeToolConfig(body.toolConfig);
  return {
    wire: "gemini-generate",
    model: path.model ?? "",
    messages: [...decodeSystem(body.systemInstruction), ...decodeContents(body.contents)],
    tools: decodeTools(body.tools),
    ...defined({
      toolChoice,
      responseFormat: decodeFormat(config),
      reasoning: decodeReasoning(config.thinkingConfig),
    }),
    sampling: decodeSampling(config),
    stream: path.stream,
    // Nobody has to ask on this wire: usage is in every chunk.
    includeUsage: true,
    extra: {
      ...extraOf(body, KNOWN),
      ...toolExtra,
      ...prefixed("generationConfig", extraOf(config, KNOWN_CONFIG)),
    },
  };
}

function decodeSystem(raw: unknown): readonly ChatMessage[] {
  if (raw === undefined || raw === null) return [];
  const parts = decodeInstruction(raw);
  return parts.length === 0 ? [] : [{ role: "system", parts, extra: NO_EXTRA }];
}

function decodeSampling(config: JsonObject): SamplingParams {
  const number = (name: string) => optional(config[name], `generationConfig.${name}`, demandNumber);
  const stop = optional(config.stopSequences, "generationConfig.stopSequences", demandList);
  return defined({
    maxOutputTokens: number("maxOutputTokens"),
    temperature: number("temperature"),
    topP: number("topP"),
    topK: number("topK"),
    frequencyPenalty: number("frequencyPenalty"),
    presencePenalty: number("presencePenalty"),
    seed: number("seed"),
    choices: number("candidateCount"),
    stop: stop?.map((text, index) => demandText(text, `generationConfig.stopSequences[${index}]`)),
    logprobs: optional(config.responseLogprobs, "generationConfig.responseLogprobs", demandFlag),
    topLogprobs: number("logprobs"),
  });
}

function decodeFormat(config: JsonObject): ResponseFormat | undefined {
  const type = optional(config.responseMimeType, "generationConfig.responseMimeType", demandText);
  const jsonSchema = config.responseJsonSchema ?? config._responseJsonSchema ?? undefined;
  const schema = jsonSchema ?? fromOpenApiSchema(config.responseSchema ?? undefined);
  if (schema !== undefined) return { type: "json-schema", name: "response", schema };
  if (type === JSON_TYPE) return { type: "json-object" };
  return type === PLAIN_TYPE ? { type: "text" } : undefined;
}

function decodeReasoning(raw: unknown): ReasoningParams | undefined {
  if (raw === undefined || raw === null) return undefined;
  const path = "generationConfig.thinkingConfig";
  const config = camelFields(demandObject(raw, path));
  const level = optional(config.thinkingLevel, `${path}.thinkingLevel`, demandText);
  const budget = optional(config.thinkingBudget, `${path}.thinkingBudget`, demandNumber);
  return defined({
    effort: EFFORT_BY_LEVEL.get(level?.toUpperCase() ?? ""),
    // A negative one leaves it to the model, which is what leaving it out means elsewhere.
    budgetTokens: budget === undefined || budget < 0 ? undefined : budget,
    show: optional(config.includeThoughts, `${path}.includeThoughts`, demandFlag),
  });
}

function prefixed(prefix: string, extra: ExtraFields): ExtraFields {
  return Object.fromEntries(Object.entries(extra).map(([name, value]) => [`${prefix}.${name}`, value]));
}
