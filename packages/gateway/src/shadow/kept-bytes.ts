/** A copy of an answer up to a size; of a longer one only the length is kept. */
export class KeptBytes {
  bytes = 0;
  readonly #maxBytes: number;
  #chunks: Buffer[] | null = [];

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  push(chunk: Uint8Array): void {
    this.bytes += chunk.length;
    if (this.bytes > this.#maxBytes) this.#chunks = null;
    // Copied, because a piece of some bytes keeps all that was read from the socket with it.
    else this.#chunks?.push(Buffer.from(chunk));
  }

  /** Null for an answer that was too long. */
  whole(): Buffer | null {
    return this.#chunks === null ? null : Buffer.concat(this.#chunks);
  }
}
