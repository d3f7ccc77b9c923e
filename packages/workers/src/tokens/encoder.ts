import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Tiktoken } from "tiktoken/lite";
import { encodePieces, mayHaveLongPiece, type PieceEncoder } from "./long-pieces.ts";
import { makeWay } from "./make-way.ts";
import type { EncodingName } from "./models.ts";

/** Tokens of a text. */
export interface EncodedText {
  readonly tokens: Uint32Array;
  /** False when a pathological text was cut where the cut may have cost or saved a token. */
  readonly exact: boolean;
}

/** One of OpenAI's tokenisers. Special tokens in a text (`<|endoftext|>`) are ordinary characters to it. */
export interface TextEncoding {
  readonly name: EncodingName;
  encode(text: string): EncodedText;
  /** The text that a token stands for; U+FFFD where it is only a part of a character. */
  decodeToken(token: number): string;
}

/** What `tiktoken/encoders/*.json` holds. */
interface Vocabulary {
  readonly pat_str: string;
  readonly special_tokens: Record<string, number>;
  readonly bpe_ranks: string;
}

/**
 * Encodings of this thread. Both may be loaded: the first costs 170 ms and about 80 MB, mostly WebAssembly memory
 * that freeing it would not give back; the second reuses what loading the first left behind and adds about 10 MB.
 */
const loaded = new Map<EncodingName, TextEncoding>();

/** The encoding, loaded with the first call in a thread. */
export function textEncoding(name: EncodingName): TextEncoding {
  const existing = loaded.get(name);
  if (existing !== undefined) return existing;
  const encoding = loadEncoding(name);
  loaded.set(name, encoding);
  return encoding;
}

function loadEncoding(name: EncodingName): TextEncoding {
  const require = createRequire(import.meta.url);
  // Required here and not imported above: loading compiles a WebAssembly module, and most threads never count.
  const lite: typeof import("tiktoken/lite") = require("tiktoken/lite");
  // Read and not required: the module cache would keep megabytes of JSON for ever.
  const vocabulary: Vocabulary = JSON.parse(
    readFileSync(require.resolve(`tiktoken/encoders/${name}.json`), "utf8"),
  );
  const { bpe_ranks: ranks, special_tokens: specialTokens, pat_str: pattern } = vocabulary;
  return new TiktokenEncoding(name, new lite.Tiktoken(ranks, specialTokens, pattern), pattern);
}

/**
 * A longer text is encoded in segments of about this many UTF-16 units, a quarter of a millisecond in work each: WebAssembly memory grows
 * with the largest text it has seen and never shrinks, and between two segments the thread makes way for others.
 */
const SEGMENT_CHARS = 2_048;

/** A segment that finds no border is cut here, exact or not: V8's regular expressions run out of stack beyond. */
const MAX_SEGMENT_CHARS = 1_000_000;

/**
 * Places where every encoding begins a new piece: after a letter, unless a mark, a letter or a contraction's
 * apostrophe follows; after a number; after a line's end, unless white space or a slash follows.
 */
const PIECE_BORDER = /(?<=\p{L})(?=[^\p{L}\p{M}'])|(?<=\p{N})(?=\P{N})|(?<=[\r\n])(?=[^\p{White_Space}/])/gu;

class TiktokenEncoding implements TextEncoding {
  readonly name: EncodingName;
  readonly #tiktoken: Tiktoken;
  readonly #pieces: PieceEncoder;

  constructor(name: EncodingName, tiktoken: Tiktoken, pattern: string) {
    this.name = name;
    this.#tiktoken = tiktoken;
    // Rust's \s is Unicode's White_Space; JavaScript's differs from it in U+0085 and U+FEFF.
    const source = pattern.replaceAll("\\s", "\\p{White_Space}").replaceAll("\\S", "\\P{White_Space}");
    this.#pieces = {
      piecePattern: new RegExp(source, "uy"),
      encode: (text) => tiktoken.encode_ordinary(text),
      tokenBytes: (token) => tiktoken.decode_single_token_bytes(token).length,
    };
  }

  encode(text: string): EncodedText {
    const parts: Uint32Array[] = [];
    let exact = true;
    for (let start = 0; start < text.length; ) {
      const { end, atBorder } = findSegment(text, start);
      const segment = text.slice(start, end);
      if (!atBorder) exact = false;
      if (!mayHaveLongPiece(segment)) parts.push(this.#tiktoken.encode_ordinary(segment));
      else if (!encodePieces(segment, this.#pieces, (part) => parts.push(part))) exact = false;
      start = end;
      if (start < text.length) makeWay();
    }
    return { tokens: concatTokens(parts), exact };
  }

  decodeToken(token: number): string {
    return Buffer.from(this.#tiktoken.decode_single_token_bytes(token)).toString("utf8");
  }
}

function findSegment(text: string, start: number): { end: number; atBorder: boolean } {
  if (text.length - start <= SEGMENT_CHARS) return { end: text.length, atBorder: true };
  const searched = text.slice(start, start + MAX_SEGMENT_CHARS);
  PIECE_BORDER.lastIndex = SEGMENT_CHARS;
  const border = PIECE_BORDER.exec(searched);
  if (border !== null) return { end: start + border.index, atBorder: true };
  const end = start + searched.length;
  if (end === text.length) return { end, atBorder: true };
  const splitsPair = isHighSurrogate(text.charCodeAt(end - 1));
  return { end: splitsPair ? end - 1 : end, atBorder: false };
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function concatTokens(parts: readonly Uint32Array[]): Uint32Array {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  const tokens = new Uint32Array(parts.reduce((count, part) => count + part.length, 0));
  let at = 0;
  for (const part of parts) {
    tokens.set(part, at);
    at += part.length;
  }
  return tokens;
}
