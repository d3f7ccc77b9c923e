import assert from "node:assert/strict";
import { test } from "node:test";
import { assertOrderly, assertSameHoweverCut, decodeStream } from "../testing/chat-streams.ts";
import { foundInStream } from "./findings.ts";
import { readExpected, readStreamFixture } from "./fixture-files.ts";
import { chatSubjects } from "./subjects.ts";

for (const { title, codec, folder, cases } of chatSubjects()) {
  for (const name of cases) {
    const bytes = readStreamFixture(folder, name, codec.framing);
    if (bytes === null) continue;
    const whole = decodeStream(codec, [bytes]);

    test(`${title} streams ${name}: what it says is found`, () => {
      assert.deepEqual(foundInStream(whole), readExpected(folder, name));
    });

    test(`${title} streams ${name}: in order, every call with an id of its own`, () => {
      assertOrderly(whole);
      const calls = whole.events.filter((event) => event.type === "tool-call-start");
      assert.equal(new Set(calls.map(({ id }) => id)).size, calls.length);
    });

    test(`${title} streams ${name}: it is the same byte by byte and cut anywhere`, () => {
      assertSameHoweverCut(codec, bytes);
    });

    test(`${title} streams ${name}: without its end it is never taken for whole`, () => {
      const expected = readExpected(folder, name);
      if (expected.cut || expected.error !== null) return;
      const half = decodeStream(codec, [bytes.subarray(0, Math.floor(bytes.length / 2))]);
      assert.equal(half.whole, false);
    });
  }
}
