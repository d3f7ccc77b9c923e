import type { ToolChoice, ToolDefinition } from "@headrace/core/canonical/chat";
import { type ExtraFields, NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import type { JsonObject } from "@headrace/core/json-object";
import { camelFields } from "../../google/field-names.ts";
import { demandList, demandObject, demandText, optional } from "../../json/demand.ts";
import { defined, extraOf } from "../../json/read.ts";
import { fromOpenApiSchema } from "./schema.ts";

const DECLARATION_FIELDS: ReadonlySet<string> = new Set([
  "name",
  "description",
  "parameters",
  "parametersJsonSchema",
]);
const CALLING_FIELDS: ReadonlySet<string> = new Set(["mode", "allowedFunctionNames"]);
const CONFIG_FIELDS: ReadonlySet<string> = new Set(["functionCallingConfig"]);

/** Gemini API reference, "Caching", `FunctionCallingConfig`; VALIDATED differs from AUTO in how strict calls are. */
const CHOICE_BY_MODE: ReadonlyMap<string, ToolChoice> = new Map([
  ["AUTO", { type: "auto" }],
  ["VALIDATED", { type: "auto" }],
  ["ANY", { type: "required" }],
  ["NONE", { type: "none" }],
]);

/** @throws GatewayError `missing_field`, `invalid_field` */
export function decodeTools(raw: unknown): readonly ToolDefinition[] {
  const tools = optional(raw, "tools", demandList) ?? [];
  return tools.flatMap((tool, index) =>
    decodeTool(camelFields(demandObject(tool, `tools[${index}]`)), `tools[${index}]`),
  );
}

function decodeTool(tool: JsonObject, path: string): readonly ToolDefinition[] {
  const { functionDeclarations, ...builtIn } = tool;
  const at = `${path}.functionDeclarations`;
  const declared = (optional(functionDeclarations, at, demandList) ?? []).map((raw, index) =>
    decodeDeclaration(raw, `${at}[${index}]`),
  );
  if (Object.keys(builtIn).length === 0) return declared;
  return [...declared, { type: "provider", wire: "gemini-generate", raw: builtIn }];
}

function decodeDeclaration(raw: unknown, path: string): ToolDefinition {
  const declaration = camelFields(demandObject(raw, path));
  const { parametersJsonSchema, parameters } = declaration;
  return {
    type: "function",
    name: demandText(declaration.name, `${path}.name`),
    ...defined({ description: optional(declaration.description, `${path}.description`, demandText) }),
    parameters: parametersJsonSchema ?? fromOpenApiSchema(parameters ?? undefined),
    extra: extraOf(declaration, DECLARATION_FIELDS),
  };
}

/** @throws GatewayError `invalid_field` */
export function decodeToolConfig(raw: unknown): { toolChoice: ToolChoice | undefined; extra: ExtraFields } {
  if (raw === undefined || raw === null) return { toolChoice: undefined, extra: NO_EXTRA };
  const config = camelFields(demandObject(raw, "toolConfig"));
  const path = "toolConfig.functionCallingConfig";
  const calling = camelFields(optional(config.functionCallingConfig, path, demandObject) ?? {});
  const mode = optional(calling.mode, `${path}.mode`, demandText)?.toUpperCase();
  const names = optional(calling.allowedFunctionNames, `${path}.allowedFunctionNames`, demandList) ?? [];
  const [name, ...others] = names.map((text, index) =>
    demandText(text, `${path}.allowedFunctionNames[${index}]`),
  );
  const isOne = mode === "ANY" && name !== undefined && others.length === 0;
  const left: [string, unknown][] = [
    ...Object.entries(extraOf(config, CONFIG_FIELDS)).map(at("toolConfig")),
    ...Object.entries(extraOf(calling, CALLING_FIELDS)).map(at(path)),
  ];
  // Only one function can be named elsewhere.
  if (!isOne && names.length > 0) left.push([`${path}.allowedFunctionNames`, names]);
  return {
    toolChoice: isOne ? { type: "tool", name } : CHOICE_BY_MODE.get(mode ?? ""),
    extra: left.length === 0 ? NO_EXTRA : Object.fromEntries(left),
  };
}

function at(prefix: string): (entry: [string, unknown]) => [string, unknown] {
  return ([name, value]) => [`${prefix}.${name}`, value];
}
