import type { Price, TokenRates } from "@headrace/core/canonical/cost";
import type { PriceConfig } from "@headrace/core/config/types-traffic";
import { cataloguePrice } from "./catalogue.ts";
import { wholeRates } from "./price-line.ts";

/** A target, as far as its price goes. */
export type PricedTarget = {
  readonly adapterId: string;
  /** The provider's name in the config. */
  readonly provider: string;
  /** The model's name at the provider. */
  readonly providerModel: string;
  /** The name that clients ask for. */
  readonly model: string;
};

/** The config's `prices`. */
export type ConfigPrices = Readonly<Record<string, PriceConfig>>;

const PICO_PER_TOKEN_OF_USD_PER_MILLION = 1e6;

const FREE_PRICE: Price = {
  origin: "catalogue",
  rates: wholeRates({ input: 0, output: 0 }),
  tiers: [],
  units: {},
  contextWindowTokens: null,
  maxOutputTokens: null,
};

/**
 * What a target costs: by the config's `prices` (`provider/model`, then the provider's name for it, then the
 * clients'), else by the shipped catalogue. To be asked once for each target, not for each call.
 *
 * @returns null when nobody has stated it, which is not to be taken for free.
 */
export function priceOf(target: PricedTarget, prices: ConfigPrices): Price | null {
  const shipped = shippedPrice(target);
  const stated = statedPrice(target, prices);
  if (stated === null) return shipped;
  return {
    origin: "config",
    rates: configRates(stated),
    tiers: [],
    units: {},
    contextWindowTokens: shipped?.contextWindowTokens ?? null,
    maxOutputTokens: shipped?.maxOutputTokens ?? null,
  };
}

function shippedPrice({ adapterId, providerModel }: PricedTarget): Price | null {
  const found = cataloguePrice(adapterId, providerModel);
  return found ?? (isFree(adapterId, providerModel) ? FREE_PRICE : null);
}

/** Free by what its provider says of the name: the gateway's own mock, and OpenRouter's free variants. */
function isFree(adapterId: string, providerModel: string): boolean {
  return adapterId === "mock" || (adapterId === "openrouter" && /^[^/]+\/.+:free$/.test(providerModel));
}

function statedPrice(target: PricedTarget, prices: ConfigPrices): PriceConfig | null {
  const names = [`${target.provider}/${target.providerModel}`, target.providerModel, target.model];
  const name = names.find((candidate) => Object.hasOwn(prices, candidate));
  return name === undefined ? null : (prices[name] ?? null);
}

function configRates(stated: PriceConfig): TokenRates {
  const rate = (usdPerMillion: number): number =>
    Math.round(usdPerMillion * PICO_PER_TOKEN_OF_USD_PER_MILLION);
  const { cachedInputUsdPerMillion, cacheWriteUsdPerMillion, cacheWrite1hUsdPerMillion } = stated;
  return wholeRates({
    input: rate(stated.inputUsdPerMillion),
    output: rate(stated.outputUsdPerMillion),
    ...(cachedInputUsdPerMillion !== undefined && { cacheRead: rate(cachedInputUsdPerMillion) }),
    ...(cacheWriteUsdPerMillion !== undefined && { cacheWrite5m: rate(cacheWriteUsdPerMillion) }),
    ...(cacheWrite1hUsdPerMillion !== undefined && { cacheWrite1h: rate(cacheWrite1hUsdPerMillion) }),
  });
}
