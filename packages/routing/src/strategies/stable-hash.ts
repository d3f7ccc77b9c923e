/**
 * A hash that is the same on every machine and in every version, so that all processes send a sender to the same target.
 * It is not for secrets: whoever knows it can find texts that meet.
 */
export class StableHash {
  #low: number;
  #high: number;

  /** @param seed - others give hashes that have nothing to do with one another */
  constructor(seed = 0) {
    this.#low = 0xdeadbeef ^ seed;
    this.#high = 0x41c6ce57 ^ seed;
  }

  /** Goes over UTF-16 units, which need no encoding; (a, b) differs from (ab). */
  add(text: string): this {
    return this.addPart(text, text.length);
  }

  /** Of a long text its first `chars` only, and its length. */
  addPart(text: string, chars: number): this {
    const end = Math.max(0, Math.min(chars, text.length));
    let low = this.#low;
    let high = this.#high;
    for (let index = 0; index < end; index += 1) {
      const unit = text.charCodeAt(index);
      low = Math.imul(low ^ unit, 0x9e3779b1);
      high = Math.imul(high ^ unit, 0x5f356495);
    }
    this.#low = Math.imul(low ^ text.length, 0x9e3779b1);
    this.#high = Math.imul(high ^ (text.length + 0x10000), 0x5f356495);
    return this;
  }

  /** 32 bits, unsigned. */
  value(): number {
    return (scatter(this.#low ^ scatter(this.#high)) ^ this.#high) >>> 0;
  }
}

/** The hash of one text, of 32 bits, unsigned. */
export function stableHash(text: string): number {
  return new StableHash().add(text).value();
}

/**
 * Bits of which each counts for half of those that come out; 32, unsigned. Two hashes are made one by
 * `scatter(scatter(one) ^ other)`. It is the finish of MurmurHash3.
 */
export function scatter(bits: number): number {
  let mixed = bits ^ (bits >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
