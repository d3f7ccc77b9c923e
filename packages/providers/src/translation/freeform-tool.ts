import type { FunctionTool } from "@headrace/core/canonical/chat";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";

/** What a tool that takes plain text becomes on a wire that has none such. */
const FREEFORM_INPUT: JsonObject = {
  type: "object",
  properties: { input: { type: "string" } },
  required: ["input"],
};

/** The JSON Schema of a tool's arguments, which is of an object whatever the client left out. */
export function argumentsSchema({ parameters, freeform }: FunctionTool): JsonObject {
  if (freeform === true) return FREEFORM_INPUT;
  if (!isJsonObject(parameters)) return { type: "object", properties: {} };
  return parameters.type === undefined ? { type: "object", ...parameters } : parameters;
}
