import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import type { EmbeddingRequest } from "@headrace/core/canonical/embedding";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import { geminiEmbedClient } from "./client.ts";
import { geminiEmbedProvider } from "./provider.ts";
import { geminiEmbedService } from "./service.ts";

const PATH = { model: "gemini-embedding-001", stream: false };

function content(...texts: readonly string[]): JsonObject {
  return { parts: texts.map((text) => ({ text })) };
}

function decode(body: JsonObject): EmbeddingRequest {
  return geminiEmbedClient.decodeRequest(body, PATH);
}

const OPENAI: EmbeddingRequest = {
  wire: "openai-embeddings",
  model: "embed",
  inputs: ["a", "b"],
  dimensions: 3,
  encoding: "base64",
  purpose: "query",
  extra: { user: "ada", truncate: "END" },
};

test("Gemini embeddings: one text, in either spelling", () => {
  const body = {
    model: "models/x",
    content: content("a", "b"),
    output_dimensionality: 256,
    taskType: "CLUSTERING",
  };
  assert.deepEqual(decode(body), {
    wire: "gemini-embed",
    model: "gemini-embedding-001",
    inputs: ["ab"],
    encoding: "float",
    dimensions: 256,
    purpose: "clustering",
    echo: "single",
    extra: {},
  });
});

test("Gemini embeddings: several texts, and what each of them says for itself", () => {
  const requests = [
    { model: "models/x", content: content("a"), taskType: "RETRIEVAL_DOCUMENT", title: "A" },
    { model: "models/x", content: content("b"), taskType: "CODE_RETRIEVAL_QUERY", outputDimensionality: 8 },
    { content: content("c") },
  ];
  const decoded = decode({ requests });
  assert.deepEqual(decoded, {
    wire: "gemini-embed",
    model: "gemini-embedding-001",
    inputs: ["a", "b", "c"],
    encoding: "float",
    purpose: "document",
    echo: "batch",
    extra: {
      "requests[].title": ["A", undefined, undefined],
      "requests[].taskType": ["RETRIEVAL_DOCUMENT", "CODE_RETRIEVAL_QUERY", undefined],
      "requests[].outputDimensionality": [undefined, 8, undefined],
    },
  });
  const { body, lost } = geminiEmbedProvider().encodeRequest(decoded, "gemini-embedding-001");
  assert.deepEqual(lost, []);
  assert.deepEqual(body, {
    requests: requests.map((request) => ({ ...request, model: "models/gemini-embedding-001" })),
  });
});

test("Gemini embeddings: a task that all share goes without columns", () => {
  const requests = ["a", "b"].map((text) => ({ content: content(text), task_type: "SEMANTIC_SIMILARITY" }));
  const decoded = decode({ requests });
  assert.deepEqual([decoded.purpose, decoded.extra], ["similarity", {}]);
});

const REFUSED: readonly (readonly [JsonObject, string])[] = [
  [{}, "content"],
  [{ content: { parts: [{ inlineData: {} }] } }, "content.parts[0].text"],
  [{ requests: [] }, "requests"],
  [{ requests: [{}] }, "requests[0].content"],
  [{ requests: [{ content: content("a") }, { content: { parts: 1 } }] }, "requests[1].content.parts"],
  [{ content: content("a"), outputDimensionality: "8" }, "outputDimensionality"],
];

for (const [body, param] of REFUSED) {
  test(`Gemini embeddings: refused for ${param}`, () => {
    assert.throws(
      () => decode(body),
      (error) => error instanceof GatewayError && error.status === 400 && error.param === param,
    );
  });
}

