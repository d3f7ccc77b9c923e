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
import { countOf, defined, extraOf, flagOf, objectOf, textOf } from "../../json/read.ts";
import { readCacheMark } from "./content-decoder.ts";
import { decodeMessages } from "./message-decoder.ts";

const REQUEST_FIELDS = new Set([
  "model",
  "messages",
  "stream",
  "stream_options",
  "max_tokens",
  "max_completion_tokens",
  "temperature",
  "top_p",
  "top_k",
  "frequency_penalty",
  "presence_penalty",
  "seed",
  "n",
  "stop",
  "logprobs",
  "top_logprobs",
  "parallel_tool_calls",
  "tools",
  "tool_choice",
  "functions",
  "function_call",
  "response_format",
  "reasoning_effort",
  "reasoning",
  "thinking",
]);
const TOOL_FIELDS = new Set(["type", "function", "cache_control"]);
const FUNCTION_FIELDS = new Set(["name", "description", "parameters", "strict"]);

/** What an answer's encoder must know: the tools that take plain text. */
export interface OpenAiChatEcho {
  readonly freeformTools: readonly string[];
}

/**
 * Reads a request (OpenAI API reference, "Create chat completion"), and what others have added to it: marks for the
 * prompt cache and thinking with a budget (LiteLLM), reasoning as an object (OpenRouter).
 *
 * @throws GatewayError `missing_field`, `invalid_field`
 */
export function decodeRequest(body: JsonObject): ChatRequest {
  const tools = readTools(body);
  const streamOptions = optional(body.stream_options, "stream_options", demandObject) ?? {};
  const choice = body.tool_choice ?? legacyChoice(body.function_call);
  const toolChoice = readToolChoice(choice);
  const responseFormat = readFormat(body.response_format);
  const reasoning = readReasoning(body);
  return {
    wire: "openai-chat",
    model: demandText(body.model, "model"),
    messages: decodeMessages(demandList(body.messages, "messages")),
    tools: allowedOf(tools, choice),
    ...defined({ toolChoice, responseFormat, reasoning }),
    sampling: readSampling(body),
    stream: optional(body.stream, "stream", demandFlag) ?? false,
    includeUsage: flagOf(streamOptions, "include_usage") ?? false,
    echo: { freeformTools: tools.filter(isFreeform).map(({ name }) => name) } satisfies OpenAiChatEcho,
    extra: extraOf(body, REQUEST_FIELDS),
  };
}

function readSampling(body: JsonObject): SamplingParams {
  const number = (name: string): number | undefined => optional(body[name], name, demandNumber);
  return defined({
    maxOutputTokens: number("max_completion_tokens") ?? number("max_tokens"),
    temperature: number("temperature"),
    topP: number("top_p"),
    topK: number("top_k"),
    frequencyPenalty: number("frequency_penalty"),
    presencePenalty: number("presence_penalty"),
    seed: number("seed"),
    choices: number("n"),
    stop: readStop(body.stop),
    parallelToolCalls: optional(body.parallel_tool_calls, "parallel_tool_calls", demandFlag),
    logprobs: optional(body.logprobs, "logprobs", demandFlag),
    topLogprobs: number("top_logprobs"),
  });
}

function readStop(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return [value];
  return demandList(value, "stop").map((text, i) => demandText(text, `stop[${i}]`));
}

function readTools(body: JsonObject): readonly ToolDefinition[] {
  const tools = optional(body.tools, "tools", demandList) ?? [];
  const functions = optional(body.functions, "functions", demandList) ?? [];
  return [
    ...tools.map((tool, i) => readTool(demandObject(tool, `tools[${i}]`), `tools[${i}]`)),
    ...functions.map((one, i) => readFunction(demandObject(one, `functions[${i}]`), `functions[${i}]`)),
  ];
}

function readTool(tool: JsonObject, path: string): ToolDefinition {
  const type = demandText(tool.type, `${path}.type`);
  if (type === "function") {
    const definition = demandObject(tool.function, `${path}.function`);
    const read = readFunction(definition, `${path}.function`);
    return { ...read, ...readCacheMark(tool), extra: { ...read.extra, ...extraOf(tool, TOOL_FIELDS) } };
  }
  if (type === "custom") return readCustom(demandObject(tool.custom, `${path}.custom`), `${path}.custom`);
  return { type: "provider", wire: "openai-chat", raw: tool };
}

