import { type CarriedState, unpackToolCallId } from "@headrace/core/canonical/carried-state";
import type { AssistantMessage, AssistantPart, ChatMessage } from "@headrace/core/canonical/chat";
import type { ThinkingPart, ToolCallPart, ToolResultPart } from "@headrace/core/canonical/chat-parts";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import type { JsonObject } from "@headrace/core/json-object";
import { demandList, demandObject, demandOneOf, demandText, optional } from "../../json/demand.ts";
import { defined, extraOf, objectOf, textOf } from "../../json/read.ts";
import {
  assertResultPart,
  decodeContent,
  decodeText,
  decodeTextContent,
  readCacheMark,
} from "./content-decoder.ts";
import { readReasoningDetails, readReasoningText, thinkingPart } from "./reasoning-details.ts";

const ROLES = ["system", "developer", "user", "assistant", "tool", "function"] as const;
const PLAIN_FIELDS = new Set(["role", "content", "cache_control"]);
const ASSISTANT_FIELDS = new Set([
  "role",
  "content",
  "refusal",
  "tool_calls",
  "function_call",
  "reasoning_content",
  "reasoning",
  "reasoning_details",
  "thinking_blocks",
  "annotations",
  "cache_control",
]);
const TOOL_FIELDS = new Set(["role", "content", "tool_call_id", "name", "cache_control"]);
const CALL_FIELDS = new Set(["id", "type", "function", "custom", "index"]);

/** Reads a conversation; results of tools that follow each other become one message. */
export function decodeMessages(messages: readonly unknown[]): readonly ChatMessage[] {
  const decoded: ChatMessage[] = [];
  const callNames = new Map<string, string>();
  messages.forEach((value, i) => {
    const path = `messages[${i}]`;
    const message = decodeMessage(demandObject(value, path), { path, callNames });
    const last = decoded.at(-1);
    if (message.role === "assistant") noteCalls(message, callNames);
    if (message.role === "tool" && last?.role === "tool")
      decoded[decoded.length - 1] = { ...last, parts: [...last.parts, ...message.parts] };
    else decoded.push(message);
  });
  return decoded;
}

interface Scope {
  readonly path: string;
  /** Names of the tools called so far, by call. */
  readonly callNames: ReadonlyMap<string, string>;
}

function decodeMessage(message: JsonObject, scope: Scope): ChatMessage {
  const { path } = scope;
  const role = demandOneOf(message.role, `${path}.role`, ROLES);
  switch (role) {
    case "system":
    case "developer": {
      const parts = decodeTextContent(message.content, `${path}.content`);
      return { role, parts: markLast(parts, message), extra: extraOf(message, PLAIN_FIELDS) };
    }
    case "user": {
      const parts = decodeContent(message.content, `${path}.content`);
      return { role, parts: markLast(parts, message), extra: extraOf(message, PLAIN_FIELDS) };
    }
    case "assistant":
      return decodeAssistant(message, path);
    default:
      return { role: "tool", parts: [decodeResult(message, scope)], extra: NO_EXTRA };
  }
}

/** A mark on the message itself, as LiteLLM allows, is one on its last part. */
function markLast<P extends { readonly type: string }>(
  parts: readonly P[],
  message: JsonObject,
): readonly P[] {
  const { cache } = readCacheMark(message);
  const last = parts.at(-1);
  if (cache === undefined || last === undefined || last.type === "opaque" || last.type === "audio")
    return parts;
  return [...parts.slice(0, -1), { ...last, cache }];
}

function decodeResult(message: JsonObject, { path, callNames }: Scope): ToolResultPart {
  // The legacy role has a name and no id.
  const packed =
    message.role === "function"
      ? legacyCallId(demandText(message.name, `${path}.name`))
      : demandText(message.tool_call_id, `${path}.tool_call_id`);
  const { id } = unpackToolCallId(packed);
  const parts = decodeContent(message.content, `${path}.content`).map((part, i) =>
    assertResultPart(part, `${path}.content[${i}]`),
  );
  return {
    type: "tool-result",
    callId: id,
    ...defined({ name: textOf(message, "name") ?? callNames.get(id) }),
    parts,
    isError: false,
    ...readCacheMark(message),
    extra: extraOf(message, TOOL_FIELDS),
  };
}

