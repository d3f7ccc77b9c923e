import type { StreamEvent, UntimedEvent } from "../answers/stream-event.ts";

/** How the events of a stream become bytes. */
export interface StreamFormat {
  readonly contentType: string;
  /** The wire's own line ending; `lineEnding` can ask for the other. */
  readonly eol: "\n" | "\r\n";
  readonly encode: (event: StreamEvent, eol: string, index: number) => Uint8Array | string;
  /** What the wire sends to keep a silent stream open; undefined when it has nothing of the kind. */
  readonly keepAlive: ((eol: string) => string) | undefined;
  /** Whether the stream can be sent without any framing of HTTP. */
  readonly closeDelimited: boolean;
  /** Whether an event says with a checksum that it arrived whole. */
  readonly checksummed: boolean;
  /** The event of a recorded line, which is its data without framing. */
  readonly recorded: (line: string) => UntimedEvent;
  /** What ends a stream besides its last event. */
  readonly closing: readonly UntimedEvent[];
}

const ARRAY_END = "]";
const EVENT_STREAM = "text/event-stream; charset=utf-8";

/** `data: …`, and `[DONE]` at the end: OpenAI and all who follow it. */
export const DATA_EVENTS: StreamFormat = {
  contentType: EVENT_STREAM,
  eol: "\n",
  encode: (event, eol) => `data: ${event.data}${eol}${eol}`,
  keepAlive: comment,
  closeDelimited: true,
  checksummed: false,
  recorded: unnamed,
  closing: [{ name: "", data: "[DONE]" }],
};

/** `event: type` before the data: Responses, Cohere. The recorded data say their type. */
export const NAMED_EVENTS: StreamFormat = {
  contentType: EVENT_STREAM,
  eol: "\n",
  encode: (event, eol) => `event: ${event.name}${eol}data: ${event.data}${eol}${eol}`,
  keepAlive: comment,
  closeDelimited: true,
  checksummed: false,
  recorded: (data) => ({ name: typeOf(data), data }),
  closing: [],
};

/** Anthropic: named events too, and a `ping` event where others send a comment. */
export const ANTHROPIC_EVENTS: StreamFormat = {
  ...NAMED_EVENTS,
  keepAlive: (eol) => `event: ping${eol}data: {"type": "ping"}${eol}${eol}`,
};

/** Gemini with `alt=sse`: CRLF, and nothing at the end. */
export const GEMINI_EVENTS: StreamFormat = { ...DATA_EVENTS, eol: "\r\n", closing: [] };

/** Gemini without `alt=sse`: the elements of one JSON array, each sent when it is there. */
export const JSON_ARRAY: StreamFormat = {
  contentType: "application/json; charset=UTF-8",
  eol: "\r\n",
  encode: ({ data }, eol, index) => `${index === 0 ? "[" : data === ARRAY_END ? eol : `,${eol}`}${data}`,
  keepAlive: undefined,
  closeDelimited: false,
  checksummed: false,
  recorded: unnamed,
  closing: [{ name: "", data: "]" }],
};

/** Ollama: a JSON object a line. */
export const JSON_LINES: StreamFormat = {
  contentType: "application/x-ndjson",
  eol: "\n",
  encode: ({ data }, eol) => data + eol,
  keepAlive: undefined,
  closeDelimited: false,
  checksummed: false,
  recorded: unnamed,
  closing: [],
};

/** Messages of a WebSocket, which frames them itself. */
export const REALTIME_MESSAGES: StreamFormat = {
  ...JSON_LINES,
  contentType: "",
  encode: ({ data }) => data,
};

function comment(eol: string): string {
  return `: keep-alive${eol}${eol}`;
}

/** An event whose data stand alone. */
export function unnamed(data: string): UntimedEvent {
  return { name: "", data };
}

function typeOf(data: string): string {
  const parsed: unknown = JSON.parse(data);
  const type: unknown = typeof parsed === "object" && parsed !== null ? Reflect.get(parsed, "type") : "";
  return typeof type === "string" ? type : "";
}
