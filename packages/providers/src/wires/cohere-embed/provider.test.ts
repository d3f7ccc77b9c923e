import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import type { EmbeddingRequest } from "@headrace/core/canonical/embedding";
import type { JsonObject } from "@headrace/core/json-object";
import { fixtureBytes, fixtureObject } from "../../testing/chat-streams.ts";
import { cohereEmbedProvider } from "./provider.ts";
import { cohereEmbedService } from "./service.ts";

const REQUEST: EmbeddingRequest = {
  wire: "openai-embeddings",
  model: "embed",
  inputs: ["open weir", "full race"],
  encoding: "float",
  extra: NO_EXTRA,
};
const PLAIN = {
  input_type: "search_document",
  model: "embed-v4.0",
  texts: ["open weir", "full race"],
  embedding_types: ["float"],
};

const REQUESTS: readonly (readonly [string, Partial<EmbeddingRequest>, JsonObject, readonly string[]])[] = [
  ["plain", {}, PLAIN, []],
  ["in base64", { encoding: "base64" }, { ...PLAIN, embedding_types: ["base64"] }, []],
  ["of a length", { dimensions: 512 }, { ...PLAIN, output_dimension: 512 }, []],
  ["a query", { purpose: "query" }, { ...PLAIN, input_type: "search_query" }, []],
  ["for similarity", { purpose: "similarity" }, { ...PLAIN, input_type: "clustering" }, []],
  [
    "with fields of Cohere's own, and others",
    { extra: { input_type: "classification", truncate: "END", user: "ada", task: "x" } },
    { ...PLAIN, input_type: "classification", truncate: "END" },
    ["task"],
  ],
];
for (const [name, parts, body, lost] of REQUESTS)
  test(`Cohere embeddings: a request ${name}`, () => {
    const encoded = cohereEmbedProvider.encodeRequest({ ...REQUEST, ...parts }, "embed-v4.0");
    assert.deepEqual(encoded, { body, headers: [], lost });
  });

test("Cohere embeddings: ids of tokens are refused", () => {
  assert.throws(() => cohereEmbedProvider.encodeRequest({ ...REQUEST, inputs: ["a", [1, 2]] }, "embed"), {
    code: "invalid_field",
    param: "input",
  });
});

const USAGE = {
  uncachedInput: 6,
  cacheReadInput: 0,
  cacheWrite5mInput: 0,
  cacheWrite1hInput: 0,
  visibleOutput: 0,
  reasoningOutput: 0,
};
const VECTORS = [Float32Array.of(0.5, -0.25, 0.125), Float32Array.of(1, 0, -1)];

for (const name of ["embed", "embed-base64"])
  test(`Cohere embeddings: the answer ${name}`, () => {
    assert.deepEqual(cohereEmbedProvider.decodeResult(fixtureObject(`cohere/${name}.json`)), {
      model: "",
      vectors: VECTORS,
      usage: USAGE,
    });
    const service = cohereEmbedService();
    assert.deepEqual(service.tokenUsage(service.readUsage(fixtureBytes(`cohere/${name}.json`))), USAGE);
  });

test("Cohere embeddings: an older model's plain list", () => {
  const { vectors, usage } = cohereEmbedProvider.decodeResult({ embeddings: [[1, 2]] });
  assert.deepEqual(vectors, [Float32Array.of(1, 2)]);
  assert.equal(usage, null);
});

for (const body of [{}, { embeddings: {} }, { embeddings: { float: [] } }, { embeddings: { int8: [[1]] } }])
  test(`Cohere embeddings: ${JSON.stringify(body)} is no answer`, () => {
    assert.throws(() => cohereEmbedProvider.decodeResult(body), { code: "upstream_invalid_response" });
  });

test("Cohere embeddings: its path, or another", () => {
  const call = { model: "embed", stream: false, settings: {} };
  assert.equal(cohereEmbedService().path(call), "/embed");
  assert.equal(cohereEmbedService({ path: () => "/v2/embed" }).path(call), "/v2/embed");
});
