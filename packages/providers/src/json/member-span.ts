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
/** Below this many bytes a loop beats the fixed cost of one native search. */
const NATIVE_SEARCH_AFTER_BYTES = 48;

/**
 * The values of members of the object that begins at `start`, quotes or braces included; of two of one name the last, as
 * parsers take it. Null for one that is not there or whose name is written with escapes, and for all when the text is no
 * object.
 *
 * It does not validate: text that is not JSON gives null or a span in it, never an error.
 */
export function memberSpans<const Name extends string>(
  bytes: Buffer,
  start: number,
  names: readonly Name[],
): Readonly<Record<Name, ByteSpan | null>> {
  const found = Object.fromEntries(names.map((name) => [name, null])) as Record<Name, ByteSpan | null>;
  let member = firstMember(bytes, start);
  while (member !== null) {
    const valueEnd = skipValue(bytes, member.valueStart);
    if (valueEnd === NONE) break;
    const name = nameOf(bytes, member, names);
    if (name !== undefined) found[name] = [member.valueStart, valueEnd];
    member = nextMember(bytes, valueEnd);
  }
  return found;
}

/** Where the value of the first member of that name begins, whatever follows; -1 for none. */
export function memberStart(bytes: Buffer, start: number, name: string): number {
  let member = firstMember(bytes, start);
  while (member !== null && nameOf(bytes, member, [name]) === undefined) {
    const valueEnd = skipValue(bytes, member.valueStart);
    member = valueEnd === NONE ? null : nextMember(bytes, valueEnd);
  }
  return member?.valueStart ?? NONE;
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

interface Member {
  readonly keyStart: number;
  /** Behind its closing quote. */
  readonly keyEnd: number;
  readonly valueStart: number;
}

function firstMember(bytes: Buffer, start: number): Member | null {
  const at = skipBlanks(bytes, start);
  return bytes[at] === OPEN_BRACE ? memberAt(bytes, skipBlanks(bytes, at + 1)) : null;
}

function nextMember(bytes: Buffer, valueEnd: number): Member | null {
  const at = skipBlanks(bytes, valueEnd);
  return bytes[at] === COMMA ? memberAt(bytes, skipBlanks(bytes, at + 1)) : null;
}

function memberAt(bytes: Buffer, keyStart: number): Member | null {
  if (bytes[keyStart] !== QUOTE) return null;
  const keyEnd = skipText(bytes, keyStart);
  if (keyEnd === NONE) return null;
  const colon = skipBlanks(bytes, keyEnd);
  return bytes[colon] === COLON ? { keyStart, keyEnd, valueStart: skipBlanks(bytes, colon + 1) } : null;
}

/** Which of these ASCII names it is. */
function nameOf<Name extends string>(
  bytes: Buffer,
  { keyStart, keyEnd }: Member,
  names: readonly Name[],
): Name | undefined {
  const length = keyEnd - keyStart - 2;
  return names.find(
    (name) => name.length === length && bytes.toString("latin1", keyStart + 1, keyEnd - 1) === name,
  );
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
  let at = start + 1;
  const loopEnd = Math.min(at + NATIVE_SEARCH_AFTER_BYTES, bytes.length);
  while (at < loopEnd) {
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    at += byte === BACKSLASH ? 2 : 1;
  }
  // What stands before `at` is whole escapes, so only backslashes from here on can escape a quote.
  for (let quote = bytes.indexOf(QUOTE, at); quote !== NONE; quote = bytes.indexOf(QUOTE, quote + 1)) {
    let backslashes = 0;
    while (quote - backslashes > at && bytes[quote - backslashes - 1] === BACKSLASH) backslashes++;
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
