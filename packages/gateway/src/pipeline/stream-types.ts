import type { StreamFraming } from "@headrace/core/wire/chat-codec";

/** The content types that stand for each framing; some servers call their lines of JSON just JSON. */
const STREAM_TYPES: Readonly<Record<StreamFraming, readonly string[]>> = {
  sse: ["text/event-stream"],
  ndjson: ["application/x-ndjson", "application/ndjson", "application/jsonl", "application/json"],
  "aws-event-stream": ["application/vnd.amazon.eventstream"],
};

export function isStreamType(framing: StreamFraming, contentType: string): boolean {
  return STREAM_TYPES[framing].some((type) => contentType.startsWith(type));
}
