import type {
  ChatRequest,
  FunctionTool,
  ReasoningEffort,
  ReasoningParams,
  ResponseFormat,
  SamplingParams,
  ToolChoice,
  ToolDefinition,
} from "@headrace/core/canonical/chat";
import type { ExtraFields } from "@headrace/core/canonical/chat-parts";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import {
  demandFlag,
  demandList,
  demandNumber,
  demandObject,
  demandOneOf,
  demandText,
  optional,
} from "../../json/demand.ts";
import { defined, extraOf, flagOf, numberOf, textOf } from "../../json/read.ts";
import { readCacheMark } from "./media.ts";
import { decodeConversation } from "./message-decoder.ts";

const REQUEST_FIELDS = new Set([
  "model",
  "messages",
  "system",
  "max_tokens",
  "stream",
  "temperature",
  "top_p",
  "top_k",
  "stop_sequences",
  "tools",
  "tool_choice",
  "thinking",
  "output_config",
  "output_format",
  "cache_control",
]);
const TOOL_FIELDS = new Set(["type", "name", "description", "input_schema", "strict", "cache_control"]);
const OUTPUT_CONFIG_FIELDS = new Set(["effort", "format"]);

/**
 * Reads a request (Anthropic API reference, "Messages").
 *
 * @throws GatewayError `missing_field`, `invalid_field`
 */
export function decodeAnthropicRequest(body: JsonObject): ChatRequest {
  const outputConfig = optional(body.output_config, "output_config", demandObject) ?? {};
  const toolChoice = optional(body.tool_choice, "tool_choice", demandObject);
  return {
    wire: "anthropic-messages",
    model: demandText(body.model, "model"),
    messages: decodeConversation(body),
    tools: (optional(body.tools, "tools", demandList) ?? []).map(readTool),
    ...(toolChoice === undefined ? {} : { toolChoice: readToolChoice(toolChoice) }),
    ...readFormat(outputConfig.format ?? body.output_format),
    ...readReasoning(body, outputConfig),
    sampling: readSampling(body, toolChoice),
    stream: optional(body.stream, "stream", demandFlag) ?? false,
    includeUsage: true,
    extra: readExtra(body, outputConfig),
  };
}

function readExtra(body: JsonObject, outputConfig: JsonObject): ExtraFields {
  const extra = extraOf(body, REQUEST_FIELDS);
  const further = extraOf(outputConfig, OUTPUT_CONFIG_FIELDS);
  return Object.keys(further).length === 0 ? extra : { ...extra, output_config: further };
}

function readTool(value: unknown, position: number): ToolDefinition {
  const path = `tools[${position}]`;
  const tool = demandObject(value, path);
  const type = textOf(tool, "type");
  // The provider's own tools have a type with a date, such as `web_search_20250305`.
  if (type !== undefined && type !== "custom")
    return { type: "provider", wire: "anthropic-messages", raw: tool };
  const read: FunctionTool = {
    type: "function",
    name: demandText(tool.name, `${path}.name`),
    ...defined({ description: textOf(tool, "description"), strict: flagOf(tool, "strict") }),
    parameters: tool.input_schema ?? undefined,
    ...readCacheMark(tool),
    extra: extraOf(tool, TOOL_FIELDS),
  };
  return read;
}

const CHOICE_TYPES = ["auto", "any", "tool", "none"] as const;

function readToolChoice(choice: JsonObject): ToolChoice {
  const type = demandOneOf(choice.type, "tool_choice.type", CHOICE_TYPES);
  if (type === "tool") return { type, name: demandText(choice.name, "tool_choice.name") };
  return { type: type === "any" ? "required" : type };
}

/** `output_format` is the beta's name of the same. */
function readFormat(value: unknown): { readonly responseFormat?: ResponseFormat } {
  if (!isJsonObject(value) || value.type !== "json_schema") return {};
  return { responseFormat: { type: "json-schema", name: "answer", schema: value.schema, strict: true } };
}

const EFFORTS: ReadonlyMap<string, ReasoningEffort> = new Map<string, ReasoningEffort>([
  ["low", "low"],
  ["medium", "medium"],
  ["high", "high"],
  ["xhigh", "xhigh"],
  ["max", "xhigh"],
]);

function readReasoning(body: JsonObject, outputConfig: JsonObject): { readonly reasoning?: ReasoningParams } {
  const thinking = optional(body.thinking, "thinking", demandObject);
  const effort = EFFORTS.get(textOf(outputConfig, "effort") ?? "");
  if (thinking === undefined) return effort === undefined ? {} : { reasoning: { effort } };
  const type = demandText(thinking.type, "thinking.type");
  if (type === "disabled") return { reasoning: { effort: "none" } };
  if (type === "between_tools") return { reasoning: { effort: "minimal" } };
  return {
    reasoning: {
      ...defined({ effort, budgetTokens: numberOf(thinking, "budget_tokens") }),
      show: textOf(thinking, "display") !== "omitted",
    },
  };
}

function readSampling(body: JsonObject, toolChoice: JsonObject | undefined): SamplingParams {
  const stop = optional(body.stop_sequences, "stop_sequences", demandList);
  const serial = toolChoice === undefined ? undefined : flagOf(toolChoice, "disable_parallel_tool_use");
  return defined({
    maxOutputTokens: optional(body.max_tokens, "max_tokens", demandNumber),
    temperature: optional(body.temperature, "temperature", demandNumber),
    topP: optional(body.top_p, "top_p", demandNumber),
    topK: optional(body.top_k, "top_k", demandNumber),
    stop: stop?.map((text, position) => demandText(text, `stop_sequences[${position}]`)),
    parallelToolCalls: serial === undefined ? undefined : !serial,
  });
}
