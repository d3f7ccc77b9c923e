import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import { cohereEmbedClient } from "./client.ts";
import { cohereEmbedProvider } from "./provider.ts";

const PATH = { model: null, stream: false };

function decode(body: JsonObject): ReturnType<typeof cohereEmbedClient.decodeRequest> {
  return cohereEmbedClient.decodeRequest({ model: "embed-v4.0", ...body }, PATH);
}

test("cohere embed: texts, and what they are for", () => {
  assert.deepEqual(
    decode({
      texts: ["weir", "mill"],
      input_type: "search_query",
      output_dimension: 256,
      embedding_types: ["float", "base64"],
      truncate: "END",
    }),
    {
      wire: "cohere-embed",
      model: "embed-v4.0",
      inputs: ["weir", "mill"],
      encoding: "float",
      dimensions: 256,
      purpose: "query",
      echo: ["float", "base64"],
      extra: { truncate: "END" },
    },
  );
});

test("cohere embed: inputs made of pieces, and floats for who does not say", () => {
  const read = decode({ inputs: [{ content: [{ type: "text", text: "a" }, { text: "b" }] }] });
  assert.deepEqual([read.inputs, read.encoding, read.echo], [["a\nb"], "float", ["float"]]);
});

test("cohere embed: a purpose of Cohere's own goes back to Cohere", () => {
  const request = decode({ texts: ["a"], input_type: "image" });
  assert.equal(cohereEmbedProvider.encodeRequest(request, "m").body.input_type, "image");
});

const REFUSED: readonly (readonly [param: string, code: string, body: JsonObject])[] = [
  ["texts", "missing_field", {}],
  ["texts[1]", "invalid_field", { texts: ["a", 1] }],
  ["images", "invalid_field", { images: ["data:image/png;base64,aGk="] }],
  ["inputs[0].content[0]", "invalid_field", { inputs: [{ content: [{ type: "image_url" }] }] }],
  ["embedding_types[0]", "invalid_field", { texts: ["a"], embedding_types: ["int8"] }],
];

for (const [param, code, body] of REFUSED)
  test(`cohere embed: ${code} ${param}`, () =>
    assert.throws(
      () => decode(body),
      (error) => error instanceof GatewayError && error.code === code && error.param === param,
    ));

test("cohere embed: a result in the forms that were asked for, which Cohere's reader reads", () => {
  const vectors = [Float32Array.of(0.5, -1), Float32Array.of(2, 0)];
  const usage = {
    uncachedInput: 3,
    cacheReadInput: 0,
    cacheWrite5mInput: 0,
    cacheWrite1hInput: 0,
    visibleOutput: 0,
    reasoningOutput: 0,
  };
  for (const embedding_types of [["float"], ["base64"], ["base64", "float"]]) {
    const request = { ...decode({ texts: ["a", "b"], embedding_types }), inputs: [] };
    const body = JSON.parse(
      JSON.stringify(cohereEmbedClient.encodeResult({ model: "m", vectors, usage }, request)),
    );
    assert.deepEqual(Object.keys(body.embeddings).sort(), [...embedding_types].sort());
    const read = cohereEmbedProvider.decodeResult(body);
    assert.deepEqual(read.vectors, vectors);
    assert.equal(read.usage?.uncachedInput, 3);
  }
});
