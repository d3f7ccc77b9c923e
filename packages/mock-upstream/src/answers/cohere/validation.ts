import { isJsonObject, type JsonObject, objectsOf } from "../json.ts";
import { type Refusal, refuse } from "../refusal.ts";

const ROLES: ReadonlySet<unknown> = new Set(["user", "assistant", "system", "tool"]);

/** What Cohere refuses about a request to `/v2/chat`. */
export function cohereProblem(body: JsonObject): Refusal | undefined {
  const sentence = sentenceFor(body);
  return sentence === undefined ? undefined : refuse(`invalid request: ${sentence}`);
}

function sentenceFor(body: JsonObject): string | undefined {
  if (typeof body.model !== "string" || body.model === "") return "model is required";
  const messages = objectsOf(body.messages);
  if (messages.length === 0) return "messages must not be empty";
  let called: unknown[] = [];
  for (const [index, message] of messages.entries()) {
    const place = `messages[${index}]`;
    if (!ROLES.has(message.role)) return `${place}: unknown role '${String(message.role)}'`;
    if (message.role === "tool" && !called.includes(message.tool_call_id)) {
      return `${place}: no tool call has the id '${String(message.tool_call_id)}'`;
    }
    if (message.role !== "assistant") continue;
    const calls = objectsOf(message.tool_calls);
    called = calls.map((call) => call.id);
    const wrong = calls.find((call) => !hasTextArguments(call));
    if (wrong !== undefined) return `${place}: tool call arguments must be a JSON string`;
  }
  return undefined;
}

function hasTextArguments(call: JsonObject): boolean {
  return isJsonObject(call.function) && typeof call.function.arguments === "string";
}
