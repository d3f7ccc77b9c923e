import type { JsonObject } from "@headrace/core/json-object";
import type { StreamDialect, StreamEventReading } from "@headrace/core/wire/stream-dialect";
import { objectOf, parseJsonObject, textOf } from "../../json/read.ts";
import { readResponseFailure } from "./provider-errors.ts";

const OTHER: StreamEventReading = { kind: "other" };

/** Events whose `delta` is what the model wrote; those that end in `.done` repeat it. */
const WORDS: ReadonlySet<string> = new Set([
  "response.output_text.delta",
  "response.refusal.delta",
  "response.reasoning_text.delta",
  "response.reasoning_summary_text.delta",
  "response.function_call_arguments.delta",
  "response.custom_tool_call_input.delta",
  "response.mcp_call_arguments.delta",
  "response.code_interpreter_call_code.delta",
]);

/**
 * What the relay must know of a Responses stream (OpenAI API reference, "Streaming events"): it fails by `error` and
 * then `response.failed`, and ends with `response.completed` or `response.incomplete`, which carry the usage; nothing
 * follows. A quote inside a JSON string is escaped, so a mark never matches a model's own words.
 */
export const openAiResponsesStream: StreamDialect = {
  usageMark: Buffer.from('"input_tokens"'),
  // Whole responses have it too, as `"error":null`: that is three events of a stream.
  errorMark: Buffer.from('"error"'),
  doneMark: null,
  doneEvent: "",
  readEvent,
};

function readEvent(data: string): StreamEventReading {
  const event = parseJsonObject(data);
  if (event === null) return OTHER;
  const type = textOf(event, "type") ?? "";
  if (WORDS.has(type)) return chunk(null, false, Buffer.byteLength(textOf(event, "delta") ?? ""));
  switch (type) {
    case "error":
      return { kind: "error", ...readResponseFailure(event) };
    case "response.failed":
      return { kind: "error", ...readResponseFailure(objectOf(event, "response") ?? {}) };
    case "response.completed":
    case "response.incomplete":
      return chunk(objectOf(event, "response") ?? {}, true, 0);
    case "response.output_item.added":
      return chunk(null, false, Buffer.byteLength(textOf(objectOf(event, "item") ?? {}, "name") ?? ""));
    case "":
      // A server that is only compatible may leave the type out of its errors.
      return objectOf(event, "error") === undefined
        ? OTHER
        : { kind: "error", ...readResponseFailure(event) };
    default:
      return chunk(null, false, 0);
  }
}

function chunk(response: JsonObject | null, finished: boolean, textBytes: number): StreamEventReading {
  const usage = response === null ? undefined : objectOf(response, "usage");
  return { kind: "chunk", usage: usage ?? null, usageOnly: false, finished, textBytes };
}
