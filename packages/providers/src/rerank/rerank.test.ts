import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import type { RerankRequest } from "@headrace/core/canonical/rerank";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import type { RerankClientCodec, RerankProviderCodec } from "@headrace/core/wire/rerank-codec";
import fc from "fast-check";
import { cohereClientWire } from "../cohere/client-wire.ts";
import { fixtureBytes, fixtureJson, seed } from "../testing/chat-streams.ts";
import { rerankTranslation } from "../translation/translation.ts";
import { cohereRerankClient } from "../wires/cohere-rerank/client.ts";
import { cohereRerankProvider } from "../wires/cohere-rerank/provider.ts";
import { cohereRerankService } from "../wires/cohere-rerank/service.ts";
import { jinaRerankClient } from "../wires/jina-rerank/client.ts";
import { jinaRerankClientWire } from "../wires/jina-rerank/client-wire.ts";
import { TEI_RERANK, VOYAGE_RERANK } from "../wires/jina-rerank/dialect.ts";
import { jinaRerankProvider } from "../wires/jina-rerank/provider.ts";
import { jinaRerankService } from "../wires/jina-rerank/service.ts";

const DOCUMENTS = ["The race is full.", "Bread.", "The weir is open."];
const CALL = { model: "rerank", query: "Is the weir open?", documents: DOCUMENTS, top_n: 2 };
const PATH = { model: null, stream: false };
const FACTS = { requestId: "r", model: "rerank", createdAtSeconds: 0, includeUsage: false };

const CLIENTS: readonly RerankClientCodec[] = [cohereRerankClient, jinaRerankClient];

interface Provider {
  readonly name: string;
  readonly codec: RerankProviderCodec;
  /** What it is asked. */
  readonly body: JsonObject;
  /** What it answers. */
  readonly answer: unknown;
  readonly tokens: number | null;
  readonly searchUnits?: number;
}

const PROVIDERS: readonly Provider[] = [
  {
    name: "cohere",
    codec: cohereRerankProvider,
    body: { ...CALL, model: "m" },
    answer: fixtureJson("cohere/rerank.json"),
    tokens: null,
    searchUnits: 1,
  },
  {
    name: "jina",
    codec: jinaRerankProvider(),
    body: { ...CALL, model: "m", return_documents: false },
    answer: fixtureJson("jina/rerank.json"),
    tokens: 48,
  },
  {
    name: "voyage",
    codec: jinaRerankProvider(VOYAGE_RERANK),
    body: { model: "m", query: CALL.query, documents: DOCUMENTS, top_k: 2, return_documents: false },
    answer: fixtureJson("voyage/rerank.json"),
    tokens: 48,
  },
  {
    name: "tei",
    codec: jinaRerankProvider(TEI_RERANK),
    body: { query: CALL.query, texts: DOCUMENTS, return_text: false },
    answer: fixtureJson("tei/rerank.json"),
    tokens: null,
  },
];

for (const client of CLIENTS) {
  for (const { name, codec, body, answer, tokens, searchUnits } of PROVIDERS) {
    const translation = rerankTranslation(client, codec);

    test(`rerank from ${client.wire} to ${name}: the request`, () => {
      const encoded = translation.encodeRequest({ ...CALL, user: "ada", odd: 1 }, PATH, {
        model: "m",
        stream: false,
      });
      assert.deepEqual(encoded.body, body);
      assert.deepEqual(encoded.lost, ["odd"]);
    });

    test(`rerank from ${client.wire} to ${name}: the answer, best first and no more than wanted`, () => {
      const asked = { ...CALL, return_documents: true };
      const { echo } = translation.encodeRequest(asked, PATH, { model: "m", stream: false });
      const said = translation.translateAnswer(answer, { ...FACTS, echo });
      assert.deepEqual(said.body.results, [
        { index: 2, relevance_score: 0.97, document: { text: DOCUMENTS[2] } },
        { index: 0, relevance_score: 0.31, document: { text: DOCUMENTS[0] } },
      ]);
      assert.equal(said.usage?.uncachedInput ?? null, tokens);
      if (client === jinaRerankClient)
        assert.deepEqual(
          said.body.usage,
          tokens === null ? undefined : { total_tokens: tokens, prompt_tokens: tokens },
        );
      else
        assert.deepEqual(said.body.meta, {
          api_version: { version: "2" },
          ...(searchUnits === undefined ? {} : { billed_units: { search_units: searchUnits } }),
          ...(tokens === null ? {} : { tokens: { input_tokens: tokens } }),
        });
    });
  }
}

test("rerank: documents come back to Jina's clients unless they say no, to Cohere's if they say yes", () => {
  assert.equal(jinaRerankClient.decodeRequest(CALL).returnDocuments, true);
  assert.equal(jinaRerankClient.decodeRequest({ ...CALL, return_documents: false }).returnDocuments, false);
  assert.equal(cohereRerankClient.decodeRequest(CALL).returnDocuments, false);
});

