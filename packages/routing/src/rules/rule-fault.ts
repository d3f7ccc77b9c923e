/** A rule that cannot be read. The message begins with the place in its text, as in `1:9: unexpected end`. */
export class RuleFault extends Error {
  override readonly name = "RuleFault";
  /** From 1. */
  readonly line: number;
  /** From 1, in characters of that line. */
  readonly column: number;

  /** @param at - where in the text, from 0 */
  constructor(text: string, at: number, words: string) {
    const before = text.slice(0, at).split("\n");
    const line = before.length;
    const column = (before.at(-1) ?? "").length + 1;
    super(`${line}:${column}: ${words}`);
    this.line = line;
    this.column = column;
  }
}

/** A rule that cannot tell whether it holds for a call. No words of the call are in the message. */
export class UndecidedRule extends Error {
  override readonly name = "UndecidedRule";
}
