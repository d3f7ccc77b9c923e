import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { awsHeaders, awsMessage } from "@headrace/providers/framing/aws-message";
import fc from "fast-check";
import { openEventCount } from "./event-count.ts";

// The same cases in every run; another seed tries others.
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20_260_101) });

const EVENTS: readonly (readonly [type: string, events: readonly Buffer[]])[] = [
  ["text/event-stream; charset=utf-8", ["data: 1\n\n", ": ping\n\n", "event: a\ndata: {}\n\n"].map(bytesOf)],
  ["Text/Event-Stream", ["data: 1\r\n\r\n", "data: 2\r\ndata: 3\r\n\r\n", "\n\ndata: 4\n\n"].map(bytesOf)],
  ["application/x-ndjson", ["{}\n", '{"a":1}\r\n', "{}\n"].map(bytesOf)],
  [
    "application/vnd.amazon.eventstream",
    ["{}", "{}".repeat(300), ""].map((payload) => awsMessage(awsHeaders([[":event-type", "a"]]), payload)),
  ],
];

function bytesOf(text: string): Buffer {
  return Buffer.from(text);
}

describe("openEventCount", () => {
  for (const [type, events] of EVENTS) {
    it(`finds the end of any event, wherever the bytes are cut: ${type}`, () => {
      const bytes = Buffer.concat(events);
      fc.assert(
        fc.property(
          fc.integer({ min: 0, max: events.length }),
          fc.uniqueArray(fc.integer({ min: 1, max: bytes.length - 1 }), { maxLength: 8 }),
          (count, places) => {
            const counter = openEventCount(type, count);
            assert.ok(counter !== null);
            const ends = [...places.toSorted((one, other) => one - other), bytes.length];
            const end = Buffer.concat(events.slice(0, count)).length;
            let from = 0;
            for (const to of ends) {
              const at = counter.find(bytes.subarray(from, to));
              if (at !== -1) {
                assert.equal(from + at, end);
                return;
              }
              from = to;
            }
            assert.fail("not found");
          },
        ),
      );
    });

    it(`finds nothing behind the last event: ${type}`, () => {
      assert.equal(openEventCount(type, events.length + 1)?.find(Buffer.concat(events)), -1);
    });
  }

  it("knows no events of a document", () => {
    assert.equal(openEventCount("application/json", 1), null);
  });
});
