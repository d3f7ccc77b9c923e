/**
 * A word, or a sign of a script that puts no spaces between words, or any other sign: in code and figures those tell more
 * than words do.
 */
const TOKEN =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]|[\p{L}\p{M}\p{N}_]+|[^\s]/gu;
/** In no token, for none has white space. */
const EDGE = " ";

/**
 * How much two texts say the same in the same words, from 0 to 1: the Sørensen–Dice coefficient over the pairs of
 * neighbouring words, each counted as often as it stands there. Letter case, white space and Unicode's compatible
 * spellings count for nothing. Equal texts are 1, two empty ones too; an empty and a full one are 0.
 *
 * An edit distance would take the product of both lengths; pairs of letters find half of any two English texts alike; and
 * single words do not see that their order changed. This takes time in proportion to the texts.
 */
export function textSimilarity(one: string, other: string): number {
  if (one === other) return 1;
  const pairsOfOne = pairsOf(one);
  const pairsOfOther = pairsOf(other);
  if (pairsOfOne.total + pairsOfOther.total === 0) return 1;
  let shared = 0;
  for (const [pair, count] of pairsOfOne.counts)
    shared += Math.min(count, pairsOfOther.counts.get(pair) ?? 0);
  return (2 * shared) / (pairsOfOne.total + pairsOfOther.total);
}

interface Pairs {
  readonly counts: ReadonlyMap<string, number>;
  readonly total: number;
}

/** Begin and end count as neighbours, so that a single word has pairs as well. */
function pairsOf(text: string): Pairs {
  const counts = new Map<string, number>();
  let total = 0;
  let before = EDGE;
  const add = (token: string): void => {
    const pair = `${before}${EDGE}${token}`;
    counts.set(pair, (counts.get(pair) ?? 0) + 1);
    total++;
    before = token;
  };
  for (const [token] of text.normalize("NFKC").toLowerCase().matchAll(TOKEN)) add(token);
  if (total > 0) add(EDGE);
  return { counts, total };
}

/** Mean cosine of the vectors with the same place, from -1 to 1; null where they are not of the same number or length. */
export function vectorSimilarity(
  one: readonly Float32Array[],
  other: readonly Float32Array[],
): number | null {
  if (one.length === 0 || one.length !== other.length) return null;
  let sum = 0;
  for (const [i, vector] of one.entries()) {
    const cosine = cosineOf(vector, other[i] ?? NO_VECTOR);
    if (cosine === null) return null;
    sum += cosine;
  }
  return sum / one.length;
}

const NO_VECTOR = new Float32Array(0);

function cosineOf(one: Float32Array, other: Float32Array): number | null {
  if (one.length === 0 || one.length !== other.length) return null;
  let product = 0;
  let squaresOfOne = 0;
  let squaresOfOther = 0;
  for (const [i, a] of one.entries()) {
    const b = other[i] ?? 0;
    product += a * b;
    squaresOfOne += a * a;
    squaresOfOther += b * b;
  }
  const lengths = Math.sqrt(squaresOfOne) * Math.sqrt(squaresOfOther);
  if (!Number.isFinite(lengths) || lengths === 0) return null;
  // Rounding may bring a vector's cosine with itself above 1.
  return Math.max(-1, Math.min(1, product / lengths));
}
