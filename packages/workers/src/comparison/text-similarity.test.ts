import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import fc from "fast-check";
import { textSimilarity, vectorSimilarity } from "./text-similarity.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);
before((context) => {
  if ("diagnostic" in context) context.diagnostic(`fast-check seed ${seed}`);
});

const WORDS = fc.array(fc.constantFrom("the", "quick", "brown", "fox", "jumps", "雪", "は", "42", "+", "é"));
const TEXTS = fc.oneof(
  WORDS.map((words) => words.join(" ")),
  fc.string({ unit: "binary", maxLength: 60 }),
);

describe("textSimilarity", () => {
  it("is symmetric, from 0 to 1, and 1 for a text and itself", () => {
    fc.assert(
      fc.property(TEXTS, TEXTS, (one, other) => {
        const similarity = textSimilarity(one, other);
        assert.equal(similarity, textSimilarity(other, one));
        assert.ok(similarity >= 0 && similarity <= 1);
        assert.equal(textSimilarity(one, one), 1);
        assert.equal(textSimilarity(one, `${one} `), 1);
      }),
      { seed },
    );
  });

  it("does not rise when a word is put in the place of another that is not there", () => {
    fc.assert(
      fc.property(WORDS, fc.nat(), (words, at) => {
        fc.pre(words.length > 0);
        const changed = [
          ...words.slice(0, at % words.length),
          "elsewhere",
          ...words.slice((at % words.length) + 1),
        ];
        assert.ok(textSimilarity(words.join(" "), changed.join(" ")) < 1);
        assert.ok(textSimilarity(words.join(" "), changed.join(" ")) >= 0);
      }),
      { seed },
    );
  });

  const CASES = [
    ["", "", 1],
    ["", "word", 0],
    [" \n", "word", 0],
    ["word", "word", 1],
    ["word", "other", 0],
    ["Straße  is\nfine", "straße is fine", 1],
    // 3 of 5 pairs: ^the, the quick, quick brown
    ["the quick brown fox", "the quick brown dog", 0.6],
    // the same words: none of the pairs is left
    ["a b c d", "d c b a", 0],
    // each pair as often as it is there: ^a, a a, a$ of 2 and 4 pairs
    ["a", "a a a", 2 / 3],
    // signs of scripts without spaces are words: ^雪, 雪が, が降, 降る, る$ and ^雪 … 降り, り$
    ["雪が降る", "雪が降り", 0.6],
    ["x=1", "x=2", 0.5],
    ["ﬁne", "fine", 1],
  ] as const;
  for (const [one, other, expected] of CASES)
    it(`${JSON.stringify(one)} and ${JSON.stringify(other)}: ${expected.toFixed(2)}`, () => {
      assert.equal(textSimilarity(one, other).toFixed(9), expected.toFixed(9));
    });

  it("tells texts about the same from texts about others", () => {
    const asked = "The capital of France is Paris, which lies on the Seine in the north of the country.";
    const alike = "The capital of France is Paris. It lies on the Seine, in the north of the country.";
    const apart = "The cat is on the mat, which is in the kitchen of the house by the end of the road.";
    assert.ok(textSimilarity(asked, alike) > 0.7);
    assert.ok(textSimilarity(asked, apart) < 0.3);
  });
});

describe("vectorSimilarity", () => {
  const VECTORS = fc
    .integer({ min: 1, max: 8 })
    .chain((length) => fc.array(fc.float32Array({ minLength: length, maxLength: length }), { maxLength: 4 }));

  it("is symmetric, from -1 to 1, and 1 for vectors and themselves", () => {
    fc.assert(
      fc.property(VECTORS, VECTORS, (one, other) => {
        const similarity = vectorSimilarity(one, other);
        assert.equal(similarity, vectorSimilarity(other, one));
        if (similarity !== null) assert.ok(similarity >= -1 && similarity <= 1);
        const itself = vectorSimilarity(one, one);
        if (itself !== null) assert.ok(Math.abs(itself - 1) < 1e-9, String(itself));
      }),
      { seed },
    );
  });

  const of = (...vectors: number[][]): Float32Array[] => vectors.map((vector) => Float32Array.from(vector));
  it("is the mean cosine, whatever the vectors' lengths in space", () => {
    assert.equal(vectorSimilarity(of([1, 0], [0, 2]), of([5, 0], [3, 0])), 0.5);
    assert.equal(vectorSimilarity(of([1, 0]), of([-1, 0])), -1);
  });

  it("is null where there is nothing to compare", () => {
    for (const [one, other] of [
      [of(), of()],
      [of([1]), of([1], [1])],
      [of([1, 2]), of([1])],
      [of([0, 0]), of([1, 0])],
      [of([Number.NaN]), of([1])],
    ] as const)
      assert.equal(vectorSimilarity(one, other), null);
  });
});
