import assert from "node:assert/strict";
import { it } from "node:test";
import { KeptBytes } from "./kept-bytes.ts";

it("keeps a copy up to its limit, and of more the length alone", () => {
  const kept = new KeptBytes(5);
  const chunk = Buffer.from("abc");
  kept.push(chunk);
  chunk.fill("x");
  kept.push(Buffer.from("de"));
  assert.deepEqual([kept.bytes, kept.whole()?.toString()], [5, "abcde"]);
  kept.push(Buffer.from("f"));
  kept.push(Buffer.from("g"));
  assert.deepEqual([kept.bytes, kept.whole()], [7, null]);
});

it("of nothing keeps nothing", () => {
  assert.deepEqual(new KeptBytes(5).whole(), Buffer.alloc(0));
});
