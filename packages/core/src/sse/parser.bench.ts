import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type MicroBench, type MicroSubject, microBench } from "../testing/micro-bench.ts";
import { chatStreamEvents, cutEvery } from "../testing/sample-stream.ts";
import { SseParser } from "./parser.ts";

const CHUNKS = 100;
const EVENTS = chatStreamEvents(CHUNKS);
const STREAM = Buffer.concat(EVENTS);
const MAX_EVENT_BYTES = 16 * 1024 * 1024;

function parsing(pieces: readonly Buffer[]): MicroSubject<{ count: number; last: string }> {
  return {
    run: () => {
      const seen = { count: 0, last: "" };
      const parser = new SseParser({
        maxEventBytes: MAX_EVENT_BYTES,
        onEvent: ({ data }) => {
          seen.count += 1;
          seen.last = data;
        },
      });
      for (const piece of pieces) parser.push(piece);
      parser.end();
      return seen;
    },
    check: (seen) => assert.deepEqual(seen, { count: EVENTS.length, last: "[DONE]" }),
  };
}

export const benches: readonly MicroBench[] = [
  microBench("100 chunks in one piece", () => parsing([STREAM]), CHUNKS),
  microBench("100 chunks, each a piece", () => parsing(EVENTS), CHUNKS),
  microBench("100 chunks in pieces of 100 bytes", () => parsing(cutEvery(STREAM, 100)), CHUNKS),
];