test("Gemini embeddings: another wire's request, for both of Google's platforms", () => {
  const forApi = geminiEmbedProvider().encodeRequest(OPENAI, "gemini-embedding-001");
  const fields = {
    taskType: "RETRIEVAL_QUERY",
    outputDimensionality: 3,
    model: "models/gemini-embedding-001",
  };
  assert.deepEqual(forApi, {
    body: { requests: ["a", "b"].map((text) => ({ ...fields, content: { parts: [{ text }] } })) },
    headers: [],
    lost: ["truncate"],
  });
  const forVertex = geminiEmbedProvider("vertex").encodeRequest(OPENAI, "text-embedding-005");
  assert.deepEqual(forVertex.body, {
    instances: ["a", "b"].map((text) => ({ content: text, task_type: "RETRIEVAL_QUERY" })),
    parameters: { outputDimensionality: 3 },
  });
  const plain: EmbeddingRequest = { ...OPENAI, inputs: ["a"], encoding: "float", extra: NO_EXTRA };
  const { dimensions: _dimensions, purpose: _purpose, ...least } = plain;
  assert.deepEqual(geminiEmbedProvider("vertex").encodeRequest(least, "m").body, {
    instances: [{ content: "a" }],
  });
});

test("Gemini embeddings: tokens of another model are refused", () => {
  assert.throws(
    () => geminiEmbedProvider().encodeRequest({ ...OPENAI, inputs: [[1, 2]] }, "m"),
    (error) => error instanceof GatewayError && error.param === "input",
  );
});

const RESULTS: readonly (readonly ["gemini-api" | "vertex", JsonObject, number[][], number | null])[] = [
  [
    "gemini-api",
    { embeddings: [{ values: [1, 0.5] }, { values: [-1, 0] }] },
    [
      [1, 0.5],
      [-1, 0],
    ],
    null,
  ],
  [
    "gemini-api",
    { embedding: { values: [1] }, usageMetadata: { promptTokenCount: 4, totalTokenCount: 4 } },
    [[1]],
    4,
  ],
  [
    "vertex",
    {
      predictions: [
        { embeddings: { values: [1], statistics: { token_count: 3, truncated: false } } },
        { embeddings: { values: [2], statistics: { token_count: 4, truncated: false } } },
      ],
    },
    [[1], [2]],
    7,
  ],
];

for (const [dialect, body, vectors, tokens] of RESULTS) {
  test(`Gemini embeddings: the result ${JSON.stringify(body).slice(0, 60)}`, () => {
    const result = geminiEmbedProvider(dialect).decodeResult(body);
    assert.deepEqual(
      result.vectors.map((vector) => [...vector]),
      vectors,
    );
    assert.equal(result.usage?.uncachedInput ?? null, tokens);
  });
}

for (const body of [{}, { embeddings: [] }, { embeddings: [{}] }, { embedding: { values: ["1"] } }]) {
  test(`Gemini embeddings: no result: ${JSON.stringify(body)}`, () => {
    assert.throws(
      () => geminiEmbedProvider().decodeResult(body),
      (error) => error instanceof GatewayError && error.code === "upstream_invalid_response",
    );
  });
}

test("Gemini embeddings: the client gets the form that it asked for", () => {
  const usage = {
    uncachedInput: 4,
    cacheReadInput: 0,
    cacheWrite5mInput: 0,
    cacheWrite1hInput: 0,
    visibleOutput: 0,
    reasoningOutput: 0,
  };
  const result = { model: "m", vectors: [Float32Array.of(1, 0.5)], usage };
  const usageMetadata = { promptTokenCount: 4, totalTokenCount: 4 };
  const single = decode({ content: content("a") });
  assert.deepEqual(geminiEmbedClient.encodeResult(result, single), {
    embedding: { values: [1, 0.5] },
    usageMetadata,
  });
  const batch = decode({ requests: [{ content: content("a") }] });
  assert.deepEqual(geminiEmbedClient.encodeResult({ ...result, usage: null }, batch), {
    embeddings: [{ values: [1, 0.5] }],
  });
});

test("Gemini embeddings: one method for one text and for several", () => {
  const call = { model: "gemini-embedding-001", stream: false, settings: {} };
  assert.equal(geminiEmbedService().path(call), "/models/gemini-embedding-001:batchEmbedContents");
  assert.equal(
    geminiEmbedService("vertex").path(call),
    "/publishers/google/models/gemini-embedding-001:predict",
  );
  assert.equal(geminiEmbedService().onlyTranslated, true);
});
