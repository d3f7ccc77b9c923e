/**
 * Custom tools take plain text. Elsewhere they are functions with one string, `input`, whose JSON is put around the text
 * and taken off again here, piece by piece.
 */
import { isJsonObject } from "@headrace/core/json-object";
import { objectOf, parseJsonObject, textOf } from "../../json/read.ts";

/** JSON text of the arguments of a call whose whole input this is. */
export function wrapInput(input: string): string {
  return JSON.stringify({ input });
}

/** The opening, a piece and the end of such a text, which together parse whatever the pieces are. */
export const INPUT_HEAD = '{"input":"';
export const INPUT_TAIL = '"}';

export function wrapInputPiece(piece: string): string {
  return JSON.stringify(piece).slice(1, -1);
}

/** The input of a call; arguments of another form are given as the text they are. */
export function unwrapInput(argumentsJson: string): string {
  const reader = new FreeformReader();
  const input = reader.push(argumentsJson);
  if (reader.isReading) return input;
  return textOf(parseJsonObject(argumentsJson) ?? {}, "input") ?? argumentsJson;
}

const HEAD = /^\s*\{\s*"input"\s*:\s*"/;
/** No head is longer, however it is spaced: what has none by then is another form. */
const MAX_HEAD_CHARS = 256;
/** `\u00e9`, the longest escape. */
const ESCAPE_CHARS = 6;

/**
 * Reads the input out of arguments that come in pieces, and gives each part of it as soon as it is there. Arguments of
 * another form give nothing.
 */
export class FreeformReader {
  #head = "";
  #state: "head" | "input" | "after" | "foreign" = "head";
  /** The begun escape at the end of the last piece. */
  #rest = "";

  /** What this piece adds to the input. */
  push(argumentsJson: string): string {
    if (this.#state === "input") return this.#read(argumentsJson);
    if (this.#state !== "head") return "";
    this.#head += argumentsJson;
    const head = HEAD.exec(this.#head)?.[0];
    if (head === undefined) {
      if (this.#head.length > MAX_HEAD_CHARS) this.#state = "foreign";
      return "";
    }
    this.#state = "input";
    return this.#read(this.#head.slice(head.length));
  }

  /** True once the arguments have turned out to be of this form. */
  get isReading(): boolean {
    return this.#state === "input" || this.#state === "after";
  }

  #read(piece: string): string {
    const text = this.#rest + piece;
    const end = closingQuote(text);
    if (end !== -1) {
      this.#state = "after";
      return parseText(text.slice(0, end));
    }
    this.#rest = unfinishedEscape(text);
    return parseText(text.slice(0, text.length - this.#rest.length));
  }
}

/** Index of the first quote that is not escaped, or -1. */
function closingQuote(text: string): number {
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at + 1)) {
    if (backslashesBefore(text, at) % 2 === 0) return at;
  }
  return -1;
}

/** An escape at the end that has not come whole: `\`, or `\u` with fewer than four digits. */
function unfinishedEscape(text: string): string {
  const at = text.lastIndexOf("\\");
  if (at === -1 || at <= text.length - ESCAPE_CHARS || backslashesBefore(text, at) % 2 === 1) return "";
  return at === text.length - 1 || text[at + 1] === "u" ? text.slice(at) : "";
}

function backslashesBefore(text: string, end: number): number {
  let count = 0;
  while (text[end - count - 1] === "\\") count++;
  return count;
}

/** Models forget to escape line ends; what cannot be read at all is given as it stands. */
function parseText(escaped: string): string {
  try {
    const text: unknown = JSON.parse(`"${escaped.replace(/\p{Cc}/gu, escapeControl)}"`);
    return typeof text === "string" ? text : escaped;
  } catch {
    return escaped;
  }
}

function escapeControl(character: string): string {
  return JSON.stringify(character).slice(1, -1);
}

const GRAMMAR_NAMES: ReadonlyMap<string, string> = new Map([
  ["lark", "this Lark grammar"],
  ["regex", "this regular expression"],
]);

/** A grammar cannot be enforced elsewhere, so the model is told of it; "" for a tool that takes any text. */
export function grammarWords(format: unknown): string {
  if (!isJsonObject(format) || format.type !== "grammar") return "";
  const grammar = objectOf(format, "grammar") ?? format;
  const definition = textOf(grammar, "definition");
  if (definition === undefined) return "";
  const name = GRAMMAR_NAMES.get(textOf(grammar, "syntax") ?? "") ?? "this grammar";
  return `\n\nThe input must match ${name}:\n${definition}`;
}
