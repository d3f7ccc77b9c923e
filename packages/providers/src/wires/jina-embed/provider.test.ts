import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import type { EmbeddingRequest } from "@headrace/core/canonical/embedding";
import type { JsonObject } from "@headrace/core/json-object";
import { fixtureObject } from "../../testing/chat-streams.ts";
import { type EmbedDialect, JINA_EMBED, VOYAGE_EMBED } from "./dialect.ts";
import { jinaEmbedProvider } from "./provider.ts";
import { jinaEmbedService } from "./service.ts";

const REQUEST: EmbeddingRequest = {
  wire: "openai-embeddings",
  model: "embed",
  inputs: ["open weir"],
  encoding: "float",
  extra: NO_EXTRA,
};

interface Case {
  readonly name: string;
  readonly dialect: EmbedDialect;
  readonly request: Partial<EmbeddingRequest>;
  readonly body: JsonObject;
  readonly lost?: readonly string[];
}

const CASES: readonly Case[] = [
  { name: "Jina, plain", dialect: JINA_EMBED, request: {}, body: {} },
  {
    name: "Jina, all that it can",
    dialect: JINA_EMBED,
    request: {
      dimensions: 256,
      encoding: "base64",
      purpose: "similarity",
      extra: { late_chunking: true, user: "a" },
    },
    body: { dimensions: 256, embedding_type: "base64", task: "text-matching", late_chunking: true },
  },
  {
    name: "Jina, a task by its own name",
    dialect: JINA_EMBED,
    request: { purpose: "query", extra: { task: "code.query", input_type: "x" } },
    body: { task: "code.query" },
    lost: ["input_type"],
  },
  {
    name: "Voyage, all that it can",
    dialect: VOYAGE_EMBED,
    request: { dimensions: 256, encoding: "base64", purpose: "document", extra: { truncation: false } },
    body: { output_dimension: 256, encoding_format: "base64", input_type: "document", truncation: false },
  },
  {
    name: "Voyage, numbers that are no floats are not in base64",
    dialect: VOYAGE_EMBED,
    request: { encoding: "base64", extra: { output_dtype: "int8" } },
    body: { output_dtype: "int8" },
  },
  {
    name: "Voyage, a purpose that it does not know",
    dialect: VOYAGE_EMBED,
    request: { wire: "gemini-embed", purpose: "clustering" },
    body: {},
    lost: ["taskType"],
  },
];

for (const { name, dialect, request, body, lost = [] } of CASES)
  test(`embeddings of ${name}`, () => {
    const encoded = jinaEmbedProvider(dialect).encodeRequest({ ...REQUEST, ...request }, "embed-3");
    assert.deepEqual(encoded, {
      body: { model: "embed-3", input: ["open weir"], ...body },
      headers: [],
      lost,
    });
  });

test("embeddings of Jina: ids of tokens are refused", () => {
  assert.throws(() => jinaEmbedProvider().encodeRequest({ ...REQUEST, inputs: [[1, 2]] }, "embed-3"), {
    code: "invalid_field",
    param: "input",
  });
});

for (const [folder, model] of [
  ["jina", "jina-embeddings-v3"],
  ["voyage", "voyage-3.5"],
] as const)
  test(`embeddings of ${folder}: the answer, in the order of the inputs`, () => {
    assert.deepEqual(jinaEmbedProvider().decodeResult(fixtureObject(`${folder}/embed.json`)), {
      model,
      vectors: [Float32Array.of(0.5, -0.25, 0.125), Float32Array.of(1, 0, -1)],
      usage: {
        uncachedInput: 6,
        cacheReadInput: 0,
        cacheWrite5mInput: 0,
        cacheWrite1hInput: 0,
        visibleOutput: 0,
        reasoningOutput: 0,
      },
    });
  });

for (const body of [{}, { data: [] }, { data: [{ embedding: "x" }] }, { data: [{ embedding: [] }] }])
  test(`embeddings of Jina: ${JSON.stringify(body)} is no answer`, () => {
    assert.throws(() => jinaEmbedProvider().decodeResult(body), { code: "upstream_invalid_response" });
  });

test("embeddings of Jina: never passed on as they are", () => {
  const { onlyTranslated, path } = jinaEmbedService();
  assert.equal(onlyTranslated, true);
  assert.equal(path({ model: "m", stream: false, settings: {} }), "/embeddings");
});
