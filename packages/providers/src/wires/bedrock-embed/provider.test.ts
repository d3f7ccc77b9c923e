import assert from "node:assert/strict";
import { test } from "node:test";
import type { EmbeddingRequest } from "@headrace/core/canonical/embedding";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import fc from "fast-check";
import { bedrockEmbedProvider } from "./provider.ts";
import { bedrockEmbedService } from "./service.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

function encode(model: string, parts: Partial<EmbeddingRequest>) {
  const request: EmbeddingRequest = {
    wire: "openai-embeddings",
    model: "embed",
    inputs: ["weir"],
    encoding: "float",
    extra: {},
    ...parts,
  };
  return bedrockEmbedProvider.encodeRequest(request, model);
}

const REQUESTS: readonly {
  readonly model: string;
  readonly request: Partial<EmbeddingRequest>;
  readonly body: JsonObject;
  readonly lost?: readonly string[];
}[] = [
  {
    model: "amazon.titan-embed-text-v2:0",
    request: { dimensions: 256, extra: { user: "ada", odd: 1 } },
    body: { inputText: "weir", dimensions: 256 },
    lost: ["odd"],
  },
  {
    model: "amazon.titan-embed-text-v1",
    request: { dimensions: 256, purpose: "query", wire: "gemini-embed" },
    body: { inputText: "weir" },
    lost: ["outputDimensionality", "taskType"],
  },
  {
    model: "amazon.titan-embed-image-v1",
    request: { dimensions: 384 },
    body: { inputText: "weir", embeddingConfig: { outputEmbeddingLength: 384 } },
  },
  {
    model: "cohere.embed-multilingual-v3",
    request: { inputs: ["weir", "mill"], purpose: "query", dimensions: 256 },
    body: { texts: ["weir", "mill"], input_type: "search_query", embedding_types: ["float"] },
    lost: ["dimensions"],
  },
  {
    model: "arn:aws:bedrock:us-east-1:1:inference-profile/us.cohere.embed-v4:0",
    request: { dimensions: 512 },
    body: {
      texts: ["weir"],
      input_type: "search_document",
      embedding_types: ["float"],
      output_dimension: 512,
    },
  },
  {
    model: "amazon.nova-2-multimodal-embeddings-v1:0",
    request: { dimensions: 1024, purpose: "query" },
    body: {
      taskType: "SINGLE_EMBEDDING",
      singleEmbeddingParams: {
        embeddingPurpose: "TEXT_RETRIEVAL",
        embeddingDimension: 1024,
        text: { truncationMode: "NONE", value: "weir" },
      },
    },
  },
];
for (const { model, request, body, lost = [] } of REQUESTS) {
  test(`bedrock embed: asks ${model}`, () => {
    assert.deepEqual(encode(model, request), { body, headers: [], lost });
  });
}

const REFUSED: readonly (readonly [string, Partial<EmbeddingRequest>, RegExp])[] = [
  [
    "amazon.titan-embed-text-v2:0",
    { inputs: ["a", "b"] },
    /takes one text in a request, and this one has 2; send each in a request of its own/,
  ],
  [
    "cohere.embed-v4:0",
    { inputs: Array.from({ length: 97 }, () => "a") },
    /at most 96 texts in a request, and this one has 97; send them in several requests/,
  ],
  ["cohere.embed-v4:0", { inputs: [[1, 2]] }, /not the ids of another model's tokens/],
];
for (const [model, request, words] of REFUSED) {
  test(`bedrock embed: refuses for ${model} ${words}`, () => {
    assert.throws(
      () => encode(model, request),
      (error) => error instanceof GatewayError && error.param === "input" && words.test(error.message),
    );
  });
}

const FLOATS = [0.5, -0.25];
const RESULTS: readonly (readonly [string, JsonObject, number, number | null])[] = [
  ["Titan", { embedding: FLOATS, inputTextTokenCount: 3, embeddingsByType: { float: FLOATS } }, 1, 3],
  [
    "Cohere by type",
    { id: "x", embeddings: { float: [FLOATS, FLOATS] }, response_type: "embeddings_by_type" },
    2,
    null,
  ],
  ["Cohere's floats", { id: "x", embeddings: [FLOATS, FLOATS], response_type: "embeddings_floats" }, 2, null],
  ["Nova", { embeddings: [{ embeddingType: "TEXT", embedding: FLOATS }] }, 1, null],
];
for (const [name, body, count, tokens] of RESULTS) {
  test(`bedrock embed: reads ${name}`, () => {
    const { vectors, usage } = bedrockEmbedProvider.decodeResult(body);
    assert.deepEqual(
      vectors,
      Array.from({ length: count }, () => Float32Array.from(FLOATS)),
    );
    assert.equal(usage?.uncachedInput ?? null, tokens);
  });
}

test("bedrock embed: a hostile answer is read or refused, nothing else", (context) => {
  context.diagnostic(`fast-check seed ${seed}`);
  const body = fc.record({ embedding: fc.jsonValue(), embeddings: fc.jsonValue() }, { requiredKeys: [] });
  fc.assert(
    fc.property(body, (raw) => {
      try {
        assert.ok(bedrockEmbedProvider.decodeResult(raw).vectors.length > 0);
      } catch (error) {
        assert.ok(error instanceof GatewayError && error.code === "upstream_invalid_response");
      }
    }),
    { seed },
  );
});

test("bedrock embed: the path", () => {
  const path = bedrockEmbedService().path({ model: "cohere.embed-v4:0", stream: false, settings: {} });
  assert.equal(path, "/model/cohere.embed-v4%3A0/invoke");
});
