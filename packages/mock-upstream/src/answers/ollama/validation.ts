import { isJsonObject, type JsonObject, objectsOf } from "../json.ts";
import { type Refusal, refuse } from "../refusal.ts";

/** What Ollama refuses about a request to `/api/chat`: Go's decoder says it where a type is wrong. */
export function ollamaProblem(body: JsonObject): Refusal | undefined {
  const sentence = sentenceFor(body);
  return sentence === undefined ? undefined : refuse(sentence);
}

function sentenceFor(body: JsonObject): string | undefined {
  if (typeof body.model !== "string" || body.model === "") return "model is required";
  for (const message of objectsOf(body.messages)) {
    const { content } = message;
    if (content !== undefined && content !== null && typeof content !== "string") {
      return `json: cannot unmarshal ${kindOf(content)} into Go struct field ChatRequest.messages.content of type string`;
    }
    for (const call of objectsOf(message.tool_calls)) {
      const args = isJsonObject(call.function) ? call.function.arguments : undefined;
      if (isJsonObject(args)) continue;
      return `json: cannot unmarshal ${kindOf(args)} into Go struct field ToolCallFunction.messages.tool_calls.function.arguments of type api.ToolCallFunctionArguments`;
    }
  }
  return undefined;
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? "array" : typeof value;
}
