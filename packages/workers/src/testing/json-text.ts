import fc from "fast-check";

/** Arbitrary JSON texts, for property tests: odd whitespace, number spellings, escapes and repeated keys included. */
export interface JsonTexts {
  readonly whitespace: fc.Arbitrary<string>;
  /** A JSON string literal, quotes included, in which any character may be spelled as an escape. */
  readonly string: fc.Arbitrary<string>;
  readonly value: fc.Arbitrary<string>;
}

const whitespace = fc.oneof(
  { weight: 4, arbitrary: fc.constant("") },
  fc.string({ unit: fc.constantFrom(" ", "\n", "\t", "\r"), maxLength: 3 }),
);

const character = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("a", "model", "{", "}", "[", "]", ",", ":", " ") },
  fc.constantFrom('\\"', "\\\\", "\\/", "\\n", "\\u0022", "\\u005c", "\\ud83d\\ude00", "\\ud800"),
  fc
    .string({ unit: "grapheme", minLength: 1, maxLength: 1 })
    .map((text) => JSON.stringify(text).slice(1, -1)),
);

/** Some strings are long enough for the scanner's native search, with escapes on both sides of where it begins. */
const string = fc
  .oneof(
    { weight: 5, arbitrary: fc.array(character, { maxLength: 6 }) },
    fc.array(character, { minLength: 30, maxLength: 90 }),
  )
  .map((characters) => `"${characters.join("")}"`);

const number = fc.oneof(
  fc.constantFrom("0", "-0", "1E400", "1e-7", "0.10", "12345678901234567890", "-1.5e+3"),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
);

const { value } = fc.letrec<{ value: string; array: string; object: string; member: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom("true", "false", "null"),
    number,
    string,
    tie("array"),
    tie("object"),
  ),
  array: fc
    .tuple(whitespace, fc.array(fc.tuple(whitespace, tie("value"), whitespace), { maxLength: 4 }))
    .map(
      ([empty, items]) => `[${items.length === 0 ? empty : items.map((item) => item.join("")).join(",")}]`,
    ),
  member: fc
    .tuple(whitespace, string, whitespace, whitespace, tie("value"), whitespace)
    .map(
      ([before, key, afterKey, beforeValue, item, after]) =>
        `${before}${key}${afterKey}:${beforeValue}${item}${after}`,
    ),
  object: fc
    .tuple(whitespace, fc.array(tie("member"), { maxLength: 4 }))
    .map(([empty, members]) => `{${members.length === 0 ? empty : members.join(",")}}`),
}));

export const jsonTexts: JsonTexts = { whitespace, string, value };
