import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { StreamDialect, StreamEventReading } from "@headrace/core/wire/stream-dialect";
import { objectOf, parseJsonObject, textOf } from "../../json/read.ts";
import { readStreamError } from "./provider-errors.ts";
import { withoutNulls } from "./usage.ts";

const OTHER: StreamEventReading = { kind: "other" };
const DONE: StreamEventReading = { kind: "done" };

/** Names of a delta's own words; signatures and citations are not the model's. */
const WORDS = ["text", "thinking", "partial_json"] as const;

/**
 * What the relay must know of a Messages stream (Anthropic API reference, "Streaming"): `message_start` and
 * `message_delta` carry usage, `error` may come at any time, `message_stop` ends. A quote inside a JSON string is
 * escaped, so a mark never matches a model's own words.
 */
export const anthropicStream: StreamDialect = {
  usageMark: Buffer.from('"output_tokens"'),
  errorMark: Buffer.from('"error"'),
  doneMark: Buffer.from('"message_stop"'),
  doneEvent: 'event: message_stop\ndata: {"type":"message_stop"}\n\n',
  readEvent,
};

function readEvent(data: string): StreamEventReading {
  const event = parseJsonObject(data);
  if (event === null) return OTHER;
  switch (event.type) {
    case "error":
      return { kind: "error", ...readStreamError(event) };
    case "message_stop":
      return DONE;
    case "message_start":
      return chunk(objectOf(event, "message") ?? {}, false, 0);
    case "message_delta":
      return chunk(event, typeof objectOf(event, "delta")?.stop_reason === "string", 0);
    case "content_block_start":
    case "content_block_stop":
      return chunk(event, false, 0);
    case "content_block_delta":
      return chunk(event, false, wordBytes(event.delta));
    default:
      return OTHER; // ping, and what Anthropic may add
  }
}

function chunk(holder: JsonObject, finished: boolean, textBytes: number): StreamEventReading {
  const usage = objectOf(holder, "usage");
  return {
    kind: "chunk",
    // A last report has null for what an earlier one has already counted.
    usage: usage === undefined ? null : withoutNulls(usage),
    usageOnly: false,
    finished,
    textBytes,
  };
}

function wordBytes(delta: unknown): number {
  if (!isJsonObject(delta)) return 0;
  return WORDS.reduce((bytes, name) => bytes + Buffer.byteLength(textOf(delta, name) ?? ""), 0);
}
