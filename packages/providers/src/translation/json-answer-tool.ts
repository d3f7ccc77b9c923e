/**
 * Structured output on wires whose models do not all know it: the model is made to call a tool that has the answer's
 * schema, and what it passes to the tool is the answer's text. The tool's name tells the answer's decoder so, which
 * therefore needs to know nothing of the request.
 */
import type { ResponseFormat } from "@headrace/core/canonical/chat";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";

/** No client's tool is called so by chance. */
const NAME_PREFIX = "respond_with_json__";
/** The strictest bound on a tool's name among the wires that need this (Bedrock Converse, ToolSpecification). */
const MAX_NAME_CHARS = 64;

export interface JsonAnswerTool {
  readonly name: string;
  readonly description: string;
  readonly schema: JsonObject;
}

/** Null when plain text is wanted. */
export function jsonAnswerTool(format: ResponseFormat | undefined): JsonAnswerTool | null {
  if (format?.type === "json-object") {
    return {
      name: `${NAME_PREFIX}object`,
      description: "Give the whole answer by this call: its input is the JSON object that was asked for.",
      schema: { type: "object", properties: {}, additionalProperties: true },
    };
  }
  if (format?.type !== "json-schema") return null;
  const purpose = format.description === undefined ? "" : ` ${format.description}`;
  return {
    name:
      NAME_PREFIX + format.name.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, MAX_NAME_CHARS - NAME_PREFIX.length),
    description: `Give the whole answer by this call.${purpose}`,
    schema: isJsonObject(format.schema) ? format.schema : { type: "object" },
  };
}

export function isJsonAnswerTool(name: string): boolean {
  return name.startsWith(NAME_PREFIX);
}
