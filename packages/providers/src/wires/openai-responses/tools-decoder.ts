import type { FunctionTool, ToolChoice, ToolDefinition } from "@headrace/core/canonical/chat";
import type { ExtraFields } from "@headrace/core/canonical/chat-parts";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { demandList, demandObject, demandOneOf, demandText, optional } from "../../json/demand.ts";
import { defined, extraOf, flagOf, textOf } from "../../json/read.ts";
import type { ToolNaming } from "./call-facts.ts";
import { grammarWords } from "./freeform.ts";

const FUNCTION_FIELDS = new Set(["type", "name", "description", "parameters", "strict"]);
const CUSTOM_FIELDS = new Set(["type", "name", "description"]);

/** The request's tools, and those among them whose calls the client wants in a form of their own. */
export interface DecodedTools {
  readonly tools: readonly ToolDefinition[];
  readonly naming: readonly ToolNaming[];
}

/** @throws GatewayError `missing_field`, `invalid_field` */
export function decodeTools(body: JsonObject): DecodedTools {
  const tools: ToolDefinition[] = [];
  const naming: ToolNaming[] = [];
  for (const [position, value] of (optional(body.tools, "tools", demandList) ?? []).entries())
    readTool(value, `tools[${position}]`, { tools, naming });
  return { tools, naming };
}

interface Found {
  readonly tools: ToolDefinition[];
  readonly naming: ToolNaming[];
}

function readTool(value: unknown, path: string, found: Found): void {
  const tool = demandObject(value, path);
  const type = demandText(tool.type, `${path}.type`);
  if (type === "namespace") readNamespace(tool, path, found);
  else if (!readOwnTool(tool, { path, namespace: null }, found))
    found.tools.push({ type: "provider", wire: "openai-responses", raw: tool });
}

/** Other wires have no groups of tools, so each goes by the name of its group and its own. */
function readNamespace(tool: JsonObject, path: string, found: Found): void {
  const namespace = demandText(tool.name, `${path}.name`);
  for (const [position, value] of demandList(tool.tools, `${path}.tools`).entries()) {
    const toolPath = `${path}.tools[${position}]`;
    const member = demandObject(value, toolPath);
    demandText(member.type, `${toolPath}.type`);
    if (!readOwnTool(member, { path: toolPath, namespace }, found))
      found.tools.push({ type: "provider", wire: "openai-responses", raw: member });
  }
}

/** @returns false for a tool that the provider runs itself */
function readOwnTool(
  tool: JsonObject,
  { path, namespace }: { path: string; namespace: string | null },
  found: Found,
): boolean {
  if (tool.type !== "function" && tool.type !== "custom") return false;
  const clientName = demandText(tool.name, `${path}.name`);
  const name = flatName(clientName, namespace);
  const freeform = tool.type === "custom";
  found.tools.push(freeform ? readCustom(tool, name) : readFunction(tool, name));
  if (freeform || namespace !== null) found.naming.push({ name, clientName, namespace, freeform });
  return true;
}

/** How a tool of a namespace is called where there are none. */
export function flatName(name: string, namespace: string | null | undefined): string {
  return namespace === null || namespace === undefined ? name : `${namespace}__${name}`;
}

/**
 * `strict` is the default on this wire, for schemas that bear it; without the word other providers are not asked for what
 * some of them refuse.
 */
function readFunction(tool: JsonObject, name: string): FunctionTool {
  return {
    type: "function",
    name,
    ...defined({ description: textOf(tool, "description"), strict: flagOf(tool, "strict") }),
    parameters: tool.parameters ?? undefined,
    extra: extraOf(tool, FUNCTION_FIELDS),
  };
}

function readCustom(tool: JsonObject, name: string): FunctionTool {
  const description = (textOf(tool, "description") ?? "") + grammarWords(tool.format);
  const isPlain = isJsonObject(tool.format) && tool.format.type === "text";
  return {
    type: "function",
    name,
    ...(description === "" ? {} : { description: description.trimStart() }),
    parameters: undefined,
    freeform: true,
    extra: extraOf(tool, isPlain ? new Set([...CUSTOM_FIELDS, "format"]) : CUSTOM_FIELDS),
  };
}

const CHOICE_WORDS = ["auto", "none", "required"] as const;
const ALLOWED_MODES = ["auto", "required"] as const;

/** What a request says of which tools may or must be called. */
export interface DecodedChoice {
  readonly toolChoice?: ToolChoice;
  /** Only these of the tools. */
  readonly tools: readonly ToolDefinition[];
  /** A choice that only this wire knows. */
  readonly extra: ExtraFields;
}

/** @throws GatewayError `missing_field`, `invalid_field` */
export function decodeToolChoice(value: unknown, { tools }: DecodedTools): DecodedChoice {
  if (value === undefined || value === null) return { tools, extra: {} };
  if (!isJsonObject(value))
    return {
      toolChoice: { type: demandOneOf(value, "tool_choice", CHOICE_WORDS) },
      tools,
      extra: {},
    };
  const type = demandText(value.type, "tool_choice.type");
  if (type === "function" || type === "custom") {
    const name = flatName(demandText(value.name, "tool_choice.name"), textOf(value, "namespace"));
    return { toolChoice: { type: "tool", name }, tools, extra: {} };
  }
  if (type !== "allowed_tools") return { tools, extra: { tool_choice: value } };
  const mode = demandOneOf(value.mode, "tool_choice.mode", ALLOWED_MODES);
  const allowed = demandList(value.tools, "tool_choice.tools").filter(isJsonObject);
  return {
    toolChoice: { type: mode },
    tools: tools.filter((tool) => allowed.some((one) => isNamed(one, tool))),
    extra: {},
  };
}

function isNamed(allowed: JsonObject, tool: ToolDefinition): boolean {
  if (tool.type === "function")
    return flatName(textOf(allowed, "name") ?? "", textOf(allowed, "namespace")) === tool.name;
  const raw = isJsonObject(tool.raw) ? tool.raw : {};
  return allowed.type === raw.type && allowed.server_label === raw.server_label;
}
