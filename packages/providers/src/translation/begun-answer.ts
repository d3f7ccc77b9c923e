import type { AssistantMessage, AssistantPart, ChatRequest } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import { isJsonObject } from "@headrace/core/json-object";
import type { Prefill } from "@headrace/core/provider-adapter";
import type { EncodedRequest } from "@headrace/core/wire/chat-codec";

/** What a client has of an answer that broke off. */
export interface BegunAnswer {
  /** Without white space at its end, which some providers refuse; "" for an answer to begin anew. */
  readonly text: string;
  /** What has been spent on it of the output that the client allows, roughly. */
  readonly outputTokens: number;
}

/** The same request, to be answered from where the answer broke off: what had to be thought has been thought. */
export function goingOn({ reasoning, ...request }: ChatRequest, begun: BegunAnswer): ChatRequest {
  const { text, outputTokens } = begun;
  const { maxOutputTokens } = request.sampling;
  if (text === "") return reasoning === undefined ? request : { ...request, reasoning };
  return {
    ...request,
    messages: withLastText(request.messages, text),
    sampling: {
      ...request.sampling,
      ...(maxOutputTokens === undefined
        ? {}
        : { maxOutputTokens: Math.max(1, maxOutputTokens - outputTokens) }),
    },
  };
}

/** A client may have begun the answer itself. */
function withLastText(messages: ChatRequest["messages"], text: string): ChatRequest["messages"] {
  const last = messages.at(-1);
  if (last?.role !== "assistant") return [...messages, assistantMessage([textPart(text)])];
  const part = last.parts.at(-1);
  const parts =
    part?.type === "text"
      ? [...last.parts.slice(0, -1), { ...part, text: part.text + text }]
      : [...last.parts, textPart(text)];
  return [...messages.slice(0, -1), { ...last, parts }];
}

function assistantMessage(parts: readonly AssistantPart[]): AssistantMessage {
  return { role: "assistant", parts, extra: NO_EXTRA };
}

function textPart(text: string): AssistantPart {
  return { type: "text", text, extra: NO_EXTRA };
}

/** With what tells the provider that the last message is the beginning of its answer. */
export function marked(encoded: EncodedRequest, prefill: Prefill | undefined): EncodedRequest {
  if (prefill === undefined) return encoded;
  const { messageFields, bodyFields } = prefill;
  const { messages } = encoded.body;
  const last: unknown = Array.isArray(messages) ? messages.at(-1) : undefined;
  const isMarked = messageFields !== undefined && Array.isArray(messages) && isJsonObject(last);
  return {
    ...encoded,
    body: {
      ...encoded.body,
      ...(isMarked ? { messages: [...messages.slice(0, -1), { ...last, ...messageFields }] } : {}),
      ...bodyFields,
    },
  };
}
