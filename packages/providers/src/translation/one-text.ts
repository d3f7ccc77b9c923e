import type { Endpoint } from "@headrace/core/endpoints";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";

/**
 * Whether a request asks for one answer in plain text, of which nothing is lost when another model writes its end: no
 * choices, probabilities, sound, pictures or JSON, and no tools that run at the provider. Calls of the client's own
 * functions may follow the text. Wires that are not here are never gone on with.
 */
export function asksForOneText(endpoint: Endpoint, body: JsonObject): boolean {
  return ASK_FOR_ONE_TEXT[endpoint]?.(body) === true;
}

const ASK_FOR_ONE_TEXT: Readonly<Partial<Record<Endpoint, (body: JsonObject) => boolean>>> = {
  chat: (body) =>
    isOne(body.n) &&
    isOff(body.logprobs) &&
    isOff(body.audio) &&
    isOff(body.web_search_options) &&
    isAbsentOr(body.modalities, onlyText) &&
    isAbsentOr(body.response_format, (format) => isJsonObject(format) && format.type === "text") &&
    allTools(body.tools, ({ type }) => type === "function"),
  messages: (body) =>
    isOff(body.mcp_servers) &&
    isOff(body.container) &&
    isOff(body.output_format) &&
    isAbsentOr(body.output_config, (config) => isJsonObject(config) && isOff(config.format)) &&
    allTools(body.tools, ({ type }) => type === undefined || type === null || type === "custom"),
  "generate-content": (body) =>
    isAbsentOr(body.generationConfig ?? body.generation_config, (config) => {
      return (
        isJsonObject(config) &&
        Object.keys(config).every((name) => !OTHER_OUTPUT.has(name) || isText(config, name))
      );
    }) && allTools(body.tools, (tool) => Object.keys(tool).every((name) => FUNCTIONS.has(name))),
  converse: (body) =>
    isOff(body.guardrailConfig) &&
    isOff(body.outputConfig) &&
    isAbsentOr(body.toolConfig, (config) => {
      return (
        isJsonObject(config) &&
        allTools(config.tools, (tool) => Object.keys(tool).every((name) => CONVERSE_TOOLS.has(name)))
      );
    }),
};

/** Fields of Gemini's configuration that can make an answer something else than one text. */
const OTHER_OUTPUT: ReadonlySet<string> = new Set(
  ["candidateCount", "responseMimeType", "responseModalities", "responseLogprobs", "responseSchema"]
    .concat("responseJsonSchema", "speechConfig", "imageConfig")
    .flatMap((name) => [name, name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)]),
);
const FUNCTIONS: ReadonlySet<string> = new Set(["functionDeclarations", "function_declarations"]);
const CONVERSE_TOOLS: ReadonlySet<string> = new Set(["toolSpec", "cachePoint"]);

function isText(config: JsonObject, name: string): boolean {
  const value = config[name];
  return isOff(value) || value === 1 || value === "text/plain" || onlyText(value);
}

function isOne(value: unknown): boolean {
  return value === undefined || value === null || value === 1;
}

function isOff(value: unknown): boolean {
  return value === undefined || value === null || value === false;
}

function isAbsentOr(value: unknown, holds: (value: unknown) => boolean): boolean {
  return value === undefined || value === null || holds(value);
}

function onlyText(value: unknown): boolean {
  return (
    Array.isArray(value) && value.every((item) => typeof item === "string" && item.toLowerCase() === "text")
  );
}

function allTools(tools: unknown, holds: (tool: JsonObject) => boolean): boolean {
  return isAbsentOr(
    tools,
    (list) => Array.isArray(list) && list.every((tool) => isJsonObject(tool) && holds(tool)),
  );
}
