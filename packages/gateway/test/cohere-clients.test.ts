/** What Cohere's official client does besides chatting, to Cohere and to others. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { CohereClientV2, CohereError } from "cohere-ai";
import { KEY } from "./support/mock-gateway.ts";
import {
  type FamiliesGateway,
  PROVIDER_FAMILIES,
  startFamiliesGateway,
} from "./support/provider-families.ts";

const FAMILIES = PROVIDER_FAMILIES.filter(({ name }) => ["cohere", "openai", "gemini"].includes(name));
const TEXTS = ["the weir", "the mill"];

let up: FamiliesGateway;
let client: CohereClientV2;

before(async () => {
  up = await startFamiliesGateway({ families: FAMILIES });
  client = new CohereClientV2({ token: KEY, environment: up.gateway.url, maxRetries: 0 });
});
beforeEach(() => up.mock.clear());
after(() => up.close());

function sent(): Record<string, unknown> {
  assert.equal(up.mock.received.length, 1);
  return JSON.parse(up.mock.received[0]?.bodyBytes.toString() ?? "");
}

for (const { name } of FAMILIES)
  test(`embeddings of ${name}`, async () => {
    const { embeddings, meta } = await client.embed({
      model: name,
      inputType: "search_query",
      embeddingTypes: ["float"],
      texts: TEXTS,
    });
    assert.equal(embeddings.float?.length, TEXTS.length);
    for (const vector of embeddings.float ?? [])
      assert.ok(vector.length > 0 && vector.every(Number.isFinite));
    // Gemini does not tell what they cost.
    assert.equal(typeof meta?.billedUnits?.inputTokens, name === "gemini" ? "undefined" : "number");
  });

test("embeddings in both forms are the same", async () => {
  const { embeddings } = await client.embed({
    model: "openai",
    inputType: "search_document",
    embeddingTypes: ["float", "base64"],
    texts: TEXTS,
  });
  const bytes = embeddings.base64?.map((vector) => Buffer.from(vector, "base64")) ?? [];
  const read = bytes.map((vector) =>
    Array.from({ length: vector.length / 4 }, (_, at) => vector.readFloatLE(at * 4)),
  );
  assert.deepEqual(read, embeddings.float);
});

test("embeddings that only Cohere can round are refused for others, with the field", async () => {
  const refused = client.embed({
    model: "openai",
    inputType: "search_query",
    embeddingTypes: ["int8"],
    texts: TEXTS,
  });
  await assert.rejects(refused, (error) => {
    assert.ok(error instanceof CohereError);
    assert.equal(error.statusCode, 400);
    assert.match(error.message, /float or base64/);
    return true;
  });
  assert.equal(up.mock.received.length, 0);
});

test("what only Cohere knows reaches it as it was written", async () => {
  await client.chat({
    model: "cohere",
    messages: [{ role: "user", content: "Is it open?" }],
    documents: [{ data: { text: "The weir is open." } }],
    citationOptions: { mode: "ACCURATE" },
  });
  const { documents, citation_options } = sent();
  assert.deepEqual(documents, [{ data: { text: "The weir is open." } }]);
  assert.deepEqual(citation_options, { mode: "ACCURATE" });
});

test("an error has Cohere's shape, with the id of the request", async () => {
  const refused = client.chat({ model: "none", messages: [{ role: "user", content: "Hi" }] });
  await assert.rejects(refused, (error) => {
    assert.ok(error instanceof CohereError);
    assert.equal(error.statusCode, 404);
    const body = JSON.parse(JSON.stringify(error.body));
    assert.deepEqual(Object.keys(body).sort(), ["id", "message"]);
    assert.equal(error.rawResponse?.headers.get("x-request-id"), body.id);
    return true;
  });
});
