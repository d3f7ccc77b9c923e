/** A document's place in a ranking. */
export interface Ranked {
  readonly index: number;
  /** From 0 to 1, more is better. */
  readonly score: number;
}

/** Ranks documents by the share of the query's words that they have; the earlier one wins a tie. */
export function rank(query: string, documents: readonly string[], topN: number): Ranked[] {
  const asked = wordsOf(query);
  return documents
    .map((document, index) => {
      const said = wordsOf(document);
      const found = [...asked].filter((word) => said.has(word)).length;
      return { index, score: Math.round((1_000 * (found + 0.5)) / (asked.size + 1)) / 1_000 };
    })
    .toSorted((left, right) => right.score - left.score || left.index - right.index)
    .slice(0, topN);
}

function wordsOf(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);
}
