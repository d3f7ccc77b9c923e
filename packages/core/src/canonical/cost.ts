import { type BilledUnits, type TokenUsage, totalInputTokens } from "./usage.ts";

/**
 * What a token costs, in pico-USD (10^-12). A list price of USD for a million tokens is this times 10^-6, so
 * that every price of up to six decimals is a whole number, and sums of them are exact up to 9,007 USD.
 */
export type TokenRates = {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number;
  readonly output: number;
  readonly reasoning: number;
};

/** Rates for the whole of a call whose input, cached or not, is longer than that. */
export type PriceTier = {
  readonly aboveInputTokens: number;
  readonly rates: TokenRates;
};

/** What is billed besides text, in pico-USD for one of each. */
export type UnitRates = {
  /** Tokens of sound and pictures, which {@link TokenUsage} counts with the others. */
  readonly audioInputToken?: number;
  readonly audioOutputToken?: number;
  readonly imageInputToken?: number;
  /** Added to every call. */
  readonly request?: number;
  /** A search of a rerank, as the provider counts them. */
  readonly query?: number;
  readonly second?: number;
  readonly character?: number;
  readonly image?: number;
};

/** What a model of a provider costs. Free is a price of 0; a price that nobody knows is null and no Price. */
export type Price = {
  readonly origin: "config" | "catalogue";
  /** null = not billed by tokens. */
  readonly rates: TokenRates | null;
  /** Ascending. */
  readonly tiers: readonly PriceTier[];
  readonly units: UnitRates;
  /** Tokens that the model takes, and gives at most; null = not known. */
  readonly contextWindowTokens: number | null;
  readonly maxOutputTokens: number | null;
};

const PICO_PER_USD = 1e12;
const MICRO_PER_USD = 1e6;
const NO_UNITS: BilledUnits = {};

/**
 * What a call cost, in USD: exact to the pico-USD, then divided once.
 *
 * @param usage - null = the provider told no counts
 * @returns null when the price goes by something that was not counted.
 */
export function costUsd(
  usage: TokenUsage | null,
  price: Price,
  units: BilledUnits = NO_UNITS,
): number | null {
  const cost = costPicoUsd(usage, price, units);
  return cost === null ? null : cost / PICO_PER_USD;
}

/** {@link costUsd} in whole pico-USD, for sums. */
export function costPicoUsd(
  usage: TokenUsage | null,
  price: Price,
  units: BilledUnits = NO_UNITS,
): number | null {
  const flat = price.units.request ?? 0;
  if (price.rates === null) {
    const counted = countedUnits(price.units, units);
    return counted === null ? null : counted + flat;
  }
  if (usage === null) return null;
  const rates = ratesFor(price.rates, price.tiers, totalInputTokens(usage));
  const tokens =
    usage.uncachedInput * rates.input +
    usage.cacheReadInput * rates.cacheRead +
    usage.cacheWrite5mInput * rates.cacheWrite5m +
    usage.cacheWrite1hInput * rates.cacheWrite1h +
    usage.visibleOutput * rates.output +
    usage.reasoningOutput * rates.reasoning;
  const extra = mediaTokens(usage, { base: rates, special: price.units, counts: units });
  return tokens + extra + flat + (countedUnits(price.units, units) ?? 0);
}

/**
 * One number to compare prices by: three parts of input to one of output, as chats commonly have it, in USD
 * for a million tokens; discounts and tiers are left aside.
 *
 * @returns null when the model is not billed by tokens.
 */
export function blendedUsdPerMillion({ rates }: Price): number | null {
  return rates === null ? null : (3 * rates.input + rates.output) / 4 / MICRO_PER_USD;
}

/**
 * An amount for a header: decimal, no exponent, at most nine decimals.
 *
 * What is dearer than nothing never reads as 0, which would say free.
 */
export function usdText(usd: number): string {
  const text = usd.toFixed(9);
  if (Number(text) === 0) return usd > 0 ? "0.000000001" : "0";
  return text.replace(/\.?0+$/, "");
}

function ratesFor(base: TokenRates, tiers: readonly PriceTier[], inputTokens: number): TokenRates {
  let rates = base;
  for (const tier of tiers) if (inputTokens > tier.aboveInputTokens) rates = tier.rates;
  return rates;
}

/** null when nothing that the price names was counted. */
function countedUnits(rates: UnitRates, counts: BilledUnits): number | null {
  let cost: number | null = null;
  const add = (rate: number | undefined, count: number | undefined): void => {
    // Seconds come in fractions.
    if (rate !== undefined && count !== undefined) cost = (cost ?? 0) + Math.round(rate * count);
  };
  add(rates.query, counts.queries);
  add(rates.second, counts.seconds);
  add(rates.character, counts.characters);
  add(rates.image, counts.images);
  return cost;
}

/** What tokens of sound and pictures cost above the text they were counted as; no more of them than there are. */
function mediaTokens(
  usage: TokenUsage,
  { base, special, counts }: { base: TokenRates; special: UnitRates; counts: BilledUnits },
): number {
  const audioIn = Math.min(counts.audioInputTokens ?? 0, usage.uncachedInput);
  const imageIn = Math.min(counts.imageInputTokens ?? 0, usage.uncachedInput - audioIn);
  const audioOut = Math.min(counts.audioOutputTokens ?? 0, usage.visibleOutput);
  return (
    audioIn * ((special.audioInputToken ?? base.input) - base.input) +
    imageIn * ((special.imageInputToken ?? base.input) - base.input) +
    audioOut * ((special.audioOutputToken ?? base.output) - base.output)
  );
}
