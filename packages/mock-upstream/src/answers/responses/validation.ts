import type { MockBehaviour } from "../../behaviour/fields.ts";
import { type JsonObject, numberOf, objectsOf, stringOf } from "../json.ts";
import { missing } from "../openai/request.ts";
import { Refusal, refuse } from "../refusal.ts";
import { isIssued } from "../signature.ts";
import type { StoredResponses } from "./stored.ts";

/** Under what the encrypted content of reasoning is issued. */
export const REASONING_SIGNER = "responses";

/** Parameters of chat completions with the name that they have here. */
const MOVED: Readonly<Record<string, string>> = {
  messages: "input",
  max_tokens: "max_output_tokens",
  max_completion_tokens: "max_output_tokens",
  response_format: "text.format",
  reasoning_effort: "reasoning.effort",
};
const MIN_OUTPUT_TOKENS = 16;
/** With what the ids of items begin, by their type. */
const ID_PREFIXES: Readonly<Record<string, string>> = {
  message: "msg",
  function_call: "fc",
  reasoning: "rs",
  custom_tool_call: "ctc",
};
const OUTPUT_OF: Readonly<Record<string, string>> = {
  function_call: "function_call_output",
  custom_tool_call: "custom_tool_call_output",
};

/** What OpenAI refuses about a request to `/v1/responses`, in its words as its users quote them. */
export function responsesProblem(
  body: JsonObject,
  behaviour: MockBehaviour,
  stored: StoredResponses,
): Refusal | undefined {
  if (typeof body.model !== "string" || body.model === "") return missing("model");
  const items = objectsOf(body.input);
  return (
    parameterProblem(body) ??
    previousProblem(body, stored) ??
    first(items, itemProblem) ??
    pairsProblem(items, body.previous_response_id !== undefined) ??
    (behaviour.requireSignatures ? reasoningProblem(items, stored) : undefined)
  );
}

function first(
  items: readonly JsonObject[],
  rule: (item: JsonObject, index: number) => Refusal | undefined,
): Refusal | undefined {
  for (const [index, item] of items.entries()) {
    const problem = rule(item, index);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function parameterProblem(body: JsonObject): Refusal | undefined {
  const moved = Object.keys(MOVED).find((name) => Object.hasOwn(body, name));
  if (moved !== undefined) {
    const sentence = `Unsupported parameter: '${moved}'. In the Responses API, this parameter has moved to '${MOVED[moved]}'.`;
    return refuse(sentence, { param: moved, code: "unsupported_parameter" });
  }
  if (body.input === undefined && body.prompt === undefined) return missing("input");
  const maxTokens = numberOf(body.max_output_tokens);
  if (maxTokens !== undefined && maxTokens < MIN_OUTPUT_TOKENS) {
    const sentence = `Invalid 'max_output_tokens': integer below minimum value. Expected a value >= ${MIN_OUTPUT_TOKENS}, but got ${maxTokens} instead.`;
    return refuse(sentence, { param: "max_output_tokens", code: "integer_below_min_value" });
  }
  const nameless = objectsOf(body.tools).findIndex(
    (tool) => tool.type === "function" && typeof tool.name !== "string",
  );
  return nameless < 0 ? undefined : missing(`tools[${nameless}].name`);
}

function previousProblem(body: JsonObject, stored: StoredResponses): Refusal | undefined {
  const id = body.previous_response_id;
  if (typeof id !== "string" || stored.get(id) !== undefined) return undefined;
  return refuse(`Previous response with id '${id}' not found.`, {
    param: "previous_response_id",
    code: "previous_response_not_found",
  });
}

function itemProblem(item: JsonObject, index: number): Refusal | undefined {
  const place = `input[${index}]`;
  const type = stringOf(item.type) || "message";
  const prefix = ID_PREFIXES[type];
  if (typeof item.id === "string" && prefix !== undefined && !item.id.startsWith(prefix)) {
    const sentence = `Invalid '${place}.id': '${item.id}'. Expected an ID that begins with '${prefix}'.`;
    return refuse(sentence, { param: `${place}.id`, code: "invalid_value" });
  }
  if (type === "function_call" && typeof item.arguments !== "string") return missing(`${place}.arguments`);
  if (type in OUTPUT_OF && typeof item.call_id !== "string") return missing(`${place}.call_id`);
  if (type !== "message" || item.role !== "assistant") return undefined;
  const foreign = objectsOf(item.content).findIndex((part) => part.type === "input_text");
  if (foreign < 0) return undefined;
  const sentence = "Invalid value: 'input_text'. Supported values are: 'output_text' and 'refusal'.";
  return refuse(sentence, { param: `${place}.content[${foreign}]`, code: "invalid_value" });
}

/** Each call has its output and each output its call, which the previous response may hold. */
function pairsProblem(items: readonly JsonObject[], hasPrevious: boolean): Refusal | undefined {
  for (const [call, output] of Object.entries(OUTPUT_OF)) {
    const kind = call === "function_call" ? "function call" : "custom tool call";
    const called = items.filter(({ type }) => type === call).map((item) => item.call_id);
    const answered = items.filter(({ type }) => type === output).map((item) => item.call_id);
    const open = called.find((id) => !answered.includes(id));
    if (open !== undefined)
      return refuse(`No tool output found for ${kind} ${String(open)}.`, { param: "input" });
    const foreign = hasPrevious ? undefined : answered.find((id) => !called.includes(id));
    if (foreign !== undefined) {
      return refuse(`No tool call found for ${kind} output with call_id ${String(foreign)}.`, {
        param: "input",
      });
    }
  }
  return undefined;
}

/** Reasoning is what was issued or what is kept, and stands before the calls that it led to. */
function reasoningProblem(items: readonly JsonObject[], stored: StoredResponses): Refusal | undefined {
  return first(items, (item, index) => {
    if (item.type === "function_call" || item.type === "custom_tool_call") {
      const before = items.slice(0, index).findLast(({ type }) => !(stringOf(type) in OUTPUT_OF));
      const thought = before?.type === "reasoning" || before?.role === "assistant";
      if (thought) return undefined;
      const sentence = `Item '${String(item.id ?? item.call_id)}' of type '${item.type}' was provided without its required 'reasoning' item.`;
      return refuse(sentence, { param: "input" });
    }
    if (item.type !== "reasoning") return undefined;
    if (typeof item.encrypted_content === "string") {
      return isIssued(REASONING_SIGNER, item.encrypted_content)
        ? undefined
        : refuse(`The encrypted content for item ${String(item.id)} could not be verified.`, {
            code: "invalid_encrypted_content",
          });
    }
    if (stored.hasItem(item.id)) return undefined;
    const message = `Item with id '${String(item.id)}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`;
    return new Refusal({ status: 404, message, param: "input", code: null });
  });
}
