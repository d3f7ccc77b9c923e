import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import fc from "fast-check";
import { readVector, readVectors, writeVectorBase64 } from "./vectors.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

test("vectors: numbers and base64 are the same vector", () => {
  const floats = fc.array(fc.float({ noNaN: true }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(floats, (values) => {
      const bytes = Buffer.alloc(values.length * 4);
      for (const [index, value] of values.entries()) bytes.writeFloatLE(value, index * 4);
      assert.deepEqual(readVector(bytes.toString("base64")), Float32Array.from(values));
      assert.equal(writeVectorBase64(Float32Array.from(values)), bytes.toString("base64"));
      assert.deepEqual(readVectors([values]), [Float32Array.from(values)]);
    }),
    { seed },
  );
});

for (const raw of [undefined, null, {}, [], [1, "2"], [[1]], "", "AAA=", 7])
  test(`vectors: ${JSON.stringify(raw)} is none`, () => {
    assert.throws(
      () => readVector(raw),
      (error) => error instanceof GatewayError && error.code === "upstream_invalid_response",
    );
  });

test("vectors: none at all is no answer", () => {
  for (const raw of [undefined, []])
    assert.throws(() => readVectors(raw), { name: "GatewayError", code: "upstream_invalid_response" });
});
