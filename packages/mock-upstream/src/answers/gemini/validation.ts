import type { Call } from "../contract.ts";
import { isJsonObject, type JsonObject, objectOf, objectsOf } from "../json.ts";
import { type Refusal, refuse } from "../refusal.ts";
import { member } from "./member.ts";
import { signaturesProblem } from "./signatures.ts";

const MAX_NAME = /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/;
/** Keywords of JSON Schema that `parameters` has no field for; `parametersJsonSchema` takes them. */
const UNKNOWN_KEYWORDS: readonly string[] = [
  "$schema",
  "$ref",
  "$defs",
  "$id",
  "additionalProperties",
  "allOf",
  "oneOf",
  "const",
  "not",
  "patternProperties",
];

/** What Gemini refuses about a request to generate content, in its words as its users quote them. */
export function contentProblem({ body, behaviour }: Call): Refusal | undefined {
  const contents = objectsOf(body.contents);
  const sentence =
    (contents.length === 0 ? "* GenerateContentRequest.contents: contents is not specified\n" : undefined) ??
    declarationsProblem(body) ??
    contentsProblem(contents) ??
    turnsProblem(contents) ??
    (behaviour.requireSignatures ? signaturesProblem(contents) : undefined);
  return sentence === undefined ? undefined : refuse(sentence);
}

function declarationsProblem(body: JsonObject): string | undefined {
  for (const [at, tool] of objectsOf(body.tools).entries()) {
    for (const [index, declaration] of objectsOf(member(tool, "functionDeclarations")).entries()) {
      const { name, parameters } = declaration;
      const place = `tools[${at}].function_declarations[${index}]`;
      if (typeof name !== "string" || !MAX_NAME.test(name)) {
        return `* GenerateContentRequest.${place}.name: [Invalid function name. Must start with a letter or an underscore. Must be alphameric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 128.]\n`;
      }
      const unknown = unknownKeyword(parameters, `${place}.parameters`);
      if (unknown !== undefined) return unknown;
    }
  }
  return undefined;
}

/** The first keyword of a schema that Google's own form of schemas lacks. */
function unknownKeyword(schema: unknown, place: string): string | undefined {
  if (!isJsonObject(schema)) return undefined;
  const keyword = UNKNOWN_KEYWORDS.find((name) => Object.hasOwn(schema, name));
  if (keyword !== undefined) {
    return `Invalid JSON payload received. Unknown name "${keyword}" at '${place}': Cannot find field.`;
  }
  for (const [at, property] of Object.values(objectOf(schema.properties)).entries()) {
    const found = unknownKeyword(property, `${place}.properties[${at}].value`);
    if (found !== undefined) return found;
  }
  return unknownKeyword(schema.items, `${place}.items`);
}

function contentsProblem(contents: readonly JsonObject[]): string | undefined {
  for (const [index, { role, parts }] of contents.entries()) {
    const place = `* GenerateContentRequest.contents[${index}]`;
    if (role !== undefined && !["user", "model", "function"].includes(String(role))) {
      return "Please use a valid role: user, model.";
    }
    const list = objectsOf(parts);
    if (list.length === 0) return `${place}.parts: contents.parts must not be empty.\n`;
    for (const [at, part] of list.entries()) {
      const sentence = partProblem(part, `${place}.parts[${at}]`);
      if (sentence !== undefined) return sentence;
    }
  }
  return undefined;
}

const DATA_MEMBERS: readonly string[] = [
  "text",
  "inlineData",
  "fileData",
  "functionCall",
  "functionResponse",
  "executableCode",
  "codeExecutionResult",
];

function partProblem(part: JsonObject, place: string): string | undefined {
  if (!DATA_MEMBERS.some((name) => member(part, name) !== undefined)) {
    return `${place}.data: required oneof field 'data' must have one initialized field\n`;
  }
  const call = member(part, "functionCall");
  if (isJsonObject(call)) {
    if (typeof call.name !== "string" || call.name === "")
      return `${place}.function_call.name: Name cannot be empty.\n`;
    if (call.args !== undefined && !isJsonObject(call.args))
      return notAStruct(place, "function_call.args", call.args);
  }
  const response = member(part, "functionResponse");
  if (!isJsonObject(response)) return undefined;
  if (typeof response.name !== "string" || response.name === "") {
    return `${place}.function_response.name: Name cannot be empty.\n`;
  }
  return isJsonObject(response.response)
    ? undefined
    : notAStruct(place, "function_response.response", response.response);
}

function notAStruct(place: string, field: string, value: unknown): string {
  const path = place.replace("* GenerateContentRequest.", "");
  return `Invalid value at '${path}.${field}' (type.googleapis.com/google.protobuf.Struct), ${JSON.stringify(value)}`;
}

/** Calls follow a turn of the user, and as many responses as calls follow them. */
function turnsProblem(contents: readonly JsonObject[]): string | undefined {
  for (const [index, content] of contents.entries()) {
    const calls = countOf(content, "functionCall");
    const responses = countOf(content, "functionResponse");
    if (calls > 0) {
      if (index === 0 || contents[index - 1]?.role === "model") {
        return "Please ensure that function call turn comes immediately after a user turn or after a function response turn.";
      }
      const next = contents[index + 1];
      if (next !== undefined && countOf(next, "functionResponse") !== calls) {
        return "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.";
      }
    }
    const called = contents[index - 1];
    if (responses > 0 && (called === undefined || countOf(called, "functionCall") === 0)) {
      return "Please ensure that function response turn comes immediately after a function call turn.";
    }
  }
  return undefined;
}

function countOf(content: JsonObject, kind: string): number {
  return objectsOf(content.parts).filter((part) => member(part, kind) !== undefined).length;
}
