import type { ChatRequest, FunctionTool, ToolDefinition } from "@headrace/core/canonical/chat";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { textOf } from "../../json/read.ts";
import { argumentsSchema } from "../../translation/freeform-tool.ts";
import type { Losses } from "../../translation/losses.ts";
import { grammarWords } from "./freeform.ts";

/** Every tool is a function or a custom tool of the client's, or one of the provider's own (API reference, `tools`). */
export function encodeTools({ tools, wire }: ChatRequest, losses: Losses): readonly JsonObject[] {
  const sameWire = wire === "openai-responses";
  return tools.flatMap((tool) => {
    if (tool.type === "provider") return encodeProviderTool(tool, losses);
    losses.cacheMark("tool", tool.cache);
    if (tool.freeform === true) return [encodeCustom(tool, sameWire, losses)];
    if (!sameWire) losses.extra("tool", tool.extra);
    return [{ ...(sameWire ? tool.extra : {}), ...encodeFunction(tool) }];
  });
}

function encodeProviderTool(
  { wire, raw }: Extract<ToolDefinition, { type: "provider" }>,
  losses: Losses,
): readonly JsonObject[] {
  if (wire === "openai-responses" && isJsonObject(raw)) return [raw];
  losses.at("tool", (isJsonObject(raw) ? textOf(raw, "type") : undefined) ?? "type");
  return [];
}

/** On this wire a function without the word is strict, which not every schema can be. */
function encodeFunction(tool: FunctionTool): JsonObject {
  return {
    type: "function",
    name: tool.name,
    ...(tool.description === undefined ? {} : { description: tool.description }),
    parameters: argumentsSchema(tool),
    strict: tool.strict ?? false,
  };
}

/** Both of OpenAI's wires have these tools, with a grammar in `format`; there it is one level deeper. */
function encodeCustom(tool: FunctionTool, sameWire: boolean, losses: Losses): JsonObject {
  const { format, ...others } = tool.extra;
  if (!sameWire) losses.extra("tool", others);
  const description = withoutSuffix(tool.description ?? "", grammarWords(format).trimStart()).trimEnd();
  return {
    ...(sameWire ? others : {}),
    type: "custom",
    name: tool.name,
    ...(description === "" ? {} : { description }),
    ...(isJsonObject(format) ? { format: flatFormat(format) } : {}),
  };
}

function flatFormat(format: JsonObject): JsonObject {
  const { grammar, ...others } = format;
  return isJsonObject(grammar) ? { ...others, ...grammar } : format;
}

/** The grammar was told in words for other wires; here it stands by itself. */
function withoutSuffix(text: string, suffix: string): string {
  return suffix !== "" && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
}

export function encodeToolChoice({ toolChoice, tools }: ChatRequest): JsonObject {
  if (toolChoice === undefined) return {};
  if (toolChoice.type !== "tool") return { tool_choice: toolChoice.type };
  const { name } = toolChoice;
  return { tool_choice: { type: freeformNames(tools).has(name) ? "custom" : "function", name } };
}

/** Tools whose calls are written with plain text. */
export function freeformNames(tools: readonly ToolDefinition[]): ReadonlySet<string> {
  return new Set(
    tools.flatMap((tool) => (tool.type === "function" && tool.freeform === true ? [tool.name] : [])),
  );
}
