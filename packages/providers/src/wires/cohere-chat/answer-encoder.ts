import type { AssistantPart, ChatAnswer, ChatChoice } from "@headrace/core/canonical/chat";
import type { MediaSource } from "@headrace/core/canonical/chat-parts";
import type { JsonObject } from "@headrace/core/json-object";
import type { ChatCallFacts } from "@headrace/core/wire/chat-codec";
import { usageToCohere } from "../../cohere/usage.ts";
import { writeDataUrl } from "../../media/data-url.ts";
import { ThinkingCarrier } from "../../streaming/carried-thinking.ts";
import { writeCitation } from "./citations.ts";
import { finishToCohere } from "./finish-reasons.ts";
import { writeLogprobs } from "./logprobs.ts";

/** A whole answer (Cohere API reference, "Chat"). */
export function encodeCohereAnswer(answer: ChatAnswer, call: ChatCallFacts): JsonObject {
  const choice = answer.choices[0];
  return {
    ...(answer.wire === "cohere-chat" ? answer.extra : {}),
    id: answerId(answer.id, call),
    finish_reason: finishToCohere(choice?.finish ?? "other", choice?.stopSequence),
    message: encodeMessage(choice),
    ...(answer.usage === null ? {} : { usage: usageToCohere(answer.usage) }),
    ...(choice?.logprobs === undefined ? {} : { logprobs: writeLogprobs(choice.logprobs) }),
  };
}

export function answerId(id: string, { requestId }: ChatCallFacts): string {
  return id === "" ? requestId : id;
}

function encodeMessage(choice: ChatChoice | undefined): JsonObject {
  const message = new SaidMessage();
  for (const part of choice?.parts ?? []) message.take(part);
  const { content, calls, citations } = message;
  return {
    role: "assistant",
    ...(content.length === 0 ? {} : { content }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...(citations.length === 0 ? {} : { citations }),
  };
}

/** What a message has in fields of their own, taken from parts in their order. */
class SaidMessage {
  readonly content: JsonObject[] = [];
  readonly calls: JsonObject[] = [];
  readonly citations: JsonObject[] = [];
  readonly #carrier = new ThinkingCarrier();

  take(part: AssistantPart): void {
    switch (part.type) {
      case "text":
      case "refusal":
        this.#text(part);
        break;
      case "thinking":
        this.#carrier.take(part);
        if (part.text !== "") this.content.push({ type: "thinking", thinking: part.text });
        break;
      case "tool-call": {
        const { id, name, argumentsJson, signature } = part;
        const called = { name, arguments: argumentsJson === "" ? "{}" : argumentsJson };
        this.calls.push({ id: this.#carrier.pack(id, signature), type: "function", function: called });
        break;
      }
      case "image":
        this.content.push({ type: "text", text: imageAsText(part.source) });
        break;
      case "audio":
      case "opaque":
        break; // there is no place for it
    }
  }

  #text(part: Extract<AssistantPart, { type: "text" | "refusal" }>): void {
    if (part.text === "") return;
    const place = { offset: 0, contentIndex: this.content.length };
    const citations = part.type === "text" ? (part.citations ?? []) : [];
    this.content.push({ type: "text", text: part.text });
    for (const citation of citations) this.citations.push(writeCitation(citation, part.text, place));
  }
}

/** Answers here have no pictures, but most clients that show text can show this. */
export function imageAsText(source: MediaSource): string {
  if (source.kind === "file-id") return "[image]";
  return `![image](${source.kind === "url" ? source.url : writeDataUrl(source)})`;
}