test("rerank: a result for a document that does not exist has none", () => {
  const request = jinaRerankClient.decodeRequest({ ...CALL, top_n: null });
  const answer = { results: [{ index: 99, relevance_score: 0.5 }] };
  const said = jinaRerankClient.encodeResult(jinaRerankProvider().decodeResult(answer), request);
  assert.deepEqual(said.results, [{ index: 99, relevance_score: 0.5 }]);
});

const REFUSED: readonly (readonly [JsonObject, string])[] = [
  [{ query: "a", documents: [] }, "model"],
  [{ model: "m", documents: [] }, "query"],
  [{ model: "m", query: "a" }, "documents"],
  [{ model: "m", query: "a", documents: "b" }, "documents"],
  [{ model: "m", query: "a", documents: ["b", 7] }, "documents[1]"],
  [{ model: "m", query: "a", documents: [{ image: "b" }] }, "documents[0].text"],
  [{ model: "m", query: "a", documents: ["b"], top_n: 0 }, "top_n"],
  [{ model: "m", query: "a", documents: ["b"], top_n: 1.5 }, "top_n"],
  [{ model: "m", query: "a", documents: ["b"], return_documents: "yes" }, "return_documents"],
];
for (const client of CLIENTS)
  for (const [body, param] of REFUSED)
    test(`rerank on ${client.wire}: ${JSON.stringify(body)} is refused for ${param}`, () => {
      assert.throws(
        () => client.decodeRequest(body),
        (error) => error instanceof GatewayError && error.status === 400 && error.param === param,
      );
    });

const NO_ANSWERS = [{}, { results: {} }, { results: [7] }, { results: [{ index: -1, relevance_score: 1 }] }];
for (const { name, codec } of PROVIDERS)
  for (const answer of [...NO_ANSWERS, { results: [{ index: 0, relevance_score: "1" }] }])
    test(`rerank by ${name}: ${JSON.stringify(answer)} is no answer`, () => {
      assert.throws(() => codec.decodeResult(answer), { code: "upstream_invalid_response" });
    });

const canonical = fc.record({
  model: fc.string(),
  query: fc.string(),
  documents: fc.array(fc.string(), { maxLength: 5 }),
  topN: fc.integer({ min: 1, max: 9 }),
});

for (const [client, provider] of [
  [cohereRerankClient, cohereRerankProvider],
  [jinaRerankClient, jinaRerankProvider()],
] as const)
  test(`rerank: what ${client.wire} says it reads again (seed ${seed})`, () => {
    fc.assert(
      fc.property(canonical, (said) => {
        const request: RerankRequest = {
          ...said,
          wire: client.wire,
          returnDocuments: false,
          extra: NO_EXTRA,
        };
        const { body, lost } = provider.encodeRequest(request, said.model);
        assert.deepEqual(client.decodeRequest(body), request);
        assert.deepEqual(lost, []);
        const answer = {
          results: said.documents.map((_, index) => ({ index, relevance_score: 1 / (index + 1) })),
        };
        const result = provider.decodeResult(answer);
        assert.deepEqual(
          provider.decodeResult(client.encodeResult(result, { ...request, topN: 99 })).results,
          result.results,
        );
      }),
      { seed },
    );
  });

test("rerank: usage in the bytes of an answer that is passed on", () => {
  const cohere = cohereRerankService();
  assert.equal(cohere.tokenUsage(cohere.readUsage(fixtureBytes("cohere/rerank.json"))), null);
  const jina = jinaRerankService();
  assert.equal(jina.tokenUsage(jina.readUsage(fixtureBytes("jina/rerank.json")))?.uncachedInput, 48);
});

test("rerank: who has other names is never passed on as it is", () => {
  assert.equal(jinaRerankService().onlyTranslated, undefined);
  assert.equal(jinaRerankService({ dialect: VOYAGE_RERANK }).onlyTranslated, true);
  assert.equal(jinaRerankService({ dialect: TEI_RERANK }).edits.model, "remove");
});

test("rerank: errors in the client's own shape", () => {
  const error = new GatewayError("model_not_found", { message: "There is no model x." });
  assert.deepEqual(JSON.parse(cohereClientWire.encodeError(error, "r1")), {
    id: "r1",
    message: error.message,
  });
  const jina: unknown = JSON.parse(jinaRerankClientWire.encodeError(error, "r1"));
  assert.deepEqual(jina, {
    detail: error.message,
    error: {
      message: error.message,
      type: "not_found_error",
      param: null,
      code: "model_not_found",
      request_id: "r1",
    },
  });
  for (const wire of [cohereClientWire, jinaRerankClientWire])
    assert.ok(wire.encodeStreamError(error, "r1").endsWith("\n\n"));
});
