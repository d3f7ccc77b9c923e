import type { Call } from "../contract.ts";
import { BARE_REQUEST, type GenerationRequest, type OfferedTool } from "../generation.ts";
import { isJsonObject, type JsonObject, objectsOf, textOf } from "../json.ts";
import { type Refusal, refuse } from "../refusal.ts";
import { functionTools, toolMessageRounds } from "./shared-tools.ts";
import { chatProblem } from "./validation.ts";

/** Reads a chat request. */
export function readChat({ body, behaviour }: Call): GenerationRequest | Refusal {
  if (!Array.isArray(body.messages)) return missing("messages");
  const messages = objectsOf(body.messages);
  const problem = chatProblem(messages, behaviour);
  if (problem !== undefined) return problem;
  return readGeneration(body, {
    tools: readTools(body),
    toolRounds: toolMessageRounds(messages),
    jsonSchema: readJsonSchema(body.response_format),
    userText: textOf(messages.findLast((message) => message.role === "user")?.content),
  });
}

/** Reads a legacy completion request. */
export function readCompletion({ body }: Call): GenerationRequest | Refusal {
  const prompt = body.prompt;
  if (prompt === undefined) return missing("prompt");
  return readGeneration(body, { userText: typeof prompt === "string" ? prompt : "" });
}

function readGeneration(body: JsonObject, rest: Partial<GenerationRequest>): GenerationRequest | Refusal {
  const model = body.model;
  if (typeof model !== "string" || model === "") return missing("model");
  const streamOptions = isJsonObject(body.stream_options) ? body.stream_options : undefined;
  const choices = body.n;
  const maxTokens = body.max_completion_tokens ?? body.max_tokens;
  return {
    ...BARE_REQUEST,
    model,
    stream: body.stream === true,
    includeUsage: streamOptions?.include_usage === true,
    choices: typeof choices === "number" && choices >= 1 ? Math.min(128, Math.floor(choices)) : 1,
    maxTokens: typeof maxTokens === "number" ? maxTokens : undefined,
    parallelTools: body.parallel_tool_calls !== false,
    variant: streamOptions?.continuous_usage_stats === true ? "continuous-usage" : "",
    ...rest,
  };
}

/** The refusal of an absent parameter, in OpenAI's words. */
export function missing(param: string): Refusal {
  if (param === "model") return refuse("you must provide a model parameter", { code: null });
  return refuse(`Missing required parameter: '${param}'.`, { param, code: "missing_required_parameter" });
}

function readTools(body: JsonObject): OfferedTool[] {
  const choice = body.tool_choice;
  if (choice === "none") return [];
  const tools = functionTools(body.tools);
  const named = isJsonObject(choice) && isJsonObject(choice.function) ? choice.function.name : undefined;
  return named === undefined ? tools : tools.filter((tool) => tool.name === named);
}

function readJsonSchema(format: unknown): unknown {
  if (!isJsonObject(format)) return undefined;
  if (format.type === "json_object") return true;
  const definition = format.json_schema;
  return format.type === "json_schema" && isJsonObject(definition) ? definition.schema : undefined;
}
