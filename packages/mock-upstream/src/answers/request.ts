/** A tool offered by a chat request. */
export interface OfferedTool {
  readonly name: string;
  /** JSON Schema of the arguments, as sent. */
  readonly parameters: unknown;
}

/** What the mock needs to know of a chat or completion request. */
export interface GenerationRequest {
  readonly model: string;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly choices: number;
  /** `max_completion_tokens` or `max_tokens`. */
  readonly maxTokens: number | undefined;
  /** Tools that the answer calls; empty for a text answer. */
  readonly tools: readonly OfferedTool[];
  readonly parallelTools: boolean;
  /** Schema of a JSON answer; `true` for any object, undefined for text. */
  readonly jsonSchema: unknown;
  readonly userText: string;
}

/** A request that OpenAI would refuse. */
export interface RequestProblem {
  readonly message: string;
  readonly param: string | null;
  readonly code: string | null;
}

/** A JSON object of any content. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a JSON value is an object. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Parses a body into an object, or says what OpenAI says. */
export function parseBody(body: Buffer): JsonObject | RequestProblem {
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch {
    value = undefined;
  }
  if (isJsonObject(value)) return value;
  return {
    message: "We could not parse the JSON body of your request. The API expects a JSON object.",
    param: null,
    code: null,
  };
}

/** Whether parsing gave a problem instead of a value. */
export function isProblem(value: object): value is RequestProblem {
  return Object.hasOwn(value, "message") && Object.hasOwn(value, "param") && Object.hasOwn(value, "code");
}

/** Reads a chat request. */
export function readChat(body: JsonObject): GenerationRequest | RequestProblem {
  if (!Array.isArray(body.messages)) return missing("messages");
  const messages = body.messages.filter(isJsonObject);
  const answersTool = messages.at(-1)?.role === "tool";
  return readGeneration(body, {
    tools: answersTool ? [] : readTools(body),
    jsonSchema: readJsonSchema(body.response_format),
    userText: textOf(messages.findLast((message) => message.role === "user")?.content),
  });
}

/** Reads a legacy completion request. */
export function readCompletion(body: JsonObject): GenerationRequest | RequestProblem {
  const prompt = body.prompt;
  if (prompt === undefined) return missing("prompt");
  const userText = typeof prompt === "string" ? prompt : "";
  return readGeneration(body, { tools: [], jsonSchema: undefined, userText });
}

function readGeneration(
  body: JsonObject,
  rest: Pick<GenerationRequest, "tools" | "jsonSchema" | "userText">,
): GenerationRequest | RequestProblem {
  const model = body.model;
  if (typeof model !== "string" || model === "") return missing("model");
  const streamOptions = body.stream_options;
  const choices = body.n;
  const maxTokens = body.max_completion_tokens ?? body.max_tokens;
  return {
    model,
    stream: body.stream === true,
    includeUsage: isJsonObject(streamOptions) && streamOptions.include_usage === true,
    choices: typeof choices === "number" && choices >= 1 ? Math.min(128, Math.floor(choices)) : 1,
    maxTokens: typeof maxTokens === "number" ? maxTokens : undefined,
    parallelTools: body.parallel_tool_calls !== false,
    ...rest,
  };
}

/** The problem of an absent parameter, in OpenAI's words. */
export function missing(param: string): RequestProblem {
  if (param === "model") return { message: "you must provide a model parameter", param: null, code: null };
  return { message: `Missing required parameter: '${param}'.`, param, code: "missing_required_parameter" };
}

function readTools(body: JsonObject): OfferedTool[] {
  const choice = body.tool_choice;
  if (!Array.isArray(body.tools) || choice === "none") return [];
  const tools: OfferedTool[] = [];
  for (const tool of body.tools.filter(isJsonObject)) {
    const definition = tool.function;
    if (!isJsonObject(definition) || typeof definition.name !== "string") continue;
    tools.push({ name: definition.name, parameters: definition.parameters });
  }
  const named = isJsonObject(choice) && isJsonObject(choice.function) ? choice.function.name : undefined;
  return named === undefined ? tools : tools.filter((tool) => tool.name === named);
}

function readJsonSchema(format: unknown): unknown {
  if (!isJsonObject(format)) return undefined;
  if (format.type === "json_object") return true;
  const definition = format.json_schema;
  return format.type === "json_schema" && isJsonObject(definition) ? definition.schema : undefined;
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .filter(isJsonObject)
    .map((part) => (typeof part.text === "string" ? part.text : ""))
    .join("");
}
