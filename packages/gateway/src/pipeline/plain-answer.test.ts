import assert from "node:assert/strict";
import { test } from "node:test";
import { PlainAnswer } from "./plain-answer.ts";

const HELD_BYTES = 4 * 1024 * 1024;

test("an answer of one chunk stays that very chunk", () => {
  const answer = new PlainAnswer();
  const chunk = Buffer.from('{"id":1}');
  assert.equal(answer.push(chunk), true);
  assert.equal(answer.take(), chunk);
});

test("an answer of several chunks is their bytes in order", () => {
  const answer = new PlainAnswer();
  for (const text of ['{"a"', ":", "1}"]) answer.push(Buffer.from(text));
  assert.equal(answer.bodyBytes, 7);
  assert.equal(answer.take().toString(), '{"a":1}');
});

test("an answer without a byte is empty", () => {
  assert.equal(new PlainAnswer().take().length, 0);
});

test("an answer is held up to the bound, and what was held is given on when it grows beyond", () => {
  const answer = new PlainAnswer();
  assert.equal(answer.push(Buffer.alloc(HELD_BYTES, "a")), true);
  assert.equal(answer.push(Buffer.from("b")), false);
  const held = answer.take();
  assert.equal(held.length, HELD_BYTES + 1);
  assert.equal(held.at(-1), "b".charCodeAt(0));
  assert.equal(answer.take().length, 0);
});
