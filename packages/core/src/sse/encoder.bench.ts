import assert from "node:assert/strict";
import { type MicroBench, microBench } from "../testing/micro-bench.ts";
import { encodeSseEvent } from "./encoder.ts";

const DATA = JSON.stringify({
  type: "content_block_delta",
  index: 0,
  delta: { type: "text_delta", text: "Hi" },
});

export const benches: readonly MicroBench[] = [
  microBench("an event with its type", () => ({
    run: () => encodeSseEvent({ event: "content_block_delta", data: DATA }),
    check: (text) => assert.equal(text, `event: content_block_delta\ndata: ${DATA}\n\n`),
  })),
];