function decodeAssistant(message: JsonObject, path: string): AssistantMessage {
  const details = readReasoningDetails(message);
  const calls = decodeCalls(message, path);
  const carried = calls.flatMap(({ state }) => state.thinking ?? []).map(thinkingPart);
  const thinking: readonly ThinkingPart[] =
    details?.parts ?? (carried.length > 0 ? carried : readReasoningText(message));
  const callParts = calls.map(({ part }) => {
    const signature = part.signature ?? details?.callSignatures.get(part.id);
    return signature === undefined ? part : { ...part, signature };
  });
  const parts = [...thinking, ...decodeSaid(message, path), ...callParts];
  return { role: "assistant", parts, extra: extraOf(message, ASSISTANT_FIELDS) };
}

function decodeSaid(message: JsonObject, path: string): readonly AssistantPart[] {
  const { content } = message;
  const refusal = textOf(message, "refusal");
  const refused: AssistantPart[] = refusal === undefined ? [] : [{ type: "refusal", text: refusal }];
  if (!Array.isArray(content)) return [...decodeTextContent(content, `${path}.content`), ...refused];
  return [
    ...content.map((value: unknown, i): AssistantPart => {
      const partPath = `${path}.content[${i}]`;
      const part = demandObject(value, partPath);
      if (part.type === "refusal")
        return { type: "refusal", text: demandText(part.refusal, `${partPath}.refusal`) };
      if (part.type === "text") return decodeText(part, partPath);
      return { type: "opaque", wire: "openai-chat", raw: part };
    }),
    ...refused,
  ];
}

interface DecodedCall {
  readonly part: ToolCallPart;
  readonly state: CarriedState;
}

function decodeCalls(message: JsonObject, path: string): readonly DecodedCall[] {
  const calls = optional(message.tool_calls, `${path}.tool_calls`, demandList) ?? [];
  const legacy = objectOf(message, "function_call");
  return [
    ...calls.map((call, i) =>
      decodeCall(demandObject(call, `${path}.tool_calls[${i}]`), `${path}.tool_calls[${i}]`),
    ),
    ...(legacy === undefined ? [] : [decodeLegacyCall(legacy, `${path}.function_call`)]),
  ];
}

function decodeCall(call: JsonObject, path: string): DecodedCall {
  const { id, state } = unpackToolCallId(demandText(call.id, `${path}.id`));
  const custom = objectOf(call, "custom");
  const called = custom ?? demandObject(call.function, `${path}.function`);
  const kind = custom === undefined ? "function" : "custom";
  const part: ToolCallPart = {
    type: "tool-call",
    id,
    name: demandText(called.name, `${path}.${kind}.name`),
    argumentsJson:
      custom === undefined
        ? wholeArguments(called.arguments)
        : JSON.stringify({ input: textOf(custom, "input") ?? "" }),
    ...defined({ signature: state.signature }),
    extra: extraOf(call, CALL_FIELDS),
  };
  return { part, state };
}

function decodeLegacyCall(call: JsonObject, path: string): DecodedCall {
  const name = demandText(call.name, `${path}.name`);
  const argumentsJson = wholeArguments(call.arguments);
  return {
    part: { type: "tool-call", id: legacyCallId(name), name, argumentsJson, extra: NO_EXTRA },
    state: {},
  };
}

/** A call without arguments has none, "" or, from clients that parse them, an object. */
function wholeArguments(value: unknown): string {
  if (typeof value === "string") return value.trim() === "" ? "{}" : value;
  return typeof value === "object" && value !== null ? JSON.stringify(value) : "{}";
}

function legacyCallId(name: string): string {
  return `call_${name}`;
}

function noteCalls({ parts }: AssistantMessage, callNames: Map<string, string>): void {
  for (const part of parts) if (part.type === "tool-call") callNames.set(part.id, part.name);
}
