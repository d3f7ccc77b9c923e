import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { byteByByte, cutAt } from "../framing/testing.ts";
import { decodeStream, foundInStream } from "./findings.ts";
import { readExpected, readStreamFixture } from "./fixture-files.ts";
import { chatSubjects } from "./subjects.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);
const CUTS = fc.array(fc.nat({ max: 16_384 }), { maxLength: 40 });

for (const { title, codec, folder, cases } of chatSubjects()) {
  for (const name of cases) {
    const bytes = readStreamFixture(folder, name, codec.framing);
    if (bytes === null) continue;
    const whole = decodeStream(codec, [bytes]);

    test(`${title} streams ${name}: what it says is found`, () => {
      assert.deepEqual(foundInStream(whole), readExpected(folder, name));
    });

    test(`${title} streams ${name}: one start, dense calls, nothing behind an error`, () => {
      const { events } = whole;
      assert.equal(events.filter(({ type }) => type === "start").length, 1);
      assert.equal(events[0]?.type, "start");
      const calls = events.filter((event) => event.type === "tool-call-start");
      assert.deepEqual(
        calls.map(({ index }) => index),
        calls.map((_, at) => at),
      );
      assert.equal(new Set(calls.map(({ id }) => id)).size, calls.length);
      const error = events.findIndex(({ type }) => type === "error");
      if (error !== -1) assert.equal(error, events.length - 1);
    });

    test(`${title} streams ${name}: it is the same byte by byte and cut anywhere`, () => {
      assert.deepEqual(decodeStream(codec, byteByByte(bytes)), whole);
      fc.assert(
        fc.property(CUTS, (places) => {
          assert.deepEqual(decodeStream(codec, cutAt(bytes, places)), whole);
        }),
        { seed, numRuns: 10 },
      );
    });

    test(`${title} streams ${name}: without its end it is never taken for whole`, () => {
      const expected = readExpected(folder, name);
      if (expected.cut || expected.error !== null) return;
      const half = decodeStream(codec, [bytes.subarray(0, Math.floor(bytes.length / 2))]);
      assert.equal(half.whole, false);
    });
  }
}