function readFunction(definition: JsonObject, path: string): FunctionTool {
  return {
    type: "function",
    name: demandText(definition.name, `${path}.name`),
    ...defined({ description: textOf(definition, "description"), strict: flagOf(definition, "strict") }),
    parameters: definition.parameters ?? undefined,
    extra: extraOf(definition, FUNCTION_FIELDS),
  };
}

/** A tool of plain text. Its grammar cannot be enforced elsewhere, so that the model at least reads of it. */
function readCustom(definition: JsonObject, path: string): FunctionTool {
  const description = textOf(definition, "description");
  const format = objectOf(definition, "format");
  const grammar = format === undefined ? undefined : objectOf(format, "grammar");
  const rule =
    grammar === undefined ? undefined : `The input must match this grammar: ${JSON.stringify(grammar)}`;
  const words = [description, rule].filter((text) => text !== undefined).join("\n\n");
  return {
    type: "function",
    name: demandText(definition.name, `${path}.name`),
    ...(words === "" ? {} : { description: words }),
    parameters: undefined,
    freeform: true,
    extra: {},
  };
}

function isFreeform(tool: ToolDefinition): tool is FunctionTool {
  return tool.type === "function" && tool.freeform === true;
}

function legacyChoice(value: unknown): unknown {
  return isJsonObject(value) ? { type: "function", function: value } : value;
}

const CHOICES = ["auto", "none", "required"] as const;
const ALLOWED_MODES = ["auto", "required"] as const;

function readToolChoice(value: unknown): ToolChoice | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isJsonObject(value)) return { type: demandOneOf(value, "tool_choice", CHOICES) };
  if (value.type === "allowed_tools") {
    const allowed = demandObject(value.allowed_tools, "tool_choice.allowed_tools");
    return { type: demandOneOf(allowed.mode, "tool_choice.allowed_tools.mode", ALLOWED_MODES) };
  }
  return { type: "tool", name: demandText(namedIn(value), "tool_choice.function.name") };
}

/** A tool that may not be called is not offered: no other wire can say so of some. */
function allowedOf(tools: readonly ToolDefinition[], choice: unknown): readonly ToolDefinition[] {
  if (!isJsonObject(choice) || choice.type !== "allowed_tools") return tools;
  const allowed = demandObject(choice.allowed_tools, "tool_choice.allowed_tools");
  const named = demandList(allowed.tools, "tool_choice.allowed_tools.tools").filter(isJsonObject);
  const names = new Set(named.map(namedIn));
  const types = new Set(named.map(({ type }) => type));
  return tools.filter((tool) =>
    tool.type === "function" ? names.has(tool.name) : isJsonObject(tool.raw) && types.has(tool.raw.type),
  );
}

function namedIn(reference: JsonObject): unknown {
  return (objectOf(reference, "function") ?? objectOf(reference, "custom"))?.name;
}

const FORMATS = ["text", "json_object", "json_schema"] as const;

function readFormat(value: unknown): ResponseFormat | undefined {
  const format = optional(value, "response_format", demandObject);
  if (format === undefined) return undefined;
  const type = demandOneOf(format.type, "response_format.type", FORMATS);
  if (type === "text") return { type };
  if (type === "json_object") return { type: "json-object" };
  const definition = demandObject(format.json_schema, "response_format.json_schema");
  return {
    type: "json-schema",
    name: textOf(definition, "name") ?? "answer",
    ...defined({ description: textOf(definition, "description"), strict: flagOf(definition, "strict") }),
    schema: definition.schema ?? {},
  };
}

const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh"] as const;

function readReasoning(body: JsonObject): ReasoningParams | undefined {
  const object = optional(body.reasoning, "reasoning", demandObject) ?? {};
  const thinking = optional(body.thinking, "thinking", demandObject);
  const named = body.reasoning_effort ?? object.effort;
  const effort: ReasoningEffort | undefined = optional(named, "reasoning_effort", (value, path) =>
    demandOneOf(value, path, EFFORTS),
  );
  if (thinking !== undefined) return readThinking(thinking, effort);
  const excluded = flagOf(object, "exclude");
  const read: ReasoningParams = defined({
    effort: flagOf(object, "enabled") === false ? "none" : effort,
    budgetTokens: countOf(object, "max_tokens"),
    show: excluded === undefined ? undefined : !excluded,
  });
  return Object.keys(read).length === 0 ? undefined : read;
}

function readThinking(thinking: JsonObject, effort: ReasoningEffort | undefined): ReasoningParams {
  if (textOf(thinking, "type") === "disabled") return { effort: "none" };
  return defined({ effort, budgetTokens: countOf(thinking, "budget_tokens"), show: true });
}
