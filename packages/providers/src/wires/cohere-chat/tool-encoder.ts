import type { ChatRequest, FunctionTool } from "@headrace/core/canonical/chat";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { textOf } from "../../json/read.ts";
import { argumentsSchema } from "../../translation/freeform-tool.ts";
import { jsonAnswerTool } from "../../translation/json-answer-tool.ts";
import type { Losses } from "../../translation/losses.ts";

/** The members of a request that say what tools there are and what the answer is to look like. */
export function encodeTools(request: ChatRequest, losses: Losses): JsonObject {
  const offered = offeredTools(request, losses);
  const answer = jsonAnswerTool(request.responseFormat);
  const { toolChoice } = request;
  // A call that the client itself forces leaves no room for an answer, and beside tools the API takes no format.
  const answerByTool = answer !== null && offered.length > 0 && toolChoice?.type !== "tool";
  const tools = [
    ...offered.map((tool) => writeTool(tool.name, tool.description, argumentsSchema(tool))),
    ...(answerByTool ? [writeTool(answer.name, answer.description, answer.schema)] : []),
  ];
  const choice = answerByTool ? "REQUIRED" : CHOICES[toolChoice?.type ?? "auto"];
  return {
    ...(tools.length === 0 ? {} : { tools }),
    ...(tools.length === 0 || choice === null ? {} : { tool_choice: choice }),
    ...(isStrict(offered, losses) ? { strict_tools: true } : {}),
    ...(tools.length === 0 ? encodeFormat(request) : {}),
  };
}

/** Cohere API reference, "Chat", `tool_choice`; silence leaves it to the model. */
const CHOICES = { auto: null, none: "NONE", required: "REQUIRED", tool: "REQUIRED" } as const;

/**
 * One tool cannot be asked for by its name, so it is the only one that is offered. And where none may be called but JSON is
 * asked for, none is, because the format would not go beside them.
 */
function offeredTools({ tools, toolChoice, responseFormat }: ChatRequest, losses: Losses): FunctionTool[] {
  const wantsJson = (responseFormat?.type ?? "text") !== "text";
  if (toolChoice?.type === "none" && wantsJson) return [];
  const functions = tools.flatMap((tool) => {
    if (tool.type === "function") {
      losses.extra("tool", tool.extra);
      return [tool];
    }
    losses.at("tool", isJsonObject(tool.raw) ? (textOf(tool.raw, "type") ?? "type") : "type");
    return [];
  });
  if (toolChoice?.type !== "tool") return functions;
  const named = functions.filter(({ name }) => name === toolChoice.name);
  if (named.length > 0) return named;
  losses.field("toolChoice");
  return functions;
}

function writeTool(name: string, description: string | undefined, parameters: JsonObject): JsonObject {
  return {
    type: "function",
    function: { name, ...(description === undefined ? {} : { description }), parameters },
  };
}

/**
 * It is of all tools or none, and each has to demand at least one argument (Cohere, "Structured Outputs", "Tools").
 */
function isStrict(tools: readonly FunctionTool[], losses: Losses): boolean {
  const asked = tools.filter(({ strict }) => strict === true);
  if (asked.length === 0) return false;
  const all = asked.length === tools.length && tools.every(demandsArguments);
  if (!all) losses.at("tool", "strict");
  return all;
}

function demandsArguments(tool: FunctionTool): boolean {
  const { required } = argumentsSchema(tool);
  return Array.isArray(required) && required.length > 0;
}

function encodeFormat({ responseFormat }: ChatRequest): JsonObject {
  if (responseFormat === undefined || responseFormat.type === "text") return {};
  const schema = responseFormat.type === "json-schema" ? responseFormat.schema : undefined;
  return {
    response_format: { type: "json_object", ...(isJsonObject(schema) ? { json_schema: schema } : {}) },
  };
}
