import type {
  ChatRequest,
  FunctionTool,
  ReasoningParams,
  ResponseFormat,
  SamplingParams,
  ToolChoice,
  ToolDefinition,
} from "@headrace/core/canonical/chat";
import type { JsonObject } from "@headrace/core/json-object";
import {
  demandFlag,
  demandList,
  demandNumber,
  demandObject,
  demandOneOf,
  demandText,
  optional,
} from "../../json/demand.ts";
import { countOf, defined, extraOf, textOf } from "../../json/read.ts";
import { decodeMessages } from "./message-decoder.ts";

const REQUEST_FIELDS: ReadonlySet<string> = new Set([
  ...["model", "messages", "stream", "tools", "tool_choice", "strict_tools", "response_format", "thinking"],
  ...["max_tokens", "temperature", "p", "k", "frequency_penalty", "presence_penalty", "seed"],
  ...["stop_sequences", "logprobs"],
]);
const FUNCTION_FIELDS: ReadonlySet<string> = new Set(["name", "description", "parameters"]);

/**
 * Reads a request (Cohere API reference, "Chat").
 *
 * @throws GatewayError `missing_field`, `invalid_field`
 */
export function decodeCohereRequest(body: JsonObject): ChatRequest {
  const strict = optional(body.strict_tools, "strict_tools", demandFlag);
  const tools = optional(body.tools, "tools", demandList) ?? [];
  return {
    wire: "cohere-chat",
    model: demandText(body.model, "model"),
    messages: decodeMessages(body.messages),
    tools: tools.map((tool, position) => readTool(tool, `tools[${position}]`, strict)),
    ...defined({
      toolChoice: optional(body.tool_choice, "tool_choice", readToolChoice),
      responseFormat: readFormat(optional(body.response_format, "response_format", demandObject)),
      reasoning: readReasoning(optional(body.thinking, "thinking", demandObject)),
    }),
    sampling: readSampling(body),
    stream: optional(body.stream, "stream", demandFlag) ?? false,
    // Nobody has to ask on this wire.
    includeUsage: true,
    extra: extraOf(body, REQUEST_FIELDS),
  };
}

function readTool(raw: unknown, path: string, strict: boolean | undefined): ToolDefinition {
  const tool = demandObject(raw, path);
  const type = optional(tool.type, `${path}.type`, demandText) ?? "function";
  if (type !== "function") return { type: "provider", wire: "cohere-chat", raw: tool };
  const definition = demandObject(tool.function, `${path}.function`);
  const read: FunctionTool = {
    type,
    name: demandText(definition.name, `${path}.function.name`),
    ...defined({ description: textOf(definition, "description"), strict }),
    parameters: definition.parameters ?? undefined,
    extra: extraOf(definition, FUNCTION_FIELDS),
  };
  return read;
}

function readToolChoice(value: unknown, path: string): ToolChoice {
  return { type: demandOneOf(value, path, ["REQUIRED", "NONE"]) === "NONE" ? "none" : "required" };
}

function readFormat(format: JsonObject | undefined): ResponseFormat | undefined {
  if (format === undefined) return undefined;
  const type = demandOneOf(format.type, "response_format.type", ["text", "json_object"]);
  if (type === "text") return { type };
  const schema = format.json_schema ?? format.schema ?? undefined;
  if (schema === undefined) return { type: "json-object" };
  return { type: "json-schema", name: "answer", schema, strict: true };
}

/** Its thinking is always shown, and has no bound but the one that is given. */
function readReasoning(thinking: JsonObject | undefined): ReasoningParams | undefined {
  if (thinking === undefined) return undefined;
  const type = demandOneOf(thinking.type, "thinking.type", ["enabled", "disabled"]);
  if (type === "disabled") return { effort: "none" };
  const budgetTokens = countOf(thinking, "token_budget");
  return { ...(budgetTokens === undefined ? { effort: "high" } : { budgetTokens }), show: true };
}

function readSampling(body: JsonObject): SamplingParams {
  const number = (name: string) => optional(body[name], name, demandNumber);
  const stop = optional(body.stop_sequences, "stop_sequences", demandList);
  return defined({
    maxOutputTokens: number("max_tokens"),
    temperature: number("temperature"),
    topP: number("p"),
    // Cohere's way to say that there is no bound, which others refuse.
    topK: number("k") || undefined,
    frequencyPenalty: number("frequency_penalty"),
    presencePenalty: number("presence_penalty"),
    seed: number("seed"),
    stop: stop?.map((text, position) => demandText(text, `stop_sequences[${position}]`)),
    logprobs: optional(body.logprobs, "logprobs", demandFlag),
  });
}
