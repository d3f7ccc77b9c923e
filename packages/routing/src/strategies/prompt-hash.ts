/** The primes of xxHash32 (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md). */
const PRIME_1 = 0x9e3779b1;
const PRIME_2 = 0x85ebca77;
const PRIME_3 = 0xc2b2ae3d;
const PRIME_4 = 0x27d4eb2f;

/** UTF-16 units that four lanes take in one step. */
const STEP_UNITS = 8;

/**
 * Adds the beginning of a text, and the whole text's length, to a hash of what came before. The same on every machine,
 * like {@link StableHash}, and three times as fast on long texts: it is the scheme of xxHash32, whose four lanes do not
 * wait for each other, over UTF-16 units, two to a word, so that nothing is encoded or copied.
 *
 * @param hash - 0 or any seed to begin with; to be scattered once all is added. Empty texts count too
 * @param chars - of the text; at most all of them
 * @returns 32 bits, signed
 */
export function addPromptText(hash: number, text: string, chars: number): number {
  const end = Math.min(chars, text.length);
  let mixed = (hash + PRIME_4 + Math.imul(text.length, PRIME_3)) | 0;
  let index = 0;
  if (end >= STEP_UNITS) {
    let a = (hash + PRIME_1 + PRIME_2) | 0;
    let b = (hash + PRIME_2) | 0;
    let c = hash;
    let d = (hash - PRIME_1) | 0;
    for (const last = end - STEP_UNITS; index <= last; index += STEP_UNITS) {
      a = round(a, text.charCodeAt(index) | (text.charCodeAt(index + 1) << 16));
      b = round(b, text.charCodeAt(index + 2) | (text.charCodeAt(index + 3) << 16));
      c = round(c, text.charCodeAt(index + 4) | (text.charCodeAt(index + 5) << 16));
      d = round(d, text.charCodeAt(index + 6) | (text.charCodeAt(index + 7) << 16));
    }
    mixed = (mixed + rotated(a, 1) + rotated(b, 7) + rotated(c, 12) + rotated(d, 18)) | 0;
  }
  for (; index < end; index += 1) {
    mixed = Math.imul(rotated(mixed + Math.imul(text.charCodeAt(index), PRIME_3), 17), PRIME_4);
  }
  return Math.imul(mixed ^ (mixed >>> 15), PRIME_2);
}

function round(lane: number, word: number): number {
  return Math.imul(rotated((lane + Math.imul(word, PRIME_2)) | 0, 13), PRIME_1);
}

function rotated(bits: number, by: number): number {
  return (bits << by) | (bits >>> (32 - by));
}
