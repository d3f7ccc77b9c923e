/** Places in a text, counted in UTF-8 bytes as Google does and in UTF-16 units as JavaScript does. */
export class ByteOffsets {
  readonly text: string;
  /** Bytes before each unit, and before the end; null where every unit is one byte. */
  readonly #bytesBefore: Uint32Array | null;

  constructor(text: string) {
    this.text = text;
    this.#bytesBefore = Buffer.byteLength(text) === text.length ? null : countBytes(text);
  }

  /** The unit that begins at a byte; null outside of the text and inside of a character. */
  indexAt(bytes: number): number | null {
    const before = this.#bytesBefore;
    if (before === null) return isWithin(bytes, this.text.length) ? bytes : null;
    let low = 0;
    let high = before.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((before[middle] ?? 0) < bytes) low = middle + 1;
      else high = middle;
    }
    return before[low] === bytes ? low : null;
  }

  bytesAt(index: number): number | null {
    if (!isWithin(index, this.text.length)) return null;
    return this.#bytesBefore === null ? index : (this.#bytesBefore[index] ?? null);
  }
}

function isWithin(place: number, end: number): boolean {
  return Number.isInteger(place) && place >= 0 && place <= end;
}

function countBytes(text: string): Uint32Array {
  const before = new Uint32Array(text.length + 1);
  let bytes = 0;
  for (let index = 0; index < text.length; index++) {
    before[index] = bytes;
    bytes += bytesOfUnit(text.charCodeAt(index));
  }
  before[text.length] = bytes;
  return before;
}

/** Of the four bytes of a pair of surrogates each unit has two. */
function bytesOfUnit(unit: number): number {
  if (unit < 0x80) return 1;
  if (unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff)) return 2;
  return 3;
}
