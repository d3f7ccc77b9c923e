import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BodyCollector } from "./body-collector.ts";

// The same cases in every run; another seed tries others.
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20_260_101) });

const LIMIT_BYTES = 1 << 20;

test("a body is its pieces in order, whatever length was announced", () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 200_000 }), { maxLength: 6 });
  const announced = fc.oneof(fc.constant(Number.NaN), fc.nat(2_000_000));
  fc.assert(
    fc.property(pieces, announced, (parts, announcedBytes) => {
      const whole = Buffer.concat(parts);
      const collector = new BodyCollector(LIMIT_BYTES, announcedBytes);
      const fits = parts.every((part) => collector.push(part));
      assert.equal(fits, whole.length <= LIMIT_BYTES);
      if (fits) assert.ok(collector.take().equals(whole));
    }),
    { numRuns: 60 },
  );
});

test("pieces are copied: the server takes its memory back", () => {
  const collector = new BodyCollector(LIMIT_BYTES, Number.NaN);
  const piece = Buffer.from("before");
  collector.push(piece);
  piece.fill("x");
  assert.equal(collector.take().toString(), "before");
});

test("a body of exactly the limit is taken, one byte more is not, and then nothing is kept", () => {
  const collector = new BodyCollector(4, Number.NaN);
  assert.equal(collector.push(Buffer.from("1234")), true);
  assert.equal(collector.take().toString(), "1234");
  assert.equal(collector.push(Buffer.from("5")), false);
});

test("an announced length reserves nothing", () => {
  const collector = new BodyCollector(1 << 30, 1 << 30);
  collector.push(Buffer.from("a"));
  assert.ok(collector.take().buffer.byteLength <= 64 * 1024);
});

test("an exact announcement leaves no room to spare, and the memory is the body's alone", () => {
  const collector = new BodyCollector(LIMIT_BYTES, 100_000);
  collector.push(Buffer.alloc(60_000));
  collector.push(Buffer.alloc(40_000));
  const body = collector.take();
  assert.equal(body.length, 100_000);
  assert.equal(body.buffer.byteLength, 100_000);
});

test("a body without a piece is empty", () => {
  assert.equal(new BodyCollector(LIMIT_BYTES, 0).take().length, 0);
});
