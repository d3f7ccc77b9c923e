import { type CarriedThinking, packToolCallId } from "@headrace/core/canonical/carried-state";
import type { AssistantPart, ChatAnswer, ChatChoice } from "@headrace/core/canonical/chat";
import type { ThinkingPart, ToolCallPart } from "@headrace/core/canonical/chat-parts";
import type { JsonObject } from "@headrace/core/json-object";
import type { ChatCallFacts } from "@headrace/core/wire/chat-codec";
import {
  FINISH_TO_OPENAI,
  freeformInput,
  freeformToolsOf,
  writeAnnotation,
  writeImage,
  writeLogprobs,
} from "./answer-parts.ts";
import { writeReasoningDetail } from "./reasoning-details.ts";
import { usageToOpenAi } from "./usage-writer.ts";

const NO_USAGE = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };

/** A whole answer (OpenAI API reference, "The chat completion object"). */
export function encodeAnswer(answer: ChatAnswer, call: ChatCallFacts): JsonObject {
  const freeform = freeformToolsOf(call.echo);
  return {
    ...(answer.wire === "openai-chat" ? answer.extra : {}),
    id: answerId(answer.id, call),
    object: "chat.completion",
    created: answer.createdAtSeconds ?? call.createdAtSeconds,
    model: answer.model === "" ? call.model : answer.model,
    choices: answer.choices.map((choice) => encodeChoice(choice, freeform)),
    usage: answer.usage === null ? NO_USAGE : usageToOpenAi(answer.usage),
  };
}

/** The provider's own, for its support asks for it. */
export function answerId(id: string, { requestId }: ChatCallFacts): string {
  return id === "" ? `chatcmpl-${requestId}` : id;
}

function encodeChoice(choice: ChatChoice, freeform: ReadonlySet<string>): JsonObject {
  return {
    index: choice.index,
    message: encodeMessage(choice.parts, freeform),
    logprobs: choice.logprobs === undefined ? null : writeLogprobs(choice.logprobs),
    finish_reason: FINISH_TO_OPENAI[choice.finish],
  };
}

function encodeMessage(parts: readonly AssistantPart[], freeform: ReadonlySet<string>): JsonObject {
  const said = new SaidParts();
  for (const part of parts) said.take(part);
  const { text, refusal, thinking, calls, annotations, images } = said;
  const words = thinking.map((part) => part.text).join("");
  return {
    role: "assistant",
    content: text === null && calls.length === 0 && refusal === null ? "" : text,
    refusal,
    ...(words === "" ? {} : { reasoning_content: words }),
    ...(thinking.length === 0
      ? {}
      : { reasoning_details: thinking.map((part, i) => writeReasoningDetail(part, i)) }),
    ...(annotations.length === 0 ? {} : { annotations }),
    ...(images.length === 0 ? {} : { images }),
    ...(calls.length === 0 ? {} : { tool_calls: encodeCalls(calls, thinking, freeform) }),
  };
}

/** What a message has in fields of their own, taken from parts in their order. */
class SaidParts {
  text: string | null = null;
  refusal: string | null = null;
  readonly thinking: ThinkingPart[] = [];
  readonly calls: ToolCallPart[] = [];
  readonly annotations: JsonObject[] = [];
  readonly images: JsonObject[] = [];

  take(part: AssistantPart): void {
    switch (part.type) {
      case "text": {
        const before = this.text ?? "";
        this.text = before + part.text;
        for (const citation of part.citations ?? [])
          this.annotations.push(writeAnnotation(citation, before.length));
        break;
      }
      case "thinking":
        this.thinking.push(part);
        break;
      case "tool-call":
        this.calls.push(part);
        break;
      case "refusal":
        this.refusal = (this.refusal ?? "") + part.text;
        break;
      case "image":
        this.images.push(writeImage(part.source));
        break;
      case "audio":
      case "opaque":
        break; // there is no place for it
    }
  }
}

function encodeCalls(
  calls: readonly ToolCallPart[],
  thinking: readonly ThinkingPart[],
  freeform: ReadonlySet<string>,
): readonly JsonObject[] {
  const carried = thinking.filter(isSigned).map(carriedOf);
  return calls.map((call, i) => {
    const { signature } = call;
    const state = {
      ...(signature === undefined ? {} : { signature }),
      ...(i === 0 ? { thinking: carried } : {}),
    };
    const id = packToolCallId(call.id, state);
    if (freeform.has(call.name))
      return { id, type: "custom", custom: { name: call.name, input: freeformInput(call.argumentsJson) } };
    return { id, type: "function", function: { name: call.name, arguments: call.argumentsJson } };
  });
}

function isSigned({ signature, redacted }: ThinkingPart): boolean {
  return signature !== undefined || redacted !== undefined;
}

function carriedOf({ text, signature, redacted }: ThinkingPart): CarriedThinking {
  return {
    text,
    ...(signature === undefined ? {} : { signature }),
    ...(redacted === undefined ? {} : { redacted }),
  };
}
