import type { AssistantPart, ChatAnswer, ChatChoice } from "@headrace/core/canonical/chat";
import type { MediaSource, Signature } from "@headrace/core/canonical/chat-parts";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { ChatCallFacts } from "@headrace/core/wire/chat-codec";
import { defined, parseJsonObject } from "../../json/read.ts";
import { finishToGemini, MALFORMED_CALL } from "./finish-reasons.ts";
import { writeGrounding } from "./grounding.ts";
import { writeLogprobs } from "./logprobs.ts";
import { mediaField } from "./media.ts";
import { writeRedacted, writeThoughtSignature } from "./signatures.ts";
import { usageToGemini } from "./usage.ts";

/** Google's SDKs drop a turn without any part from their history, and the user's words before it. */
const EMPTY_PART: JsonObject = { text: "" };

export function encodeAnswer(answer: ChatAnswer, call: ChatCallFacts): JsonObject {
  const isOwn = answer.wire === "gemini-generate";
  return {
    ...(isOwn ? answer.extra : {}),
    candidates: answer.choices.map((choice) => encodeChoice(choice, isOwn)),
    ...(answer.usage === null ? {} : { usageMetadata: usageToGemini(answer.usage) }),
    modelVersion: answer.model === "" ? call.model : answer.model,
    responseId: answer.id === "" ? call.requestId : answer.id,
  };
}

function encodeChoice(choice: ChatChoice, isOwn: boolean): JsonObject {
  const parts: JsonObject[] = [];
  const texts = new Map<number, string>();
  const citations: Parameters<typeof writeGrounding>[0][number][] = [];
  let isMalformed = false;
  for (const part of choice.parts) {
    const encoded = encodePart(part, isOwn);
    if (encoded === "malformed") isMalformed = true;
    if (encoded === null || encoded === "malformed") continue;
    if (part.type === "text") {
      texts.set(parts.length, part.text);
      for (const citation of part.citations ?? []) citations.push({ part: parts.length, citation });
    }
    parts.push(encoded);
  }
  return {
    ...(isOwn ? choice.extra : {}),
    content: { parts: parts.length === 0 ? [EMPTY_PART] : parts, role: "model" },
    finishReason: isMalformed ? MALFORMED_CALL : finishToGemini(choice.finish),
    index: choice.index,
    ...defined({
      groundingMetadata: writeGrounding(citations, { textOfPart: (place) => texts.get(place) ?? null }),
      logprobsResult: choice.logprobs === undefined ? undefined : writeLogprobs(choice.logprobs),
    }),
  };
}

/** Null for what only another wire knows. */
function encodePart(part: AssistantPart, isOwn: boolean): JsonObject | "malformed" | null {
  switch (part.type) {
    case "text":
      return { text: part.text, ...signed(part.signature) };
    case "refusal":
      return { text: part.text };
    case "thinking":
      return thoughtPart(part.text, part);
    case "tool-call":
      return callPart(part, part.argumentsJson) ?? "malformed";
    case "image":
    case "audio":
      return mediaPart(part.source, part.type);
    case "opaque":
      return isOwn && part.wire === "gemini-generate" && isJsonObject(part.raw) ? part.raw : null;
  }
}

export function thoughtPart(
  text: string,
  proof: { readonly signature?: Signature; readonly redacted?: Signature },
): JsonObject {
  const { signature, redacted } = proof;
  const written = redacted === undefined ? signed(signature) : { thoughtSignature: writeRedacted(redacted) };
  return { text, thought: true, ...written };
}

/** Null for arguments that are no JSON object, which the wire has no place for. */
export function callPart(
  call: { readonly id: string; readonly name: string; readonly signature?: Signature },
  argumentsJson: string,
): JsonObject | null {
  const args = argumentsJson.trim() === "" ? {} : parseJsonObject(argumentsJson);
  if (args === null) return null;
  const id = call.id === "" ? {} : { id: call.id };
  return { functionCall: { ...id, name: call.name, args }, ...signed(call.signature) };
}

/** A file at a provider is nothing that a client of another could ask for. */
export function mediaPart(source: MediaSource, kind: "image" | "audio"): JsonObject | null {
  return source.kind === "file-id" ? null : mediaField(source, kind);
}

export function signed(signature: Signature | undefined): { readonly thoughtSignature?: string } {
  return signature === undefined ? {} : { thoughtSignature: writeThoughtSignature(signature) };
}
