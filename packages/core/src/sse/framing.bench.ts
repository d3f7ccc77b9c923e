import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type MicroBench, type MicroSubject, microBench } from "../testing/micro-bench.ts";
import { chatStreamEvents, cutEvery } from "../testing/sample-stream.ts";
import { SseFramer } from "./framing.ts";

const CHUNKS = 100;
const EVENTS = chatStreamEvents(CHUNKS);
const STREAM = Buffer.concat(EVENTS);
const MAX_EVENT_BYTES = 16 * 1024 * 1024;

function framing(pieces: readonly Buffer[]): MicroSubject<number> {
  return {
    run: () => {
      const framer = new SseFramer(MAX_EVENT_BYTES);
      let bytes = 0;
      for (const piece of pieces) bytes += framer.push(piece)?.length ?? 0;
      return bytes;
    },
    check: (bytes) => assert.equal(bytes, STREAM.length),
  };
}

export const benches: readonly MicroBench[] = [
  microBench("100 chunks, each a piece", () => framing(EVENTS), CHUNKS),
  microBench("100 chunks in pieces of 100 bytes", () => framing(cutEvery(STREAM, 100)), CHUNKS),
];
