import type { MockBehaviour } from "./fields.ts";

/** A named fault: the fields it sets over the behaviour in force. */
export interface FaultPreset {
  readonly help: string;
  readonly sets: Partial<MockBehaviour>;
}

const MEBIBYTE = 1_048_576;

/** Every named fault. The numbers can be changed by setting the fields beside the name. */
export const FAULTS: Readonly<Record<string, FaultPreset>> = {
  none: { help: "no fault", sets: {} },
  "never-answer": { help: "reads the request and says nothing", sets: { neverAnswer: true } },
  "cut-before-headers": { help: "closes the socket instead of answering", sets: { cutBeforeHeaders: true } },
  stall: { help: "stops after 3 events, connection open", sets: { stallAfterEvents: 3 } },
  cut: { help: "closes the socket after 3 events", sets: { cutAfterEvents: 3 } },
  "cut-bytes": { help: "closes the socket after 100 bytes of body", sets: { cutAfterBytes: 100 } },
  "eof-without-done": { help: "finish reason, clean end, no [DONE] or message_stop", sets: { done: false } },
  "eof-without-finish": { help: "clean end after 3 events", sets: { endAfterEvents: 3 } },
  "malformed-event": { help: "event 2 is broken JSON", sets: { malformedEvent: 2 } },
  "corrupt-event": { help: "event 2 fails its checksum", sets: { corruptEvent: 2 } },
  "error-first-event": { help: "error object as the first event of a 200", sets: { errorAfterEvents: 0 } },
  "error-event": { help: "error object after 3 events of a 200, then [DONE]", sets: { errorAfterEvents: 3 } },
  "error-event-no-done": {
    help: "error object after 3 events of a 200, then a clean end",
    sets: { errorAfterEvents: 3, errorThenDone: false },
  },
  "json-error-200": { help: "200, application/json and an error object", sets: { errorBody: "json" } },
  "html-error": { help: "502 with an HTML page", sets: { status: 502, errorBody: "html" } },
  redirect: { help: "307 with a location", sets: { status: 307, location: "/v1/elsewhere" } },
  "rate-limited": { help: "429 with retry-after: 1", sets: { status: 429, retryAfter: "1" } },
  overloaded: { help: "503 without retry-after", sets: { status: 503 } },
  "byte-by-byte": { help: "every byte a chunk of its own", sets: { split: "bytes" } },
  "split-utf8": { help: "writes cut inside UTF-8 sequences", sets: { split: "utf8", text: "utf8" } },
  crlf: { help: "CRLF line endings", sets: { lineEnding: "crlf" } },
  "split-crlf": { help: "writes cut between CR and LF", sets: { split: "crlf", lineEnding: "crlf" } },
  "comment-before": { help: "a comment before the first event", sets: { comments: "before" } },
  comments: { help: "a comment before every event", sets: { comments: "between" } },
  "big-event": { help: "one event of 1 MiB", sets: { bigEventBytes: MEBIBYTE } },
  gzip: { help: "gzip content-encoding", sets: { encoding: "gzip" } },
  "close-delimited": { help: "no content-length, no chunks", sets: { framing: "close" } },
  "usage-twice": { help: "usage in the finish event and again after it", sets: { usage: "twice" } },
  "wrong-content-type": { help: "text/plain", sets: { contentType: "text/plain" } },
};
