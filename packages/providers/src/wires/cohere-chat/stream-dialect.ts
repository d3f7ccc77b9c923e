import type { JsonObject } from "@headrace/core/json-object";
import type { StreamDialect, StreamEventReading } from "@headrace/core/wire/stream-dialect";
import { objectOf, parseJsonObject, textOf } from "../../json/read.ts";
import { errorIn } from "./provider-errors.ts";

const OTHER: StreamEventReading = { kind: "other" };
/** What Cohere's own SDKs wait for, behind the last event. */
const DONE_DATA = "[DONE]";

/**
 * What the relay must know of a chat's stream: `message-end` says that it is finished, with usage, or that it failed. A
 * quote inside a JSON string is escaped, so a mark never matches a model's own words.
 */
export const cohereStream: StreamDialect = {
  usageMark: Buffer.from('"usage"'),
  errorMark: Buffer.from('"error"'),
  doneMark: null,
  doneEvent: "",
  readEvent,
};

function readEvent(data: string): StreamEventReading {
  if (data === DONE_DATA) return { kind: "done" };
  const event = parseJsonObject(data);
  if (event === null) return OTHER;
  const delta = objectOf(event, "delta") ?? {};
  const failure = textOf(delta, "error") || errorIn(event);
  if (failure !== null) return { kind: "error", message: failure, status: null };
  return {
    kind: "chunk",
    usage: objectOf(delta, "usage") ?? null,
    usageOnly: false,
    finished: event.type === "message-end",
    textBytes: wordBytes(objectOf(delta, "message") ?? {}),
  };
}

function wordBytes(message: JsonObject): number {
  const content = objectOf(message, "content") ?? {};
  const call = objectOf(objectOf(message, "tool_calls") ?? {}, "function") ?? {};
  const words = [
    textOf(content, "text"),
    textOf(content, "thinking"),
    textOf(message, "tool_plan"),
    textOf(call, "name"),
    textOf(call, "arguments"),
  ];
  return words.reduce<number>((bytes, text) => bytes + Buffer.byteLength(text ?? ""), 0);
}
