/** All fixtures of embeddings hold the same two vectors, and all of rankings the same order. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { totalInputTokens, totalOutputTokens } from "@headrace/core/canonical/usage";
import { fixtureJson } from "../testing/chat-streams.ts";
import { demandAnswer } from "../translation/provider-answer.ts";
import { registeredAdapters } from "./subjects.ts";
import { VECTOR_FIXTURES } from "./vector-fixtures.ts";

const VECTORS = [
  [0.5, -0.25, 0.125],
  [1, 0, -1],
];
const USUAL_EMBED_TOKENS = 6;
const RANKING = [
  { index: 2, score: 0.97 },
  { index: 0, score: 0.31 },
  { index: 1, score: 0.002 },
];

for (const { title, adapter } of registeredAdapters()) {
  const { embedding, rerank } = adapter;
  const fixtures = VECTOR_FIXTURES[title] ?? {};

  if (embedding !== null)
    test(`${title} embeds: the vectors are found, in the order of the inputs`, () => {
      const result = embedding.decodeResult(demandAnswer(fixture(fixtures.embed)));
      assert.deepEqual(
        result.vectors.map((vector) => [...vector]),
        VECTORS,
      );
      if (result.usage === null) return;
      assert.equal(totalInputTokens(result.usage), fixtures.embedTokens ?? USUAL_EMBED_TOKENS);
      assert.equal(totalOutputTokens(result.usage), 0);
    });

  if (rerank !== null)
    test(`${title} reranks: the best is first, with its score`, () => {
      const answer = demandAnswer(fixture(fixtures.rerank), rerank);
      assert.deepEqual(rerank.decodeResult(answer).results, RANKING);
    });

  test(`${title} has fixtures of no more than it can`, () => {
    assert.equal(fixtures.embed !== undefined, embedding !== null);
    assert.equal(fixtures.rerank !== undefined, rerank !== null);
  });
}

function fixture(path: string | undefined): unknown {
  assert.ok(path !== undefined, "neither fixtures nor an exemption are written down for it");
  return fixtureJson(`${path}.json`);
}
