import type { ChatRequest, FunctionTool, ToolChoice, ToolDefinition } from "@headrace/core/canonical/chat";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { defined, textOf } from "../../json/read.ts";
import { argumentsSchema } from "../../translation/freeform-tool.ts";
import { encodeCacheMark } from "./cache-marks.ts";
import type { OpenAiChatDialect } from "./dialect.ts";
import type { EncodeScope } from "./request-encoder.ts";

/** The members of a request that say what tools there are and which may be called. */
export function encodeTools(scope: EncodeScope): JsonObject {
  const { dialect, losses } = scope;
  const { tools, toolChoice, sampling }: ChatRequest = scope.request;
  const { none, required } = dialect.toolChoice;
  // Where it cannot be said that none may be called, none is offered.
  if (toolChoice?.type === "none" && none === null) return {};
  const written = tools.flatMap((tool) => encodeTool(tool, scope));
  if (written.length === 0) return {};
  if (dialect.refused.includes("tools")) {
    losses.at("tool", "function");
    return {};
  }
  const choice = toolChoice === undefined ? null : encodeChoice(toolChoice, dialect);
  const forced = toolChoice?.type === "required" || toolChoice?.type === "tool";
  if (choice === null && forced) losses.field("toolChoice");
  const { parallelToolCalls } = sampling;
  const saysParallel = parallelToolCalls !== undefined && !dialect.refused.includes("parallel_tool_calls");
  if (parallelToolCalls === false && !saysParallel) losses.field("parallelToolCalls");
  return {
    tools: written,
    // A certain tool that cannot be named can at least not be left out.
    ...(choice === null
      ? forced && required !== null
        ? { tool_choice: required }
        : {}
      : { tool_choice: choice }),
    ...(saysParallel ? { parallel_tool_calls: parallelToolCalls } : {}),
  };
}

function encodeChoice(choice: ToolChoice, { toolChoice }: OpenAiChatDialect): unknown {
  switch (choice.type) {
    case "tool":
      return toolChoice.named ? { type: "function", function: { name: choice.name } } : null;
    case "auto":
      return "auto";
    case "none":
      return toolChoice.none;
    case "required":
      return toolChoice.required;
  }
}

function encodeTool(
  tool: ToolDefinition,
  { request, dialect, cacheMarks, losses }: EncodeScope,
): readonly JsonObject[] {
  const sameWire = request.wire === "openai-chat";
  if (tool.type === "provider") {
    if (sameWire && tool.wire === "openai-chat" && isJsonObject(tool.raw)) return [tool.raw];
    losses.at("tool", isJsonObject(tool.raw) ? (textOf(tool.raw, "type") ?? "type") : "type");
    return [];
  }
  if (!sameWire) losses.extra("tool", tool.extra);
  if (tool.strict === true && !dialect.strictTools) losses.at("tool", "strict");
  return [
    {
      type: "function",
      function: encodeFunction(tool, dialect),
      ...(sameWire ? tool.extra : {}),
      ...encodeCacheMark(tool.cache, cacheMarks),
    },
  ];
}

function encodeFunction(tool: FunctionTool, { strictTools }: OpenAiChatDialect): JsonObject {
  const { name, description, strict } = tool;
  return {
    name,
    ...defined({ description }),
    parameters: argumentsSchema(tool),
    ...(strictTools ? defined({ strict }) : {}),
  };
}
