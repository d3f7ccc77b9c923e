import assert from "node:assert/strict";
import { test } from "node:test";
import { EventStreamCodec, Int64, type MessageHeaders } from "@smithy/core/event-streams";
import fc from "fast-check";
import { AwsMessageReader, awsHeaders, awsMessage } from "./aws-message.ts";

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

test("AWS messages: whatever AWS's own codec writes is read, headers of all types among them", () => {
  const value: fc.Arbitrary<MessageHeaders[string]> = fc.oneof(
    fc.record({ type: fc.constant("boolean" as const), value: fc.boolean() }),
    fc.record({ type: fc.constant("byte" as const), value: fc.integer({ min: -128, max: 127 }) }),
    fc.record({ type: fc.constant("short" as const), value: fc.integer({ min: -32_768, max: 32_767 }) }),
    fc.record({ type: fc.constant("integer" as const), value: fc.integer() }),
    fc.record({
      type: fc.constant("long" as const),
      value: fc.integer().map((long) => Int64.fromNumber(long)),
    }),
    fc.record({ type: fc.constant("binary" as const), value: fc.uint8Array({ maxLength: 40 }) }),
    fc.record({ type: fc.constant("string" as const), value: fc.string({ maxLength: 40 }) }),
    fc.record({ type: fc.constant("timestamp" as const), value: fc.date({ noInvalidDate: true }) }),
    fc.record({ type: fc.constant("uuid" as const), value: fc.uuid() }),
  );
  const headers = fc.dictionary(fc.string({ minLength: 1, maxLength: 20 }), value, {
    maxKeys: 5,
    noNullPrototype: true,
  });
  const message = fc.record({ headers, payload: fc.string({ unit: "binary" }) });
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 3 }), (messages) => {
      const reader = new AwsMessageReader();
      // Each twice: the second time its headers are known.
      for (const { headers: written, payload } of messages.flatMap((one) => [one, one])) {
        const body = Buffer.from(payload.toWellFormed());
        const read = reader.read(Buffer.from(codec.encode({ headers: written, body })));
        assert.equal(read.payload, body.toString());
        const texts = Object.entries(written).flatMap(([name, { type, value: text }]) =>
          type === "string" ? [[name, text] as const] : [],
        );
        assert.deepEqual(read.headers, new Map(texts));
      }
    }),
    { seed },
  );
});

test("AWS messages: headers that end in the middle, or have a type that there is not, are refused", () => {
  const whole = awsHeaders([[":message-type", "event"]]);
  const strange = Buffer.from(whole);
  strange[1 + ":message-type".length] = 10;
  for (const headers of [
    strange,
    ...Array.from({ length: whole.length - 1 }, (_, end) => whole.subarray(0, end + 1)),
  ])
    assert.throws(() => new AwsMessageReader().read(awsMessage(headers, "{}")), Error);
});
