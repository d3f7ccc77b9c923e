const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;

/** Tells when JSON text that comes in pieces has made up a whole object, by its brackets alone. */
export class JsonObjectTracker {
  #depth = 0;
  #inString = false;
  #escaped = false;
  #isWhole = false;

  get isWhole(): boolean {
    return this.#isWhole;
  }

  push(piece: string): void {
    for (let at = 0; at < piece.length; at++) {
      const code = piece.charCodeAt(at);
      if (this.#inString) this.#inside(code);
      else if (code === QUOTE) this.#inString = true;
      else if (code === OPEN || code === OPEN_LIST) this.#depth++;
      else if ((code === CLOSE || code === CLOSE_LIST) && --this.#depth === 0) this.#isWhole = true;
    }
  }

  #inside(code: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (code === BACKSLASH) this.#escaped = true;
    else if (code === QUOTE) this.#inString = false;
  }
}
