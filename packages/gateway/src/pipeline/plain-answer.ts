/** Answers up to this size are held until they are whole, so that a cut one can still be refused or tried again. */
const HELD_BYTES = 4 * 1024 * 1024;

/** Collects an answer that is not streamed. The usual answer is one chunk, and stays that very chunk. */
export class PlainAnswer {
  #chunks: Buffer[] = [];
  bodyBytes = 0;

  /** False once the answer is larger than is held: it must then be sent on in pieces. */
  push(chunk: Buffer): boolean {
    this.#chunks.push(chunk);
    this.bodyBytes += chunk.length;
    return this.bodyBytes <= HELD_BYTES;
  }

  take(): Buffer {
    const [first] = this.#chunks;
    const body = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks);
    this.#chunks = [];
    return body;
  }
}
