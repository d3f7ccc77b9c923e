/**
 * tiktoken splits a text into pieces (a word, a run of blanks or signs) and merges bytes within each piece in time
 * quadratic to its length: 64 KB of one letter take more than a second, and anybody can send them. Long pieces are
 * therefore encoded in overlapping windows. The result is exact, not an estimate: a token sequence is the encoding of
 * its bytes if and only if each two neighbours in it are (the lemma behind GitHub's `bpe` crate), so two windows that
 * agree on one token may be joined at it.
 */

/** Encodes a text and knows where it would be split into pieces. */
export interface PieceEncoder {
  /** tiktoken's own encoding. */
  encode(text: string): Uint32Array;
  /** Bytes that a token stands for. */
  tokenBytes(token: number): number;
  /** Matches one piece at `lastIndex`; sticky. */
  readonly piecePattern: RegExp;
}

/** A piece of more UTF-16 units is encoded in windows. */
const LONG_PIECE_CHARS = 256;
const WINDOW_BYTES = 512;
const OVERLAP_BYTES = 64;

/** A last window takes so much more, lest a contraction (`…'ll`) or a sign's line end be cut off from its piece. */
const TAIL_BYTES = 16;

/** What a long piece consists of, except for a few units at its ends: units of one of these classes. */
const SAMPLE_CHARS = LONG_PIECE_CHARS / 2;
const RUN_CLASSES = ["[\\p{L}\\p{M}]", "\\p{White_Space}", "[^\\p{White_Space}\\p{L}\\p{N}]", "[\\r\\n/]"];
const RUN = new RegExp(RUN_CLASSES.map((unit) => `${unit}{${SAMPLE_CHARS}}`).join("|"), "uy");

/**
 * Whether a text may have a piece that needs windows. Looks at one place in {@link SAMPLE_CHARS} only, since a long run
 * cannot pass between two of them, so that the answer costs next to nothing for ordinary text.
 */
export function mayHaveLongPiece(text: string): boolean {
  for (let at = 0; at + SAMPLE_CHARS <= text.length; at += SAMPLE_CHARS) {
    RUN.lastIndex = at;
    if (RUN.test(text)) return true;
  }
  return false;
}

/**
 * Encodes a text that may have long pieces.
 *
 * @returns false when a long piece could not be joined exactly, so that the tokens are only nearly right.
 */
export function encodePieces(
  text: string,
  encoder: PieceEncoder,
  emit: (tokens: Uint32Array) => void,
): boolean {
  const { piecePattern } = encoder;
  let exact = true;
  let pending = 0;
  for (let at = 0; at < text.length; ) {
    piecePattern.lastIndex = at;
    const end = piecePattern.test(text) ? piecePattern.lastIndex : at + 1;
    if (end - at > LONG_PIECE_CHARS) {
      if (at > pending) emit(encoder.encode(text.slice(pending, at)));
      exact = encodeLongPiece(Buffer.from(text.slice(at, end)), encoder, emit) && exact;
      pending = end;
    }
    at = end;
  }
  if (pending < text.length) emit(encoder.encode(text.slice(pending)));
  return exact;
}

/** The encoding of a stretch of a long piece. */
interface Window {
  readonly start: number;
  readonly end: number;
  readonly tokens: Uint32Array;
  /** False when the piece pattern would split the stretch, so that its tokens cannot be the piece's. */
  readonly whole: boolean;
}

function encodeLongPiece(piece: Buffer, encoder: PieceEncoder, emit: (tokens: Uint32Array) => void): boolean {
  let window = encodeWindow(piece, 0, encoder);
  let exact = window.whole;
  let from = 0;
  while (window.end < piece.length) {
    const joint = joinNext(piece, window, encoder);
    exact = exact && joint.exact;
    emit(window.tokens.subarray(from, joint.keepTokens));
    window = joint.next;
    from = joint.skipTokens;
  }
  emit(window.tokens.subarray(from));
  return exact;
}

/** How one window goes over into the next. */
interface Joint {
  readonly next: Window;
  /** Tokens of the earlier window that count. */
  readonly keepTokens: number;
  /** Tokens of the next one that the earlier has already given. */
  readonly skipTokens: number;
  readonly exact: boolean;
}

function joinNext(piece: Buffer, window: Window, encoder: PieceEncoder): Joint {
  for (let overlap = OVERLAP_BYTES; overlap < WINDOW_BYTES; overlap *= 2) {
    const starts = tokenStarts(window, encoder);
    const first = starts.findLastIndex(
      (start) => window.end - start >= overlap && isCharacterStart(piece, start),
    );
    if (first <= 0) break;
    const next = encodeWindow(piece, starts[first] ?? window.end, encoder);
    if (!next.whole) break;
    const nextStarts = tokenStarts(next, encoder);
    let index = first;
    for (let other = 0; other < nextStarts.length; other++) {
      while ((starts[index] ?? window.end) < (nextStarts[other] ?? next.end)) index++;
      if (index >= starts.length) break;
      if (starts[index] === nextStarts[other] && window.tokens[index] === next.tokens[other]) {
        return { next, keepTokens: index + 1, skipTokens: other + 1, exact: true };
      }
    }
  }
  const next = encodeWindow(piece, window.end, encoder);
  return { next, keepTokens: window.tokens.length, skipTokens: 0, exact: false };
}

function encodeWindow(piece: Buffer, start: number, encoder: PieceEncoder): Window {
  const isLast = piece.length - start <= WINDOW_BYTES + TAIL_BYTES;
  let end = isLast ? piece.length : start + WINDOW_BYTES;
  while (!isCharacterStart(piece, end)) end--;
  const text = piece.toString("utf8", start, end);
  encoder.piecePattern.lastIndex = 0;
  const whole = encoder.piecePattern.test(text) && encoder.piecePattern.lastIndex === text.length;
  return { start, end, tokens: encoder.encode(text), whole };
}

/** Byte offset in the piece at which each token of a window begins. */
function tokenStarts(window: Window, encoder: PieceEncoder): number[] {
  let at = window.start;
  return Array.from(window.tokens, (token) => {
    const start = at;
    at += encoder.tokenBytes(token);
    return start;
  });
}

function isCharacterStart(bytes: Buffer, at: number): boolean {
  return ((bytes[at] ?? 0) & 0xc0) !== 0x80;
}
