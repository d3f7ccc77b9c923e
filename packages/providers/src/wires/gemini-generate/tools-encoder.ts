import type { FunctionTool, ToolChoice } from "@headrace/core/canonical/chat";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { defined, textOf } from "../../json/read.ts";
import type { JsonAnswerTool } from "../../translation/json-answer-tool.ts";
import type { EncodeContext } from "./contents-encoder.ts";
import { toGeminiSchema } from "./schema.ts";

export interface EncodedTools {
  /** Undefined for none. */
  readonly tools: readonly JsonObject[] | undefined;
  readonly toolConfig: JsonObject;
}

/** A tool that takes plain text, as a function. */
const FREEFORM_SCHEMA = { type: "object", properties: { input: { type: "string" } }, required: ["input"] };

/** @param answerTool - a function that the answer shall be given by, or null */
export function encodeTools(context: EncodeContext, answerTool: JsonAnswerTool | null): EncodedTools {
  const { request, losses } = context;
  const declarations: JsonObject[] = [];
  const builtIn: JsonObject[] = [];
  let isStrict = false;
  for (const tool of request.tools) {
    if (tool.type === "function") {
      declarations.push(encodeFunction(tool, context));
      isStrict ||= tool.strict === true;
    } else if (tool.wire === "gemini-generate" && isJsonObject(tool.raw)) {
      builtIn.push(tool.raw);
    } else {
      losses.at("tool", isJsonObject(tool.raw) ? (textOf(tool.raw, "type") ?? "type") : "type");
    }
  }
  if (answerTool !== null) declarations.push(encodeAnswerTool(answerTool));
  const functions = declarations.length === 0 ? [] : [{ functionDeclarations: declarations }];
  const tools = [...builtIn, ...functions];
  if (tools.length === 0) return { tools: undefined, toolConfig: {} };
  const calling =
    answerTool === null
      ? callingConfig(request.toolChoice, isStrict)
      : boundTo(answerTool, request.toolChoice);
  return { tools, toolConfig: calling === null ? {} : { functionCallingConfig: calling } };
}

function encodeFunction(tool: FunctionTool, { request, losses }: EncodeContext): JsonObject {
  if (request.wire !== "gemini-generate") losses.extra("tool", tool.extra);
  const schema = tool.freeform === true ? FREEFORM_SCHEMA : tool.parameters;
  return defined({
    ...(request.wire === "gemini-generate" ? tool.extra : {}),
    name: tool.name,
    description: tool.description,
    parametersJsonSchema: isJsonObject(schema) ? toGeminiSchema(schema) : undefined,
  });
}

function encodeAnswerTool({ name, description, schema }: JsonAnswerTool): JsonObject {
  return { name, description, parametersJsonSchema: toGeminiSchema(schema) };
}

/**
 * ANY holds to the schemas by itself, AUTO does not: the mode that lets the model choose and yet holds it to them is
 * VALIDATED (Gemini API, "Function calling", "Function calling modes").
 */
function callingConfig(choice: ToolChoice | undefined, isStrict: boolean): JsonObject | null {
  switch (choice?.type) {
    case "none":
      return { mode: "NONE" };
    case "required":
      return { mode: "ANY" };
    case "tool":
      return { mode: "ANY", allowedFunctionNames: [choice.name] };
    case "auto":
      return { mode: isStrict ? "VALIDATED" : "AUTO" };
    default:
      return isStrict ? { mode: "VALIDATED" } : null;
  }
}

/** It calls one of the client's functions, or answers by the one that is meant for it. */
function boundTo({ name }: JsonAnswerTool, choice: ToolChoice | undefined): JsonObject {
  if (choice?.type === "tool") return { mode: "ANY", allowedFunctionNames: [choice.name] };
  return choice?.type === "none" ? { mode: "ANY", allowedFunctionNames: [name] } : { mode: "ANY" };
}
