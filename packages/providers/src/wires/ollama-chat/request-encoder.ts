import type {
  ChatRequest,
  FunctionTool,
  ReasoningEffort,
  SamplingParams,
} from "@headrace/core/canonical/chat";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { EncodedRequest, EncodeTarget } from "@headrace/core/wire/chat-codec";
import { defined, textOf } from "../../json/read.ts";
import { loseCacheMarks } from "../../translation/cache-marks.ts";
import { argumentsSchema } from "../../translation/freeform-tool.ts";
import { Losses } from "../../translation/losses.ts";
import { takeOwnFields } from "../../translation/own-fields.ts";
import { encodeMessages } from "./message-encoder.ts";

/** Ollama API reference, "Chat": what only Ollama has, and its options, which clients may name on their own. */
const OWN_FIELDS: readonly string[] = ["keep_alive", "truncate", "shift"];
const OPTION_FIELDS: readonly string[] = [
  "num_ctx",
  "num_keep",
  "num_batch",
  "num_gpu",
  "main_gpu",
  "num_thread",
  "use_mmap",
  "min_p",
  "typical_p",
  "tfs_z",
  "repeat_last_n",
  "repeat_penalty",
  "mirostat",
  "mirostat_tau",
  "mirostat_eta",
  "penalize_newline",
];
const TAKEN_FIELDS: ReadonlySet<string> = new Set([...OWN_FIELDS, ...OPTION_FIELDS, "options"]);

/**
 * Writes a request of `POST /api/chat`.
 *
 * @throws GatewayError `invalid_field` for media that Ollama cannot read
 */
export function encodeOllamaRequest(request: ChatRequest, target: EncodeTarget): EncodedRequest {
  const losses = new Losses(request.wire);
  loseCacheMarks(request, losses);
  const taken = takeOwnFields(request.extra, TAKEN_FIELDS, losses);
  const tools = encodeTools(request, losses);
  const options = { ...encodeOptions(request.sampling, losses), ...ownOptions(taken) };
  const body: JsonObject = {
    model: target.model,
    messages: encodeMessages(request, losses),
    ...(tools.length === 0 ? {} : { tools }),
    ...encodeFormat(request),
    ...encodeThink(request, target.model),
    ...(Object.keys(options).length === 0 ? {} : { options }),
    ...encodeLogprobs(request.sampling),
    ...pick(taken, OWN_FIELDS),
    // It streams unless told not to.
    stream: target.stream,
  };
  return { body, headers: [], lost: losses.paths };
}

function ownOptions(taken: JsonObject): JsonObject {
  return { ...pick(taken, OPTION_FIELDS), ...(isJsonObject(taken.options) ? taken.options : {}) };
}

function pick(object: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => names.includes(name)));
}

/**
 * Nothing can be forced here. That no tool be called is said by offering none; that a certain one be called, by offering
 * no other.
 */
function encodeTools({ tools, toolChoice }: ChatRequest, losses: Losses): readonly JsonObject[] {
  if (toolChoice?.type === "required" || toolChoice?.type === "tool") losses.field("toolChoice");
  if (toolChoice?.type === "none") return [];
  const functions = tools.flatMap((tool) => {
    if (tool.type === "function") return [tool];
    losses.at("tool", isJsonObject(tool.raw) ? (textOf(tool.raw, "type") ?? "type") : "type");
    return [];
  });
  const named = functions.filter(({ name }) => toolChoice?.type === "tool" && name === toolChoice.name);
  return (named.length > 0 ? named : functions).map((tool) => encodeTool(tool, losses));
}

function encodeTool(tool: FunctionTool, losses: Losses): JsonObject {
  losses.extra("tool", tool.extra);
  if (tool.strict === true) losses.at("tool", "strict");
  const { name, description } = tool;
  return {
    type: "function",
    function: { name, ...defined({ description }), parameters: argumentsSchema(tool) },
  };
}

function encodeFormat({ responseFormat }: ChatRequest): JsonObject {
  if (responseFormat === undefined || responseFormat.type === "text") return {};
  const schema = responseFormat.type === "json-schema" ? responseFormat.schema : undefined;
  return { format: isJsonObject(schema) ? schema : "json" };
}

/** Releases of before 2026 refuse a level for any other model, later ones take it for yes (ollama, server/routes.go). "max" is too new to be sent. */
const KNOWS_LEVELS = /gpt-oss/;
const THINK_BY_EFFORT: Readonly<Record<ReasoningEffort, false | string>> = {
  none: false,
  minimal: "low",
  low: "low",
  medium: "medium",
  high: "high",
  xhigh: "high",
};

/** A model that cannot think refuses to be asked for it, so silence stays silence. */
function encodeThink({ reasoning }: ChatRequest, model: string): JsonObject {
  if (reasoning?.effort !== undefined) {
    const level = THINK_BY_EFFORT[reasoning.effort];
    return { think: KNOWS_LEVELS.test(model) ? level : level !== false };
  }
  return reasoning?.budgetTokens === undefined ? {} : { think: reasoning.budgetTokens > 0 };
}

function encodeLogprobs({ logprobs, topLogprobs }: SamplingParams): JsonObject {
  if (logprobs !== true) return {};
  return { logprobs: true, ...defined({ top_logprobs: topLogprobs }) };
}

function encodeOptions(sampling: SamplingParams, losses: Losses): JsonObject {
  if (sampling.choices !== undefined && sampling.choices !== 1) losses.field("choices");
  if (sampling.parallelToolCalls === false) losses.field("parallelToolCalls");
  return defined({
    num_predict: sampling.maxOutputTokens,
    temperature: sampling.temperature,
    top_p: sampling.topP,
    top_k: sampling.topK,
    frequency_penalty: sampling.frequencyPenalty,
    presence_penalty: sampling.presencePenalty,
    seed: sampling.seed,
    stop: sampling.stop === undefined || sampling.stop.length === 0 ? undefined : sampling.stop,
  });
}
