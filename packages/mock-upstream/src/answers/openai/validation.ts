import type { MockBehaviour } from "../../behaviour/fields.ts";
import { type JsonObject, objectOf, objectsOf } from "../json.ts";
import { type Refusal, refuse } from "../refusal.ts";
import { isWordRun } from "../text.ts";

/** What a vendor of this wire refuses in a conversation. */
type ConversationRule = (messages: readonly JsonObject[], behaviour: MockBehaviour) => Refusal | undefined;

const MISTRAL_TOOL_ID = /^[a-zA-Z0-9]{9}$/;

const RULES: Partial<Readonly<Record<MockBehaviour["flavour"], ConversationRule>>> = {
  openai: openAiProblem,
  azure: openAiProblem,
  mistral: mistralProblem,
  deepseek: deepseekProblem,
};

/** The refusal of a conversation that the vendor whose flavour is in force does not take. */
export function chatProblem(messages: readonly JsonObject[], behaviour: MockBehaviour): Refusal | undefined {
  return RULES[behaviour.flavour]?.(messages, behaviour);
}

const ROLES: ReadonlySet<unknown> = new Set(["system", "developer", "user", "assistant", "tool", "function"]);

/** OpenAI wants roles that it knows, arguments as text, and each result behind its call. */
function openAiProblem(messages: readonly JsonObject[]): Refusal | undefined {
  let open: unknown[] = [];
  for (const [index, message] of messages.entries()) {
    if (!ROLES.has(message.role)) {
      const sentence = `Invalid value: '${String(message.role)}'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.`;
      return refuse(sentence, { param: `messages[${index}].role`, code: "invalid_value" });
    }
    if (message.role === "tool") {
      if (!open.includes(message.tool_call_id)) return withoutCall(index);
      open = open.filter((id) => id !== message.tool_call_id);
      continue;
    }
    if (open.length > 0) return withoutResult(open);
    const calls = objectsOf(message.tool_calls);
    const wrong = calls.findIndex(
      (call) => call.type !== "custom" && typeof objectOf(call.function).arguments !== "string",
    );
    if (wrong >= 0) {
      const place = `messages[${index}].tool_calls[${wrong}].function.arguments`;
      return refuse(`Invalid type for '${place}': expected a string, but got an object instead.`, {
        param: place,
        code: "invalid_type",
      });
    }
    open = calls.map((call) => call.id);
  }
  return open.length > 0 ? withoutResult(open) : undefined;
}

function withoutCall(index: number): Refusal {
  const sentence =
    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.";
  return refuse(sentence, { param: `messages.[${index}].role`, code: null });
}

function withoutResult(ids: readonly unknown[]): Refusal {
  const sentence = `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${ids.join(", ")}`;
  return refuse(sentence, { param: "messages", code: null });
}

/** Mistral takes only ids of its own form, nine letters and digits, and no answer after an answer. */
function mistralProblem(messages: readonly JsonObject[]): Refusal | undefined {
  for (const message of messages) {
    const ids = [...objectsOf(message.tool_calls).map((call) => call.id), message.tool_call_id];
    for (const id of ids) {
      if (id === undefined || (typeof id === "string" && MISTRAL_TOOL_ID.test(id))) continue;
      const sentence = `Tool call id was ${String(id)} but must be a-z, A-Z, 0-9, with a length of 9.`;
      return refuse(sentence, { type: "invalid_function_call", code: "3280" });
    }
  }
  const last = messages.at(-1);
  if (last?.role !== "assistant" || last.prefix === true) return undefined;
  return refuse(
    "Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant",
    { type: "invalid_request_message_order", code: "3230" },
  );
}

/** DeepSeek in thinking mode wants its reasoning back in the turns of a tool loop. */
function deepseekProblem(
  messages: readonly JsonObject[],
  { requireReasoningEcho }: MockBehaviour,
): Refusal | undefined {
  if (!requireReasoningEcho) return undefined;
  for (const [index, message] of messages.entries()) {
    if (message.role !== "assistant" || objectsOf(message.tool_calls).length === 0) continue;
    const reasoning = objectOf(message).reasoning_content;
    if (typeof reasoning !== "string" || reasoning === "") {
      return refuse(
        `Missing \`reasoning_content\` field in the assistant message at message index ${index}.`,
      );
    }
    if (!isWordRun(reasoning)) {
      return refuse("The `reasoning_content` in the thinking mode must be passed back to the API.");
    }
  }
  return undefined;
}
