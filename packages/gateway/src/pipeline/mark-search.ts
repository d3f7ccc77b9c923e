/**
 * Finds whichever of some marks stands first, in one pass that jumps over what no mark can be part of: Horspool's search,
 * for several words. For an event it costs less than to ask the runtime for each mark, whose price is the way into native
 * code.
 */
export class MarkSearch {
  readonly #marks: readonly Uint8Array[];
  /** As long as the shortest mark. */
  readonly #windowBytes: number;
  /** How far the window may move, by the byte at its end; 0 where a mark may begin with the window. */
  readonly #moves: Uint8Array;

  /** @param marks - at least one, none empty, none longer than 255 bytes */
  constructor(marks: readonly Uint8Array[]) {
    const windowBytes = Math.min(...marks.map((mark) => mark.length));
    const moves = new Uint8Array(256).fill(windowBytes);
    for (const mark of marks)
      mark.subarray(0, windowBytes).forEach((byte, at) => {
        moves[byte] = Math.min(moves[byte] as number, windowBytes - 1 - at);
      });
    this.#marks = marks;
    this.#windowBytes = windowBytes;
    this.#moves = moves;
  }

  /** Where the first mark begins; -1 when there is none. */
  firstIn(bytes: Uint8Array): number {
    const moves = this.#moves;
    for (let end = this.#windowBytes - 1; end < bytes.length; ) {
      const move = moves[bytes[end] as number] as number;
      if (move > 0) {
        end += move;
        continue;
      }
      const start = end - this.#windowBytes + 1;
      if (this.#isMarkAt(bytes, start)) return start;
      end++;
    }
    return -1;
  }

  #isMarkAt(bytes: Uint8Array, start: number): boolean {
    for (const mark of this.#marks) {
      let matched = 0;
      while (matched < mark.length && bytes[start + matched] === mark[matched]) matched++;
      if (matched === mark.length) return true;
    }
    return false;
  }
}
