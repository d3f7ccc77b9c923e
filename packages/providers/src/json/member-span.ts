/** Finds members of a JSON object in its bytes, so that one text can be changed and all else stays as it is. */

/** Half-open byte range. */
export type ByteSpan = readonly [start: number, end: number];

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const NONE = -1;

/**
 * The value of a member of the object that begins at `start`, quotes or braces included; of two of that name the last,
 * as parsers take it. Null when there is none, when it is written with escapes, or when the text is no object.
 *
 * It does not validate: text that is not JSON gives null or a span in it, never an error.
 */
export function memberSpan(bytes: Buffer, start: number, name: string): ByteSpan | null {
  let at = skipBlanks(bytes, start);
  if (bytes[at] !== OPEN_BRACE) return null;
  let found: ByteSpan | null = null;
  at = skipBlanks(bytes, at + 1);
  while (bytes[at] === QUOTE) {
    const keyEnd = skipText(bytes, at);
    if (keyEnd === NONE) return null;
    const isWanted = keyEnd - at - 2 === name.length && bytes.toString("latin1", at + 1, keyEnd - 1) === name;
    at = skipBlanks(bytes, keyEnd);
    if (bytes[at] !== COLON) return null;
    const valueStart = skipBlanks(bytes, at + 1);
    const valueEnd = skipValue(bytes, valueStart);
    if (valueEnd === NONE) return null;
    if (isWanted) found = [valueStart, valueEnd];
    at = skipBlanks(bytes, valueEnd);
    if (bytes[at] !== COMMA) return found;
    at = skipBlanks(bytes, at + 1);
  }
  return found;
}

/** The text of a value without escapes; null for any other value. */
export function plainText(bytes: Buffer, [start, end]: ByteSpan): string | null {
  if (bytes[start] !== QUOTE || end - start < 2) return null;
  const text = bytes.toString("utf8", start + 1, end - 1);
  return text.includes("\\") ? null : text;
}

/** The bytes with some ranges, which come in order and do not overlap, replaced by these texts. */
export function replaceSpans(
  bytes: Buffer,
  replacements: readonly { readonly span: ByteSpan; readonly text: string }[],
): Buffer {
  if (replacements.length === 0) return bytes;
  const pieces: Buffer[] = [];
  let from = 0;
  for (const { span, text } of replacements) {
    pieces.push(bytes.subarray(from, span[0]), Buffer.from(text));
    from = span[1];
  }
  pieces.push(bytes.subarray(from));
  return Buffer.concat(pieces);
}

function skipBlanks(bytes: Buffer, start: number): number {
  let at = start;
  for (;;) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at;
    at++;
  }
}

/** The position after the text whose opening quote is at `start`; {@link NONE} when it does not end. */
function skipText(bytes: Buffer, start: number): number {
  for (let quote = bytes.indexOf(QUOTE, start + 1); quote !== NONE; quote = bytes.indexOf(QUOTE, quote + 1)) {
    let backslashes = 0;
    while (bytes[quote - backslashes - 1] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
  }
  return NONE;
}

function skipValue(bytes: Buffer, start: number): number {
  const first = bytes[start];
  if (first === QUOTE) return skipText(bytes, start);
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return skipNested(bytes, start);
  let at = start;
  while (at < bytes.length && !endsScalar(bytes[at])) at++;
  return at === start ? NONE : at;
}

function skipNested(bytes: Buffer, start: number): number {
  let depth = 0;
  for (let at = start; at < bytes.length; ) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      at = skipText(bytes, at);
      if (at === NONE) return NONE;
      continue;
    }
    at++;
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
    else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && --depth === 0) return at;
  }
  return NONE;
}

function endsScalar(byte: number | undefined): boolean {
  return (
    byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET || (byte !== undefined && byte <= 0x20)
  );
}
