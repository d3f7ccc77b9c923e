import { GatewayError } from "@headrace/core/errors/gateway-error";

/** Half-open byte range `[start, end)` inside a body. */
export type Span = readonly [start: number, end: number];

/**
 * A set of top-level keys to look for, prepared once so that the hot loop compares bytes and allocates nothing.
 * The position of a name is its slot in the scan's result.
 */
export interface KeySet {
  readonly names: readonly string[];
  /** Candidates by UTF-8 length of the key: most keys of a body are dismissed by their length alone. */
  readonly byLength: readonly (readonly KeyCandidate[] | undefined)[];
  /** No spelling of a wanted key is longer: `\u006d` takes six bytes for one character. */
  readonly longestSpellingBytes: number;
}

interface KeyCandidate {
  readonly slot: number;
  readonly bytes: Uint8Array;
}

/** Called for each occurrence of a wanted key with the byte span of its value, and where the key's quote stands. */
export type OnMember = (slot: number, value: Span, keyStart: number) => void;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Returned by the skippers for text that cannot be JSON; the parser that runs afterwards words the error. */
const MALFORMED = -1;
const TOO_DEEP = -2;

/** Below this many bytes a loop beats the fixed cost of one native search. */
const NATIVE_SEARCH_AFTER_BYTES = 48;

/** Prepares the keys that {@link scanMembers} reports. */
export function createKeySet(names: readonly string[]): KeySet {
  const byLength: KeyCandidate[][] = [];
  names.forEach((name, slot) => {
    const bytes = Buffer.from(name, "utf8");
    byLength[bytes.length] ??= [];
    byLength[bytes.length]?.push({ slot, bytes });
  });
  return { names, byLength, longestSpellingBytes: 6 * Math.max(0, ...names.map((name) => name.length)) };
}

/**
 * Walks the members of the object that begins at `start` (or whatever JSON value stands there), reports the byte
 * span of the value of every wanted key in order of appearance, duplicates included, and checks the nesting depth of
 * everything it passes. One pass, no recursion, no allocation per member.
 *
 * It does not validate: for text that is not JSON it stops early and reports what it saw, so the caller parses
 * afterwards and trusts the spans only when that succeeds.
 *
 * @throws GatewayError `body_too_deep` when arrays and objects nest deeper than `maxDepth` levels.
 */
export function scanMembers(
  bytes: Buffer,
  at: { start: number; keys: KeySet; maxDepth: number },
  onMember: OnMember,
): void {
  const { keys, maxDepth } = at;
  let position = skipWhitespace(bytes, at.start);
  if (bytes[position] !== OPEN_BRACE) {
    if (skipValue(bytes, position, maxDepth) === TOO_DEEP) throw tooDeep(maxDepth);
    return;
  }
  position = skipWhitespace(bytes, position + 1);
  while (bytes[position] === QUOTE) {
    const keyStart = position + 1;
    const keyEnd = skipString(bytes, keyStart);
    if (keyEnd === MALFORMED) return;
    position = skipWhitespace(bytes, keyEnd);
    if (bytes[position] !== COLON) return;
    const valueStart = skipWhitespace(bytes, position + 1);
    const valueEnd = skipValue(bytes, valueStart, maxDepth - 1);
    if (valueEnd === TOO_DEEP) throw tooDeep(maxDepth);
    if (valueEnd === MALFORMED) return;
    const slot = findKey(bytes, [keyStart, keyEnd - 1], keys);
    if (slot >= 0) onMember(slot, [valueStart, valueEnd], keyStart - 1);
    position = skipWhitespace(bytes, valueEnd);
    if (bytes[position] !== COMMA) return;
    position = skipWhitespace(bytes, position + 1);
  }
}

const NO_KEYS = createKeySet([]);

/**
 * Checks the nesting depth of a whole text.
 *
 * @throws GatewayError `body_too_deep`.
 */
export function assertDepth(bytes: Buffer, maxDepth: number): void {
  scanMembers(bytes, { start: 0, keys: NO_KEYS, maxDepth }, () => {});
}

function skipWhitespace(bytes: Buffer, start: number): number {
  let position = start;
  for (;;) {
    const byte = bytes[position];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return position;
    position++;
  }
}

/** The position after the string whose first byte behind the opening quote is `start`. */
function skipString(bytes: Buffer, start: number): number {
  const { length } = bytes;
  let position = start;
  for (;;) {
    const loopEnd = Math.min(position + NATIVE_SEARCH_AFTER_BYTES, length);
    while (position < loopEnd) {
      const byte = bytes[position];
      if (byte === QUOTE) return position + 1;
      position += byte === BACKSLASH ? 2 : 1;
    }
    if (position >= length) return MALFORMED;
    // Long: most likely an image or a document, so look for the closing quote natively. What stands before
    // `position` is whole escapes, hence only backslashes from here on can escape the quote.
    const quote = bytes.indexOf(QUOTE, position);
    if (quote === -1) return MALFORMED;
    let backslashes = 0;
    while (quote - backslashes > position && bytes[quote - backslashes - 1] === BACKSLASH) backslashes++;
    if ((backslashes & 1) === 0) return quote + 1;
    position = quote + 1;
  }
}

/** The position after the JSON value at `start`. `depthLeft` counts the levels that the value itself may add. */
function skipValue(bytes: Buffer, start: number, depthLeft: number): number {
  const first = bytes[start];
  if (first === QUOTE) return skipString(bytes, start + 1);
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) return skipScalar(bytes, start);
  const { length } = bytes;
  let depth = 0;
  let position = start;
  while (position < length) {
    const byte = bytes[position++];
    if (byte === QUOTE) {
      position = skipString(bytes, position);
      if (position === MALFORMED) return MALFORMED;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (++depth > depthLeft) return TOO_DEEP;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (--depth === 0) return position;
    }
  }
  return MALFORMED;
}

/** Numbers, `true`, `false`, `null`: up to whatever may follow a value. */
function skipScalar(bytes: Buffer, start: number): number {
  const { length } = bytes;
  let position = start;
  while (position < length) {
    const byte = bytes[position] as number;
    if (byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET || byte <= 0x20) break;
    position++;
  }
  return position === start ? MALFORMED : position;
}

function findKey(bytes: Buffer, [start, end]: Span, keys: KeySet): number {
  if (end - start > keys.longestSpellingBytes) return -1;
  for (let position = start; position < end; position++) {
    if (bytes[position] === BACKSLASH) return findEscapedKey(bytes, [start, end], keys);
  }
  const candidates = keys.byLength[end - start];
  if (candidates === undefined) return -1;
  for (const candidate of candidates) {
    let offset = 0;
    while (offset < candidate.bytes.length && candidate.bytes[offset] === bytes[start + offset]) offset++;
    if (offset === candidate.bytes.length) return candidate.slot;
  }
  return -1;
}

/** `"\u006dodel"` is the key `model` for every parser, so it must be for us: compare what it decodes to. */
function findEscapedKey(bytes: Buffer, [start, end]: Span, keys: KeySet): number {
  try {
    const decoded: unknown = JSON.parse(bytes.toString("utf8", start - 1, end + 1));
    return typeof decoded === "string" ? keys.names.indexOf(decoded) : -1;
  } catch {
    return -1; // not JSON: the parser that runs afterwards says so
  }
}

function tooDeep(maxDepth: number): GatewayError {
  return new GatewayError("body_too_deep", {
    message: `The body nests arrays and objects too deeply; at most ${maxDepth} levels are accepted.`,
  });
}
