import type { Citation } from "@headrace/core/canonical/chat-parts";
import { citedBlock, readCitations } from "./citations.ts";

/** Above any answer; behind it citations are given without their place. */
const MAX_TEXT_CHARS = 1024 * 1024;
const MAX_CITATIONS = 4096;
const MAX_BLOCKS = 1024;

/** The text of a stream so far, as far as citations need it to find their place. */
export class CitedText {
  readonly #starts = new Map<unknown, number>();
  #text = "";
  #citations = 0;

  openBlock(index: unknown): void {
    if (this.#starts.size < MAX_BLOCKS) this.#starts.set(index, this.#text.length);
  }

  append(text: string): void {
    if (this.#text.length < MAX_TEXT_CHARS) this.#text += text;
  }

  /** Null for one too many. */
  cite(raw: unknown): readonly Citation[] | null {
    if (this.#citations >= MAX_CITATIONS) return null;
    this.#citations++;
    const start = this.#starts.get(citedBlock(raw)) ?? 0;
    return readCitations(raw, start === 0 ? this.#text : this.#text.slice(start), start);
  }
}
