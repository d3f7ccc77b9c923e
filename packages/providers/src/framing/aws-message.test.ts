import assert from "node:assert/strict";
import { test } from "node:test";
import { EventStreamCodec } from "@smithy/core/event-streams";
import fc from "fast-check";
import { awsHeaders, awsMessage } from "./aws-message.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);
const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === "string" ? bytes : Buffer.from(bytes).toString()),
  (text) => Buffer.from(text),
);

test("AWS messages: AWS's own codec reads headers and payload, its checksums included", () => {
  const header = fc.tuple(fc.string({ minLength: 1, maxLength: 20 }), fc.string({ maxLength: 300 }));
  const headers = fc.uniqueArray(header, { maxLength: 4, selector: ([name]) => name });
  fc.assert(
    fc.property(headers, fc.string({ unit: "binary" }), (pairs, text) => {
      const payload = text.toWellFormed();
      const read = codec.decode(new Uint8Array(awsMessage(awsHeaders(pairs), payload)));
      assert.equal(Buffer.from(read.body).toString(), payload);
      const found = Object.entries(read.headers).map(([name, { value }]) => [name, value]);
      assert.deepEqual(new Map(Object.entries(Object.fromEntries(found))), new Map(pairs.filter(own)));
    }),
    { seed },
  );
});

/** The codec keeps headers in a plain object, which cannot hold every name. */
function own([name]: readonly [string, string]): boolean {
  return name !== "__proto__";
}

test("AWS messages: a header that cannot be said is a bug", () => {
  assert.throws(() => awsHeaders([["x".repeat(256), ""]]), /longer than/);
  assert.throws(() => awsHeaders([["x", "y".repeat(65_536)]]), /longer than/);
});
