const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
const DONE = Buffer.from("data: [DONE]");
// Some peers write the field without the optional space.
const DONE_TIGHT = Buffer.from("data:[DONE]");
const TAIL_BYTES = 32;

/**
 * Counts server-sent events in a body that arrives in pieces, without decoding them: an event ends at a blank line
 * (LF or CRLF). Comment blocks are not events. Whether the body ended with `[DONE]` is read from its last bytes.
 */
export class SseCounter {
  events = 0;
  #lineBytes = 0;
  #blockHasField = false;
  readonly #tail: Buffer = Buffer.alloc(TAIL_BYTES);

  reset(): void {
    this.events = 0;
    this.#lineBytes = 0;
    this.#blockHasField = false;
    this.#tail.fill(0);
  }

  push(bytes: Buffer, start: number, end: number): void {
    let lineBytes = this.#lineBytes;
    for (let i = start; i < end; i++) {
      const byte = bytes[i];
      if (byte === LF) {
        if (lineBytes === 0) this.#endBlock();
        lineBytes = 0;
      } else if (byte !== CR) {
        if (lineBytes === 0 && byte !== COLON) this.#blockHasField = true;
        lineBytes++;
      }
    }
    this.#lineBytes = lineBytes;
    this.#keepTail(bytes, start, end);
  }

  /** True when the `[DONE]` that closes an OpenAI stream is among the last bytes seen. */
  get sawDone(): boolean {
    return this.#tail.includes(DONE) || this.#tail.includes(DONE_TIGHT);
  }

  #endBlock(): void {
    if (this.#blockHasField) this.events++;
    this.#blockHasField = false;
  }

  #keepTail(bytes: Buffer, start: number, end: number): void {
    const length = end - start;
    if (length >= TAIL_BYTES) {
      bytes.copy(this.#tail, 0, end - TAIL_BYTES, end);
      return;
    }
    this.#tail.copyWithin(0, length);
    bytes.copy(this.#tail, TAIL_BYTES - length, start, end);
  }
}
