/** Models that repeat themselves repeat a few words, not pages. */
const MAX_OVERLAP_CHARS = 200;
/** Less than this may well be meant: "knock, knock", a rule of dashes. */
const MIN_OVERLAP_CHARS = 12;

export interface SeamOptions {
  /** The provider always begins with what it was given. */
  readonly echoes: boolean;
}

/** The text without white space at its end, as it is given to the model that goes on with it. */
export function withoutTrailingBlanks(text: string): string {
  return text.trimEnd();
}

/**
 * Where one model's text goes over into another's. The other one was given the text without the white space at its end,
 * and is expected to begin with that; some begin with all that they were given, or with its last words. What the client
 * has already is left out, and nothing else.
 */
export class Seam {
  readonly #given: string;
  /** White space that the client has, and the other model does not know of. */
  #blanks: string;
  readonly #echoes: boolean;
  /** As many characters of what it was given have come again. */
  #echoedChars = 0;
  #state: "echo" | "overlap" | "blanks" | "passed";
  #held = "";

  /** @param text - what the client has */
  constructor(text: string, { echoes }: SeamOptions) {
    this.#given = withoutTrailingBlanks(text);
    this.#blanks = text.slice(this.#given.length);
    this.#echoes = echoes;
    this.#state = this.#given === "" ? "blanks" : mayEcho(this.#given, echoes) ? "echo" : "overlap";
  }

  /** @returns what of it the client is to have now; "" while that is not certain */
  push(text: string): string {
    if (this.#state === "passed") return text;
    if (this.#state !== "echo") this.#held += text;
    else if (!this.#followEcho(text)) return "";
    return this.#settle(false);
  }

  /** The text ends here. */
  end(): string {
    if (this.#state === "passed") return "";
    if (this.#state === "echo") this.#endEcho();
    return this.#settle(true);
  }

  #settle(isEnd: boolean): string {
    if (this.#state === "overlap" && !this.#dropOverlap(isEnd)) return "";
    this.#dropBlanks();
    if (this.#state === "blanks" && !isEnd) return "";
    this.#state = "passed";
    const text = this.#held;
    this.#held = "";
    return text;
  }

  /** Compares the new piece only: an echo may be long. @returns false while it may still be one */
  #followEcho(text: string): boolean {
    const given = this.#given;
    const left = given.length - this.#echoedChars;
    const isEcho = given.startsWith(text.slice(0, left), this.#echoedChars);
    if (isEcho && text.length < left) {
      this.#echoedChars += text.length;
      return false;
    }
    this.#held = isEcho ? text.slice(left) : given.slice(0, this.#echoedChars) + text;
    this.#state = isEcho ? "blanks" : "overlap";
    return true;
  }

  /** The beginning of an echo is one too, if it is long enough to be told from words that are meant. */
  #endEcho(): void {
    const isEcho = this.#echoes || this.#echoedChars >= MIN_OVERLAP_CHARS;
    this.#held = isEcho ? "" : this.#given.slice(0, this.#echoedChars);
    this.#state = isEcho ? "blanks" : "overlap";
  }

  /** @returns false while there may still be a longer one */
  #dropOverlap(isEnd: boolean): boolean {
    const tail = this.#given.slice(-MAX_OVERLAP_CHARS);
    const held = this.#held;
    if (!isEnd && couldOverlap(tail, held)) return false;
    this.#held = held.slice(overlapOf(tail, held));
    this.#state = "blanks";
    return true;
  }

  /** Goes on to `passed` when there are none left to come. */
  #dropBlanks(): void {
    while (this.#blanks !== "" && this.#held !== "") {
      if (this.#held[0] !== this.#blanks[0]) this.#blanks = "";
      else {
        this.#held = this.#held.slice(1);
        this.#blanks = this.#blanks.slice(1);
      }
    }
    if (this.#blanks === "") this.#state = "passed";
  }
}

function mayEcho(given: string, echoes: boolean): boolean {
  if (echoes || given.length > MAX_OVERLAP_CHARS) return true;
  return given.length >= MIN_OVERLAP_CHARS && !isPeriodic(given);
}

/** Whether what begins so may still turn out to repeat the end of the text, or more of it than so far. */
function couldOverlap(tail: string, begun: string): boolean {
  if (begun === "") return true;
  for (let at = tail.indexOf(begun); at !== -1; at = tail.indexOf(begun, at + 1)) {
    if (tail.length - at > begun.length && tail.length - at >= MIN_OVERLAP_CHARS) return true;
  }
  return false;
}

/** Length of the longest end of the text that the other one begins with; 0 for none that is a slip. */
function overlapOf(tail: string, other: string): number {
  for (let chars = Math.min(tail.length, other.length); chars >= MIN_OVERLAP_CHARS; chars--) {
    const repeated = other.slice(0, chars);
    if (tail.endsWith(repeated)) return isPeriodic(repeated) ? 0 : chars;
  }
  return 0;
}

/** Consists of the same few characters again and again, as a line or a row of numbers does, which may go on for long. */
function isPeriodic(text: string): boolean {
  for (let period = 1; period <= text.length / 2; period++)
    if (text.startsWith(text.slice(period))) return true;
  return false;
}
