import type { Price, PriceTier, TokenRates, UnitRates } from "@headrace/core/canonical/cost";

/**
 * A price as the catalogue writes it: one line of words with a space between them.
 *
 * ```text
 * 3 15 r0.3 w3.75 h6 x200000 o64000 >200000 6 22.5 r0.6 w7.5 h12
 * ```
 *
 * Input and output in USD for a million tokens, or `-` twice where tokens are not billed; then letters with a
 * number each ({@link RATE_LETTERS}, {@link UNIT_LETTERS}, {@link LIMIT_LETTERS}); then tiers in the same way,
 * each behind `>` and the count of input tokens that it begins after.
 */
const RATE_LETTERS = {
  r: "cacheRead",
  w: "cacheWrite5m",
  h: "cacheWrite1h",
  t: "reasoning",
} as const satisfies Record<string, keyof TokenRates>;

/** In USD for a million tokens, as the rates. */
const MEDIA_LETTERS = {
  a: "audioInputToken",
  b: "audioOutputToken",
  i: "imageInputToken",
} as const satisfies Record<string, keyof UnitRates>;

/** In USD for one. */
const UNIT_LETTERS = {
  f: "request",
  q: "query",
  s: "second",
  c: "character",
  p: "image",
} as const satisfies Record<string, keyof UnitRates>;

/** In tokens. */
const LIMIT_LETTERS = {
  x: "contextWindowTokens",
  o: "maxOutputTokens",
} as const satisfies Record<string, keyof Price>;

const PICO_PER_TOKEN_OF_USD_PER_MILLION = 1e6;
const PICO_PER_USD = 1e12;
const NOT_BY_TOKENS = "-";

/** What a source or a config says of a price, in pico-USD for a token; what it leaves out goes as input or output. */
export type StatedRates = Partial<TokenRates> & Pick<TokenRates, "input" | "output">;

/** A cache's write for an hour goes as the one for five minutes, and both as input, unless they are stated. */
export function wholeRates(stated: StatedRates): TokenRates {
  const { input, output } = stated;
  const cacheWrite5m = stated.cacheWrite5m ?? input;
  return {
    input,
    cacheRead: stated.cacheRead ?? input,
    cacheWrite5m,
    cacheWrite1h: stated.cacheWrite1h ?? cacheWrite5m,
    output,
    reasoning: stated.reasoning ?? output,
  };
}

export function writePriceLine({ rates, tiers, units, ...limits }: Price): string {
  const words = ratesWords(rates);
  for (const [letter, name] of Object.entries(MEDIA_LETTERS)) {
    const rate = units[name];
    if (rate !== undefined) words.push(letter + rate / PICO_PER_TOKEN_OF_USD_PER_MILLION);
  }
  for (const [letter, name] of Object.entries(UNIT_LETTERS)) {
    const rate = units[name];
    if (rate !== undefined) words.push(letter + rate / PICO_PER_USD);
  }
  for (const [letter, name] of Object.entries(LIMIT_LETTERS)) {
    const tokens = limits[name];
    if (tokens !== null) words.push(letter + tokens);
  }
  for (const tier of tiers) words.push(`>${tier.aboveInputTokens}`, ...ratesWords(tier.rates));
  return words.join(" ");
}

/** @throws Error for a line that {@link writePriceLine} does not write. */
export function readPriceLine(line: string): Price {
  const [base = "", ...tiers] = line.split(" >");
  const words = base.split(" ");
  const units: Partial<Record<keyof UnitRates, number>> = {};
  const limits: Record<(typeof LIMIT_LETTERS)[keyof typeof LIMIT_LETTERS], number | null> = {
    contextWindowTokens: null,
    maxOutputTokens: null,
  };
  const rates = readRates(words, (letter, value) => {
    const media = named(MEDIA_LETTERS, letter);
    const unit = named(UNIT_LETTERS, letter);
    const limit = named(LIMIT_LETTERS, letter);
    if (media !== undefined) units[media] = Math.round(value * PICO_PER_TOKEN_OF_USD_PER_MILLION);
    else if (unit !== undefined) units[unit] = Math.round(value * PICO_PER_USD);
    else if (limit !== undefined) limits[limit] = value;
    else throw new Error(`"${letter}" in the price "${line}" means nothing`);
  });
  return { origin: "catalogue", rates, tiers: tiers.map(readTier), units, ...limits };
}

function ratesWords(rates: TokenRates | null): string[] {
  if (rates === null) return [NOT_BY_TOKENS, NOT_BY_TOKENS];
  const plain = wholeRates({ input: rates.input, output: rates.output, cacheWrite5m: rates.cacheWrite5m });
  const words = [
    String(rates.input / PICO_PER_TOKEN_OF_USD_PER_MILLION),
    String(rates.output / PICO_PER_TOKEN_OF_USD_PER_MILLION),
  ];
  for (const [letter, name] of Object.entries(RATE_LETTERS)) {
    const goesAs = name === "cacheWrite5m" ? rates.input : plain[name];
    if (rates[name] !== goesAs) words.push(letter + rates[name] / PICO_PER_TOKEN_OF_USD_PER_MILLION);
  }
  return words;
}

function readTier(text: string): PriceTier {
  const [above = "", ...words] = text.split(" ");
  const rates = readRates(words, (letter) => {
    throw new Error(`"${letter}" in the tier "${text}" means nothing`);
  });
  if (rates === null) throw new Error(`the tier "${text}" has no rates`);
  return { aboveInputTokens: amount(above), rates };
}

function readRates(
  [input = "", output = "", ...words]: readonly string[],
  other: (letter: string, value: number) => void,
): TokenRates | null {
  const stated: Partial<Record<keyof TokenRates, number>> = {};
  for (const word of words) {
    const letter = word.charAt(0);
    const value = amount(word.slice(1));
    const rate = named(RATE_LETTERS, letter);
    if (rate === undefined) other(letter, value);
    else stated[rate] = Math.round(value * PICO_PER_TOKEN_OF_USD_PER_MILLION);
  }
  if (input === NOT_BY_TOKENS && output === NOT_BY_TOKENS) return null;
  return wholeRates({
    ...stated,
    input: Math.round(amount(input) * PICO_PER_TOKEN_OF_USD_PER_MILLION),
    output: Math.round(amount(output) * PICO_PER_TOKEN_OF_USD_PER_MILLION),
  });
}

function named<Name extends string>(
  letters: Readonly<Record<string, Name>>,
  letter: string,
): Name | undefined {
  return Object.hasOwn(letters, letter) ? letters[letter] : undefined;
}

function amount(text: string): number {
  const value = Number(text);
  if (text === "" || !Number.isFinite(value) || value < 0) throw new Error(`"${text}" is no amount`);
  return value;
}
