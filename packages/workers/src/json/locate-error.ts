/** What the grammar allows at the next significant byte. */
type Expecting = "value" | "value-or-close" | "key" | "key-or-close" | "colon" | "comma-or-close" | "end";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENERS = new Map([
  [0x7b, 0x7d],
  [0x5b, 0x5d],
]);
const CLOSE_BRACE = 0x7d;
const LITERALS = new Map([
  [0x74, Buffer.from("true")],
  [0x66, Buffer.from("false")],
  [0x6e, Buffer.from("null")],
]);
const SIMPLE_ESCAPES = new Set(Buffer.from('"\\/bfnrt'));
const HEX_DIGITS = new Set(Buffer.from("0123456789abcdefABCDEF"));

/** A scanner stopped at `offset` because of an error there. Success is the plain offset after the token. */
interface Refused {
  readonly offset: number;
}

/**
 * Finds the first byte at which a text stops being JSON: the length when it ends too early, `null` when it is JSON.
 * V8's own message often carries no position and quotes the text, which for a request body is somebody's prompt.
 * Meant for the error path: it is slower than `JSON.parse`, but linear and without recursion.
 */
export function locateJsonError(bytes: Uint8Array): number | null {
  const closers: number[] = [];
  let expecting: Expecting = "value";
  let offset = 0;
  for (;;) {
    while (isWhitespace(bytes[offset])) offset++;
    const byte = bytes[offset];
    if (byte === undefined) return expecting === "end" ? null : offset;
    const closing = byte === closers.at(-1);
    if (expecting === "end") return offset;
    if (expecting === "colon") {
      if (byte !== 0x3a) return offset;
      offset++;
      expecting = "value";
      continue;
    }
    if (closing && (expecting === "comma-or-close" || expecting.endsWith("-or-close"))) {
      closers.pop();
      offset++;
      expecting = closers.length === 0 ? "end" : "comma-or-close";
      continue;
    }
    if (expecting === "comma-or-close") {
      if (byte !== 0x2c) return offset;
      offset++;
      expecting = closers.at(-1) === CLOSE_BRACE ? "key" : "value";
      continue;
    }
    if (expecting === "key" || expecting === "key-or-close") {
      const end = byte === QUOTE ? endOfString(bytes, offset) : { offset };
      if (typeof end !== "number") return end.offset;
      offset = end;
      expecting = "colon";
      continue;
    }
    const closer = OPENERS.get(byte);
    if (closer !== undefined) {
      closers.push(closer);
      offset++;
      expecting = closer === CLOSE_BRACE ? "key-or-close" : "value-or-close";
      continue;
    }
    const end = endOfScalar(bytes, offset);
    if (typeof end !== "number") return end.offset;
    offset = end;
    expecting = closers.length === 0 ? "end" : "comma-or-close";
  }
}

function endOfScalar(bytes: Uint8Array, start: number): number | Refused {
  const first = bytes[start];
  if (first === QUOTE) return endOfString(bytes, start);
  const literal = first === undefined ? undefined : LITERALS.get(first);
  if (literal === undefined) return endOfNumber(bytes, start);
  for (let index = 0; index < literal.length; index++) {
    if (bytes[start + index] !== literal[index]) return { offset: start + index };
  }
  return start + literal.length;
}

function endOfString(bytes: Uint8Array, start: number): number | Refused {
  let offset = start + 1;
  for (;;) {
    const byte = bytes[offset];
    if (byte === QUOTE) return offset + 1;
    if (byte === undefined || byte < 0x20) return { offset };
    offset++;
    if (byte !== BACKSLASH) continue;
    const escaped = bytes[offset];
    if (escaped === 0x75) {
      for (let digit = 1; digit <= 4; digit++) {
        if (!HEX_DIGITS.has(bytes[offset + digit] ?? 0)) return { offset: offset + digit };
      }
      offset += 5;
    } else {
      if (!SIMPLE_ESCAPES.has(escaped ?? 0)) return { offset };
      offset++;
    }
  }
}

function endOfNumber(bytes: Uint8Array, start: number): number | Refused {
  let offset = bytes[start] === 0x2d ? start + 1 : start;
  const integerEnd = bytes[offset] === 0x30 ? offset + 1 : endOfDigits(bytes, offset);
  if (integerEnd === offset) return { offset };
  offset = integerEnd;
  if (bytes[offset] === 0x2e) {
    const fractionEnd = endOfDigits(bytes, offset + 1);
    if (fractionEnd === offset + 1) return { offset: fractionEnd };
    offset = fractionEnd;
  }
  if (bytes[offset] === 0x65 || bytes[offset] === 0x45) {
    const sign = bytes[offset + 1];
    const digits = sign === 0x2b || sign === 0x2d ? offset + 2 : offset + 1;
    const exponentEnd = endOfDigits(bytes, digits);
    if (exponentEnd === digits) return { offset: digits };
    offset = exponentEnd;
  }
  return offset;
}

function endOfDigits(bytes: Uint8Array, start: number): number {
  let offset = start;
  for (;;) {
    const byte = bytes[offset];
    if (byte === undefined || byte < 0x30 || byte > 0x39) return offset;
    offset++;
  }
}

function isWhitespace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
