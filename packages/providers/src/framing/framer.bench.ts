import assert from "node:assert/strict";
import { type MicroBench, type MicroSubject, microBench } from "@headrace/core/testing/micro-bench";
import { chatStreamEvents, cutEvery } from "@headrace/core/testing/sample-stream";
import type { StreamFraming } from "@headrace/core/wire/chat-codec";
import { messagesStreamEvents } from "../testing/sample-streams.ts";
import { createFramer } from "./framer.ts";
import { awsEvent } from "./testing.ts";

const CHUNKS = 100;
const CHAT_EVENTS = chatStreamEvents(CHUNKS);
const MESSAGES_EVENTS = messagesStreamEvents(CHUNKS);
const AWS_MESSAGES = Array.from({ length: CHUNKS }, () =>
  awsEvent(
    "contentBlockDelta",
    JSON.stringify({ contentBlockIndex: 0, delta: { text: " is open" }, p: "abcd" }),
  ),
);

function framing(kind: StreamFraming, pieces: readonly Buffer[], frames: number): MicroSubject<number> {
  return {
    run: () => {
      let count = 0;
      const framer = createFramer(kind, ({ data }) => {
        if (data !== "") count += 1;
      });
      for (const piece of pieces) framer.push(piece);
      return framer.end() ? count : 0;
    },
    check: (count) => assert.equal(count, frames),
  };
}

export const benches: readonly MicroBench[] = [
  microBench("100 chat chunks, each a piece", () => framing("sse", CHAT_EVENTS, CHAT_EVENTS.length), CHUNKS),
  microBench(
    "100 chat chunks in one piece",
    () => framing("sse", [Buffer.concat(CHAT_EVENTS)], CHAT_EVENTS.length),
    CHUNKS,
  ),
  microBench(
    "100 chat chunks in pieces of 100 bytes",
    () => framing("sse", cutEvery(Buffer.concat(CHAT_EVENTS), 100), CHAT_EVENTS.length),
    CHUNKS,
  ),
  microBench(
    "100 events of Anthropic's with their types, each a piece",
    () => framing("sse", MESSAGES_EVENTS, MESSAGES_EVENTS.length),
    CHUNKS,
  ),
  microBench(
    "100 messages of AWS's event stream, each a piece",
    () => framing("aws-event-stream", AWS_MESSAGES, CHUNKS),
    CHUNKS,
  ),
];
