const FIRST_CAPACITY_BYTES = 64 * 1024;

/**
 * Collects a body that comes in pieces. Room grows with what has arrived, never with what a client announces, so a
 * large `content-length` reserves nothing.
 */
export class BodyCollector {
  readonly #limitBytes: number;
  readonly #announcedBytes: number;
  #buffer: Buffer | null = null;
  #bodyBytes = 0;

  /** @param announcedBytes - `content-length`, or NaN; the room never outgrows it. */
  constructor(limitBytes: number, announcedBytes: number) {
    this.#limitBytes = limitBytes;
    this.#announcedBytes = announcedBytes;
  }

  /** Copies a piece; false when the body outgrows the limit, and then nothing is kept. */
  push(piece: Uint8Array): boolean {
    const neededBytes = this.#bodyBytes + piece.length;
    if (neededBytes > this.#limitBytes) {
      this.#buffer = null;
      return false;
    }
    this.#buffer = this.#roomFor(neededBytes);
    this.#buffer.set(piece, this.#bodyBytes);
    this.#bodyBytes = neededBytes;
    return true;
  }

  take(): Buffer {
    return (this.#buffer ?? Buffer.alloc(0)).subarray(0, this.#bodyBytes);
  }

  #roomFor(neededBytes: number): Buffer {
    if (this.#buffer !== null && this.#buffer.length >= neededBytes) return this.#buffer;
    const doubled = Math.max(neededBytes * 2, FIRST_CAPACITY_BYTES);
    const capacity = this.#announcedBytes >= neededBytes ? Math.min(doubled, this.#announcedBytes) : doubled;
    // Not from the shared slab: a large body's memory is handed to a worker whole.
    const grown = Buffer.allocUnsafeSlow(capacity);
    this.#buffer?.copy(grown, 0, 0, this.#bodyBytes);
    return grown;
  }
}
