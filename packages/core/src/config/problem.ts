import type { LineCounter } from "yaml";
import { displayPath, type Segments } from "../schema/json-schema.ts";

/** One thing that is wrong in a configuration file. */
export type ConfigProblem = {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** `models.gpt-4o.targets[0].provider`; "" for the file as a whole. */
  readonly path: string;
  /** What is wrong. Never holds a secret or the value of an environment variable. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
};

/** One line for a terminal: `file:line:column path: message (hint)`. */
export function formatConfigProblem(problem: ConfigProblem): string {
  const place = `${problem.file}:${problem.line}:${problem.column}`;
  const subject = problem.path === "" ? place : `${place} ${problem.path}`;
  const hint = problem.hint === undefined ? "" : ` (${problem.hint})`;
  return `${subject}: ${problem.message}${hint}`;
}

/** Where a value stands in the file. Offsets count UTF-16 units. */
export type Place = {
  readonly keyOffset: number;
  readonly valueOffset: number;
};

export type ProblemDetail = {
  readonly hint?: string | undefined;
  /** Point at the key instead of the value. */
  readonly atKey?: boolean;
};

/** Collects problems and knows the line of every value. */
export class ProblemList {
  readonly #file: string;
  readonly #lines: LineCounter;
  readonly #places = new Map<string, Place>();
  readonly #references = new Map<string, string>();
  readonly #unresolved = new Set<string>();
  readonly #problems: ConfigProblem[] = [];

  constructor(file: string, lines: LineCounter) {
    this.#file = file;
    this.#lines = lines;
  }

  get isEmpty(): boolean {
    return this.#problems.length === 0;
  }

  /** All problems in the order of the file. */
  sorted(): ConfigProblem[] {
    return this.#problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  }

  setPlace(segments: Segments, place: Place): void {
    this.#places.set(placeKey(segments), place);
  }

  /** The value came from the environment: messages show the reference in its place. */
  setReferenceText(segments: Segments, referenceText: string): void {
    this.#references.set(placeKey(segments), referenceText);
  }

  /** The value could not be read, or is refused; that has been reported, and nothing else about it is worth a line. */
  markUnresolved(segments: Segments): void {
    this.#unresolved.add(placeKey(segments));
  }

  isUnresolved(segments: Segments): boolean {
    return this.#unresolved.has(placeKey(segments));
  }

  /** Whether the value came from the environment, so that nothing may quote it. */
  isReference(segments: Segments): boolean {
    return this.#references.has(placeKey(segments));
  }

  /** A literal value in quotes, or the reference that it came from. */
  show(segments: Segments, value: unknown): string {
    return JSON.stringify(this.#references.get(placeKey(segments)) ?? value);
  }

  add(segments: Segments, message: string, detail: ProblemDetail = {}): void {
    const place = this.#nearestPlace(segments);
    const offset = detail.atKey === true ? place.keyOffset : place.valueOffset;
    this.#push(offset, message, { path: displayPath(segments), hint: detail.hint });
  }

  /** For problems of the text itself, where no value stands yet. */
  addAtOffset(offset: number, message: string, detail: { segments?: Segments; hint?: string } = {}): void {
    this.#push(offset, message, { path: displayPath(detail.segments ?? []), hint: detail.hint });
  }

  #push(offset: number, message: string, rest: { path: string; hint: string | undefined }): void {
    const { line, col } = this.#lines.linePos(offset);
    this.#problems.push({
      file: this.#file,
      // A file without line ends has no lines for the counter.
      line: Math.max(1, line),
      column: Math.max(1, col),
      path: rest.path,
      message,
      ...(rest.hint === undefined ? {} : { hint: rest.hint }),
    });
  }

  /** A missing or defaulted value has no place of its own: its parent's is the closest. */
  #nearestPlace(segments: Segments): Place {
    for (let length = segments.length; length >= 0; length--) {
      const place = this.#places.get(placeKey(segments.slice(0, length)));
      if (place !== undefined) return place;
    }
    return { keyOffset: 0, valueOffset: 0 };
  }
}

function placeKey(segments: Segments): string {
  return JSON.stringify(segments);
}
