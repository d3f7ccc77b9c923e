import { packToolCallId } from "@headrace/core/canonical/carried-state";
import type { AssistantPart, ChatAnswer, ChatChoice, FinishReason } from "@headrace/core/canonical/chat";
import type { MediaSource, TextPart, ThinkingPart, ToolCallPart } from "@headrace/core/canonical/chat-parts";
import { NO_USAGE } from "@headrace/core/canonical/usage";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { parseJsonObject } from "../../json/read.ts";
import { writeCitation } from "./citations.ts";
import { writeRedacted, writeTextSignature } from "./client-signatures.ts";
import { finishToConverse } from "./finish-reasons.ts";
import { usageToConverse } from "./usage.ts";

/** Demanded by the SDKs' types; time is not measured here. */
export const NO_METRICS: JsonObject = { latencyMs: 0 };

/** A whole answer (Bedrock API reference, "Converse", response elements). */
export function encodeConverseAnswer(answer: ChatAnswer): JsonObject {
  const choice = answer.choices[0];
  const sameWire = answer.wire === "bedrock-converse";
  const stopSequence = choice?.stopSequence;
  return {
    ...(sameWire ? answer.extra : {}),
    output: {
      message: {
        role: "assistant",
        content: (choice?.parts ?? []).flatMap((part) => writePart(part, sameWire)),
      },
    },
    stopReason: finishToConverse(finishOf(choice), stopSequence),
    ...(stopSequence === undefined ? {} : { additionalModelResponseFields: { stop_sequence: stopSequence } }),
    // Clients in Python read the counts without asking whether they are there.
    usage: usageToConverse(answer.usage ?? NO_USAGE),
    metrics: NO_METRICS,
  };
}

/** A model that declines in words of its own has been stopped by nothing else, which this wire says by the reason. */
function finishOf(choice: ChatChoice | undefined): FinishReason {
  if (choice === undefined) return "other";
  const refuses = choice.finish === "stop" && choice.parts.some((part) => part.type === "refusal");
  return refuses ? "content-filter" : choice.finish;
}

/** A block has one member, whose name is its kind. */
function writePart(part: AssistantPart, sameWire: boolean): readonly JsonObject[] {
  switch (part.type) {
    case "text":
      return part.text === "" ? [] : [writeText(part)];
    case "refusal":
      return [{ text: part.text }];
    case "thinking":
      return [{ reasoningContent: writeThinking(part) }];
    case "tool-call":
      return [{ toolUse: writeToolUse(part) }];
    case "image":
      return [writeImage(part.source)];
    case "opaque":
      return sameWire && part.wire === "bedrock-converse" && isJsonObject(part.raw) ? [part.raw] : [];
    case "audio":
      return []; // no model behind this wire speaks
  }
}

function writeText({ text, citations }: TextPart): JsonObject {
  if (citations === undefined) return { text };
  return { citationsContent: { content: [{ text }], citations: citations.map(writeCitation) } };
}

function writeThinking({ text, signature, redacted }: ThinkingPart): JsonObject {
  if (redacted !== undefined) return { redactedContent: writeRedacted(redacted) };
  return {
    reasoningText: { text, ...(signature === undefined ? {} : { signature: writeTextSignature(signature) }) },
  };
}

function writeToolUse({ id, name, argumentsJson, signature }: ToolCallPart): JsonObject {
  return { toolUseId: callId(id, signature), name, input: inputObject(argumentsJson) };
}

/** A call has no place for a signature here, so that of another provider travels in the id. */
export function callId(id: string, signature: ToolCallPart["signature"]): string {
  return packToolCallId(id, signature === undefined ? {} : { signature });
}

/** An input must be an object; what a model wrote that is none is kept as the text it is. */
function inputObject(argumentsJson: string): JsonObject {
  if (argumentsJson === "") return {};
  return parseJsonObject(argumentsJson) ?? { arguments: argumentsJson };
}

/** The type that comes before bytes in base64; null for what has no bytes. */
export function imageBytes(source: MediaSource): { readonly format: string; readonly bytes: string } | null {
  if (source.kind !== "base64") return null;
  return { format: source.mediaType.slice(source.mediaType.indexOf("/") + 1), bytes: source.data };
}

/** There is no form for an address, but a client can show one. */
export function imageAsText(source: MediaSource): string {
  return source.kind === "url" ? `![image](${source.url})` : "[image]";
}

function writeImage(source: MediaSource): JsonObject {
  const image = imageBytes(source);
  if (image === null) return { text: imageAsText(source) };
  return { image: { format: image.format, source: { bytes: image.bytes } } };
}
