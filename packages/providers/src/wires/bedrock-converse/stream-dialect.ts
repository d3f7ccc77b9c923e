import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { StreamDialect, StreamEventReading } from "@headrace/core/wire/stream-dialect";
import { objectOf, parseJsonObject } from "../../json/read.ts";
import { readStreamException } from "./provider-errors.ts";

const OTHER: StreamEventReading = { kind: "other" };

/**
 * What the relay must know of a ConverseStream, whose messages come as events with their type: `metadata` carries usage,
 * `messageStop` says that the answer is finished, in either order; an exception may come at any time.
 */
export const converseStream: StreamDialect = {
  usageMark: Buffer.from('"usage"'),
  errorMark: Buffer.from('"message"'),
  doneMark: null,
  doneEvent: "",
  readEvent,
};

function readEvent(data: string, type = ""): StreamEventReading {
  const exception = readStreamException(type, data);
  if (exception !== null) return { kind: "error", ...exception };
  const payload = parseJsonObject(data);
  if (payload === null) return OTHER;
  return {
    kind: "chunk",
    usage: objectOf(payload, "usage") ?? null,
    usageOnly: false, // the trace of a guardrail may stand beside it, and nobody has to ask for it
    finished: typeof payload.stopReason === "string",
    textBytes: wordBytes(payload.delta),
  };
}

function wordBytes(delta: unknown): number {
  if (!isJsonObject(delta)) return 0;
  return [delta.text, inner(delta, "toolUse").input, inner(delta, "reasoningContent").text].reduce<number>(
    (bytes, words) => bytes + (typeof words === "string" ? Buffer.byteLength(words) : 0),
    0,
  );
}

function inner(delta: JsonObject, name: string): JsonObject {
  return objectOf(delta, name) ?? {};
}
