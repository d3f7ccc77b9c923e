import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import type { EmbeddingRequest } from "@headrace/core/canonical/embedding";
import type { JsonObject } from "@headrace/core/json-object";
import { fixtureBytes, fixtureObject } from "../../testing/chat-streams.ts";
import { ollamaEmbedProvider } from "./provider.ts";
import { ollamaEmbedService } from "./service.ts";

const REQUEST: EmbeddingRequest = {
  wire: "openai-embeddings",
  model: "embed",
  inputs: ["open weir", "full race"],
  encoding: "base64",
  extra: NO_EXTRA,
};
const PLAIN = { model: "embeddinggemma", input: ["open weir", "full race"] };

const REQUESTS: readonly (readonly [string, Partial<EmbeddingRequest>, JsonObject, readonly string[]])[] = [
  ["plain", {}, PLAIN, []],
  ["of a length", { dimensions: 256 }, { ...PLAIN, dimensions: 256 }, []],
  [
    "with fields of Ollama's own, and others",
    { extra: { truncate: false, keep_alive: "5m", options: { num_ctx: 512 }, user: "ada", task: "x" } },
    { ...PLAIN, truncate: false, keep_alive: "5m", options: { num_ctx: 512 } },
    ["task"],
  ],
  ["for a query", { wire: "gemini-embed", purpose: "query" }, PLAIN, ["taskType"]],
];
for (const [name, parts, body, lost] of REQUESTS)
  test(`Ollama embeddings: a request ${name}`, () => {
    const encoded = ollamaEmbedProvider.encodeRequest({ ...REQUEST, ...parts }, "embeddinggemma");
    assert.deepEqual(encoded, { body, headers: [], lost });
  });

test("Ollama embeddings: ids of tokens are refused", () => {
  assert.throws(() => ollamaEmbedProvider.encodeRequest({ ...REQUEST, inputs: [[1, 2]] }, "embeddinggemma"), {
    code: "invalid_field",
    param: "input",
  });
});

test("Ollama embeddings: the answer", () => {
  const result = ollamaEmbedProvider.decodeResult(fixtureObject("ollama/embed.json"));
  assert.equal(result.model, "embeddinggemma");
  assert.deepEqual(result.vectors, [Float32Array.of(0.5, -0.25, 0.125), Float32Array.of(1, 0, -1)]);
  assert.equal(result.usage?.uncachedInput, 8);
  const service = ollamaEmbedService();
  assert.deepEqual(service.tokenUsage(service.readUsage(fixtureBytes("ollama/embed.json"))), result.usage);
  assert.equal(service.tokenUsage(null), null);
});

for (const body of [{}, { embeddings: [] }, { embeddings: [[]] }, { error: "model not found" }])
  test(`Ollama embeddings: ${JSON.stringify(body)} is no answer`, () => {
    assert.throws(() => ollamaEmbedProvider.decodeResult(body), { code: "upstream_invalid_response" });
  });

test("Ollama embeddings: its path, or another", () => {
  const call = { model: "embed", stream: false, settings: {} };
  assert.equal(ollamaEmbedService().path(call), "/api/embed");
  assert.equal(ollamaEmbedService({ path: () => "/embed" }).path(call), "/embed");
});
