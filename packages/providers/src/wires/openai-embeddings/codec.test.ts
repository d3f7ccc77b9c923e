import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import fc from "fast-check";
import { openAiEmbeddingsClient } from "./client.ts";
import { openAiEmbeddingsProvider } from "./provider.ts";

const PATH = { model: null, stream: false };
const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

for (const [input, inputs] of [
  ["a", ["a"]],
  [
    ["a", "b"],
    ["a", "b"],
  ],
  [[1, 2], [[1, 2]]],
  [
    [[1], [2, 3]],
    [[1], [2, 3]],
  ],
] as const) {
  test(`embeddings request: input ${JSON.stringify(input)}`, () => {
    const request = openAiEmbeddingsClient.decodeRequest({ model: "m", input }, PATH);
    assert.deepEqual(request.inputs, inputs);
    assert.deepEqual(openAiEmbeddingsProvider.encodeRequest(request, "p").body, {
      model: "p",
      input: inputs,
    });
  });
}

for (const input of [[], [["a"]], [1.5], ["a", 1], {}]) {
  test(`embeddings request: refuses ${JSON.stringify(input)}`, () => {
    assert.throws(
      () => openAiEmbeddingsClient.decodeRequest({ model: "m", input }, PATH),
      (error) => error instanceof GatewayError && error.code === "invalid_field",
    );
  });
}

test("embeddings request: what is not OpenAI's is lost there, and known elsewhere", () => {
  const body = { model: "m", input: "a", dimensions: 8, input_type: "query", truncate: "END", user: "u" };
  const request = openAiEmbeddingsClient.decodeRequest(body, PATH);
  assert.equal(request.purpose, "query");
  const encoded = openAiEmbeddingsProvider.encodeRequest(request, "p");
  assert.deepEqual(encoded.body, { user: "u", model: "p", input: ["a"], dimensions: 8 });
  assert.deepEqual([...encoded.lost].sort(), ["input_type", "truncate"]);
});

test("embeddings result: numbers and base64 say the same, and come back in order", (context) => {
  context.diagnostic(`fast-check seed ${seed}`);
  // JSON has no zero below zero.
  const number = fc.float({ noNaN: true, noDefaultInfinity: true }).map((one) => one + 0);
  const vector = fc.array(number, { minLength: 1, maxLength: 8 });
  const vectors = fc.array(vector, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(vectors, fc.constantFrom("float", "base64"), (numbers, encoding_format) => {
      const request = openAiEmbeddingsClient.decodeRequest({ model: "m", input: "a", encoding_format }, PATH);
      const result = {
        model: "e",
        vectors: numbers.map((one) => Float32Array.from(one)),
        usage: {
          uncachedInput: 5,
          cacheReadInput: 0,
          cacheWrite5mInput: 0,
          cacheWrite1hInput: 0,
          visibleOutput: 0,
          reasoningOutput: 0,
        },
      };
      const written = JSON.parse(JSON.stringify(openAiEmbeddingsClient.encodeResult(result, request)));
      written.data.reverse();
      assert.deepEqual(openAiEmbeddingsProvider.decodeResult(written), result);
    }),
    { seed },
  );
});
