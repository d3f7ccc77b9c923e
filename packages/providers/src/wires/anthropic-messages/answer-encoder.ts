import { packToolCallId, writeSignature } from "@headrace/core/canonical/carried-state";
import type { AssistantPart, ChatAnswer, ChatChoice, FinishReason } from "@headrace/core/canonical/chat";
import type { TextPart, ThinkingPart, ToolCallPart } from "@headrace/core/canonical/chat-parts";
import { NO_USAGE } from "@headrace/core/canonical/usage";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { ChatCallFacts } from "@headrace/core/wire/chat-codec";
import { parseJsonObject } from "../../json/read.ts";
import { writeCitation } from "./citations.ts";
import { finishToAnthropic } from "./finish-reasons.ts";
import { writeImage } from "./media.ts";
import { usageToAnthropic } from "./usage.ts";

/** Writes a whole answer (Anthropic API reference, "Messages"); of several choices, which this wire has not, the first. */
export function encodeAnthropicAnswer(answer: ChatAnswer, call: ChatCallFacts): JsonObject {
  const choice = answer.choices[0];
  const sameWire = answer.wire === "anthropic-messages";
  const parts = choice?.parts ?? [];
  return {
    ...(sameWire ? answer.extra : {}),
    ...messageHead(answer, call),
    content: parts.flatMap((part) => writePart(part, sameWire)),
    stop_reason: finishToAnthropic(finishOf(choice), choice?.stopSequence),
    stop_sequence: choice?.stopSequence ?? null,
    usage: usageToAnthropic(answer.usage ?? NO_USAGE),
  };
}

/** What an answer says of itself before its content. */
export function messageHead(answer: { id: string; model: string }, call: ChatCallFacts): JsonObject {
  return {
    id: answer.id === "" ? `msg_${call.requestId}` : answer.id,
    type: "message",
    role: "assistant",
    model: answer.model === "" ? call.model : answer.model,
  };
}

/** A model that declines in words of its own has been stopped by nothing else, which this wire says by the reason. */
function finishOf(choice: ChatChoice | undefined): FinishReason {
  if (choice === undefined) return "other";
  const refuses = choice.finish === "stop" && choice.parts.some((part) => part.type === "refusal");
  return refuses ? "content-filter" : choice.finish;
}

function writePart(part: AssistantPart, sameWire: boolean): readonly JsonObject[] {
  switch (part.type) {
    case "text":
      return [{ ...(sameWire ? part.extra : {}), ...writeText(part) }];
    case "thinking":
      return [{ ...(sameWire ? part.extra : {}), ...writeThinking(part) }];
    case "tool-call":
      return [{ ...(sameWire ? part.extra : {}), ...writeToolUse(part) }];
    case "refusal":
      return [{ type: "text", text: part.text }];
    case "image":
      // Not in Anthropic's answers, but its own shape of an image; clients pass over blocks that they do not know.
      return [writeImage(part)];
    case "opaque":
      return part.wire === "anthropic-messages" && isJsonObject(part.raw) ? [part.raw] : [];
    case "audio":
      return [];
  }
}

function writeText({ text, citations }: TextPart): JsonObject {
  return {
    type: "text",
    text,
    ...(citations === undefined ? {} : { citations: citations.map(writeCitation) }),
  };
}

function writeThinking({ text, signature, redacted }: ThinkingPart): JsonObject {
  if (redacted !== undefined)
    return { type: "redacted_thinking", data: writeSignature(redacted, "anthropic") };
  return {
    type: "thinking",
    thinking: text,
    signature: signature === undefined ? "" : writeSignature(signature, "anthropic"),
  };
}

function writeToolUse({ id, name, argumentsJson, signature }: ToolCallPart): JsonObject {
  return {
    type: "tool_use",
    // A call has no place for a signature here, so that of another provider travels in the id.
    id: packToolCallId(id, signature === undefined ? {} : { signature }),
    name,
    input: inputObject(argumentsJson),
  };
}

/** An input must be an object; what a model wrote that is none is kept as the text it is. */
export function inputObject(argumentsJson: string): JsonObject {
  if (argumentsJson === "") return {};
  return parseJsonObject(argumentsJson) ?? { arguments: argumentsJson };
}
