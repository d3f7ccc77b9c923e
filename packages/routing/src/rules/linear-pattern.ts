import { RE2JS } from "re2js";
import { UndecidedRule } from "./rule-fault.ts";

const MAX_PATTERN_CHARS = 512;
const MAX_TEXT_CHARS = 65_536;
/** States of the pattern times characters of the text, to which the time is proportional at worst; mostly it is far less. */
const MAX_WORK = 1_000_000;

/**
 * A regular expression in RE2's syntax, as CEL has it. Whatever it and the text are, its time is bounded, which that of a
 * RegExp is not.
 */
export class LinearPattern {
  readonly #pattern: RE2JS;
  readonly #maxChars: number;

  /** @throws Error when it is not one */
  constructor(source: string) {
    if (source.length > MAX_PATTERN_CHARS) {
      throw new Error(`the pattern has more than ${MAX_PATTERN_CHARS} characters`);
    }
    this.#pattern = RE2JS.compile(source);
    this.#maxChars = Math.min(MAX_TEXT_CHARS, Math.floor(MAX_WORK / this.#pattern.programSize()));
  }

  /**
   * Whether it stands anywhere in a text.
   *
   * @throws UndecidedRule when the text is too long for it
   */
  test(text: string): boolean {
    if (text.length <= this.#maxChars) return this.#pattern.test(text);
    throw new UndecidedRule(`matches() reads no more than ${this.#maxChars} characters here`);
  }
}
