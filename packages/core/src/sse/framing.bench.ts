import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type MicroBench, type MicroSubject, microBench } from "../testing/micro-bench.ts";
import { chatStreamEvents, cutEvery } from "../testing/sample-stream.ts";
import { SseFramer } from "./framing.ts";

const CHUNKS = 100;
const EVENTS = chatStreamEvents(CHUNKS);
const STREAM = Buffer.concat(EVENTS);
const MAX_EVENT_BYTES = 16 * 1024 * 1024;

const PICTURE = Buffer.from(`data: {"b64_json":"${"aGVhZHJhY2Ug".repeat(87_000)}"}\n\n`);

function framing(pieces: readonly Buffer[], wholeBytes = STREAM.length): MicroSubject<number> {
  return {
    run: () => {
      const framer = new SseFramer(MAX_EVENT_BYTES);
      let bytes = 0;
      for (const piece of pieces) bytes += framer.push(piece)?.length ?? 0;
      return bytes;
    },
    check: (bytes) => assert.equal(bytes, wholeBytes),
  };
}

export const benches: readonly MicroBench[] = [
  microBench("100 chunks, each a piece", () => framing(EVENTS), CHUNKS),
  microBench("100 chunks in pieces of 100 bytes", () => framing(cutEvery(STREAM, 100)), CHUNKS),
  microBench("an event of 1 MB in pieces of 64 KB", () => framing(cutEvery(PICTURE, 65_536), PICTURE.length)),
];
