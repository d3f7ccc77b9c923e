import assert from "node:assert/strict";
import { test } from "node:test";
import { SseCounter } from "./sse-counter.ts";

function count(pieces: readonly Buffer[]): { events: number; done: boolean } {
  const counter = new SseCounter();
  for (const piece of pieces) counter.push(piece, 0, piece.length);
  return { events: counter.events, done: counter.sawDone };
}

const STREAM = Buffer.from(
  ': ping\n\ndata: {"a":1}\n\nevent: x\r\ndata: {"a":2}\r\n\r\n\n\ndata: 3\ndata: 4\n\ndata: [DONE]\n\n',
);

test("events are counted the same whatever the cuts; comments and empty lines are none", () => {
  const expected = { events: 4, done: true };
  assert.deepEqual(count([STREAM]), expected);
  assert.deepEqual(count([...STREAM].map((byte) => Buffer.from([byte]))), expected);
  for (let cut = 1; cut < STREAM.length; cut++) {
    assert.deepEqual(count([STREAM.subarray(0, cut), STREAM.subarray(cut)]), expected, `cut at ${cut}`);
  }
});

test("a stream without its closing marker is not done", () => {
  assert.deepEqual(count([Buffer.from('data: {"text":"x"}\n\n')]), { events: 1, done: false });
});

test("reset forgets the previous stream", () => {
  const counter = new SseCounter();
  counter.push(STREAM, 0, STREAM.length);
  counter.reset();
  assert.equal(counter.events, 0);
  assert.equal(counter.sawDone, false);
});
