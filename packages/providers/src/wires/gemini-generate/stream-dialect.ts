import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { StreamDialect, StreamEventReading } from "@headrace/core/wire/stream-dialect";
import { listOf, objectOf, objectsOf, parseJsonObject, textOf } from "../../json/read.ts";
import { readBlock } from "./answer-decoder.ts";
import { hasFinished } from "./finish-reasons.ts";
import { readStreamError } from "./provider-errors.ts";

const OTHER: StreamEventReading = { kind: "other" };

/**
 * What the relay must know of a streamGenerateContent stream (Gemini API reference): every event tells the usage so far,
 * and there is no last event: an answer has ended when its candidates say why. A quote inside a JSON string is escaped,
 * so the mark never matches a model's own words.
 */
export const geminiStream: StreamDialect = {
  usageMark: null,
  errorMark: Buffer.from('"error"'),
  doneMark: null,
  doneEvent: "",
  readEvent,
};

function readEvent(data: string): StreamEventReading {
  const chunk = parseJsonObject(data);
  if (chunk === null) return OTHER;
  if (objectOf(chunk, "error") !== undefined) return { kind: "error", ...readStreamError(chunk) };
  const candidates = objectsOf(chunk, "candidates");
  const usage = objectOf(chunk, "usageMetadata") ?? null;
  const isBlocked = readBlock(chunk) !== null;
  if (listOf(chunk, "candidates") === undefined && usage === null && !isBlocked) return OTHER;
  return {
    kind: "chunk",
    usage,
    usageOnly: candidates.length === 0 && usage !== null && !isBlocked,
    finished: isBlocked || candidates.some(({ finishReason }) => hasFinished(finishReason)),
    textBytes: candidates.reduce((bytes, candidate) => bytes + wordBytes(candidate), 0),
  };
}

function wordBytes(candidate: JsonObject): number {
  const parts = objectsOf(objectOf(candidate, "content") ?? {}, "parts");
  return parts.reduce((bytes, part) => bytes + Buffer.byteLength(wordsOf(part)), 0);
}

function wordsOf(part: JsonObject): string {
  const { functionCall } = part;
  return textOf(part, "text") ?? (isJsonObject(functionCall) ? JSON.stringify(functionCall) : "");
}
