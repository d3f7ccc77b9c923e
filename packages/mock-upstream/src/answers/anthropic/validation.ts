import type { Call } from "../contract.ts";
import { isJsonObject, type JsonObject, numberOf, objectOf, objectsOf } from "../json.ts";
import { type Refusal, refuse } from "../refusal.ts";
import { historyProblem } from "./history.ts";

/**
 * What Anthropic refuses about a request to `/v1/messages`, in its words as its users quote them. A hosted request, on
 * Vertex or Bedrock, says its version in the body and its model in the URL.
 */
export function messagesProblem(call: Call, door: "direct" | "hosted"): Refusal | undefined {
  const { body, behaviour } = call;
  const sentence =
    versionProblem(call, door) ??
    foreignField(body) ??
    requiredField(
      body,
      door === "direct" ? ["model", "max_tokens", "messages"] : ["max_tokens", "messages"],
    ) ??
    parameterProblem(body) ??
    toolsProblem(body) ??
    cacheMarksProblem(body) ??
    historyProblem(objectsOf(body.messages), behaviour.requireSignatures);
  return sentence === undefined ? undefined : refuse(sentence);
}

/** What Anthropic refuses about a request to `/v1/messages/count_tokens`. */
export function countTokensProblem(call: Call): Refusal | undefined {
  const sentence = versionProblem(call, "direct") ?? requiredField(call.body, ["model", "messages"]);
  return sentence === undefined ? undefined : refuse(sentence);
}

/** Parameters of OpenAI's API that a careless translation sends on. */
const FOREIGN_FIELDS: readonly string[] = [
  "stream_options",
  "n",
  "stop",
  "seed",
  "user",
  "logprobs",
  "logit_bias",
  "response_format",
  "reasoning_effort",
  "presence_penalty",
  "frequency_penalty",
  "parallel_tool_calls",
  "max_completion_tokens",
];
const TOOL_NAME = /^[a-zA-Z0-9_-]{1,128}$/;
const MIN_THINKING_TOKENS = 1_024;
const MAX_CACHE_MARKS = 4;

function versionProblem({ body, target }: Call, door: "direct" | "hosted"): string | undefined {
  if (door === "hosted") {
    if (body.model !== undefined) return "model: Extra inputs are not permitted";
    return typeof body.anthropic_version === "string" ? undefined : "anthropic_version: Field required";
  }
  return target.headers["anthropic-version"] === undefined
    ? "anthropic-version: header is required"
    : undefined;
}

function foreignField(body: JsonObject): string | undefined {
  const name = FOREIGN_FIELDS.find((field) => Object.hasOwn(body, field));
  return name === undefined ? undefined : `${name}: Extra inputs are not permitted`;
}

function requiredField(body: JsonObject, names: readonly string[]): string | undefined {
  const name = names.find((field) => body[field] === undefined);
  if (name !== undefined) return `${name}: Field required`;
  if (!Array.isArray(body.messages)) return "messages: Input should be a valid list";
  return body.messages.length === 0 ? "messages: at least one message is required" : undefined;
}

function parameterProblem(body: JsonObject): string | undefined {
  const { temperature, top_p: topP } = body;
  const maxTokens = numberOf(body.max_tokens);
  if (maxTokens === undefined) return "max_tokens: Input should be a valid integer";
  if (maxTokens < 1) return "max_tokens: Input should be greater than or equal to 1";
  if (typeof temperature === "number" && (temperature < 0 || temperature > 1))
    return "temperature: range: 0..1";
  const thinking = objectOf(body.thinking);
  if (thinking.type !== "enabled") return undefined;
  const budget = numberOf(thinking.budget_tokens);
  if (budget === undefined) return "thinking.enabled.budget_tokens: Field required";
  if (budget < MIN_THINKING_TOKENS) {
    return `thinking.enabled.budget_tokens: Input should be greater than or equal to ${MIN_THINKING_TOKENS}`;
  }
  if (maxTokens <= budget) return "`max_tokens` must be greater than `thinking.budget_tokens`.";
  if (typeof temperature === "number" && temperature !== 1) {
    return "`temperature` may only be set to 1 when thinking is enabled.";
  }
  if (typeof topP === "number" && topP < 0.95) {
    return "`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled.";
  }
  const forced = ["any", "tool"].includes(String(objectOf(body.tool_choice).type));
  return forced ? "Thinking may not be enabled when tool_choice forces tool use." : undefined;
}

function toolsProblem(body: JsonObject): string | undefined {
  const tools = objectsOf(body.tools);
  if (body.tool_choice !== undefined && tools.length === 0) {
    return "tool_choice: tools must be provided when tool_choice is set";
  }
  for (const [index, tool] of tools.entries()) {
    // Tools of the provider's own have a type and no schema.
    if (typeof tool.type === "string" && tool.type !== "custom") continue;
    const place = `tools.${index}.custom`;
    if (typeof tool.name !== "string") return `${place}.name: Field required`;
    if (!TOOL_NAME.test(tool.name)) {
      return `${place}.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`;
    }
    if (!isJsonObject(tool.input_schema)) return `${place}.input_schema: Field required`;
    if (tool.input_schema.type !== "object") return `${place}.input_schema.type: Input should be 'object'`;
  }
  const names = tools.map((tool) => tool.name);
  return new Set(names).size < names.length ? "tools: Tool names must be unique." : undefined;
}

function cacheMarksProblem(body: JsonObject): string | undefined {
  const blocks = [
    ...objectsOf(body.tools),
    ...objectsOf(body.system),
    ...objectsOf(body.messages).flatMap((message) => objectsOf(message.content)),
  ];
  const marks = blocks.filter((block) => isJsonObject(block.cache_control)).length;
  if (objectsOf(body.system).some((block) => block.type === "text" && block.text === "")) {
    return "system: text content blocks must be non-empty";
  }
  return marks > MAX_CACHE_MARKS
    ? `A maximum of ${MAX_CACHE_MARKS} blocks with cache_control may be provided. Found ${marks}.`
    : undefined;
}
