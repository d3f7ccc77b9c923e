import type { Price, TokenRates, UnitRates } from "@headrace/core/canonical/cost";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { countOf, numberOf, objectOf, objectsOf, textOf } from "../../json/read.ts";
import { wholeRates } from "../price-line.ts";
import type { FoundPrices } from "./litellm.ts";

/** Its names are USD for a million tokens; one is pico-USD for a token times 10^6. */
const PICO_PER_TOKEN = 1e6;

const RATES = {
  cache_read_mtok: "cacheRead",
  cache_write_mtok: "cacheWrite5m",
  cache_write_1h_mtok: "cacheWrite1h",
  output_reasoning_mtok: "reasoning",
} as const satisfies Record<string, keyof TokenRates>;

const MEDIA = {
  input_audio_mtok: "audioInputToken",
  output_audio_mtok: "audioOutputToken",
  input_image_mtok: "imageInputToken",
} as const satisfies Record<string, keyof UnitRates>;

/** A price that has another member goes by something that this reader would leave out. */
const KNOWN: ReadonlySet<string> = new Set([
  "input_mtok",
  "output_mtok",
  ...Object.keys(RATES),
  ...Object.keys(MEDIA),
  // Discounts on cached sound and pictures, which no usage counts apart, and tools of the provider's own.
  "cache_audio_read_mtok",
  "cache_image_read_mtok",
  "storage_searches_kcount",
  "web_searches_kcount",
]);

/** Names that move on to newer models, of which this list only fills in what the other has not. */
const MOVING = /-latest$|^~/;
/** They hear or speak; with the price of text alone they would come out far too cheap. */
const SOUND = /audio|realtime|tts|voice|live/;

/**
 * What genai-prices says of one provider's models. It finds models by patterns too; only the names that it
 * spells out are taken.
 *
 * @param named - leaves out names that the provider would not know
 */
export function readGenaiPrices(provider: JsonObject, named: (model: string) => boolean): FoundPrices {
  const found = new Map<string, Price>();
  for (const model of objectsOf(provider, "models")) {
    for (const name of spelledOut(model)) {
      if (!named(name) || MOVING.test(name)) continue;
      const price = readModel(model, name);
      if (price !== null && !found.has(name)) found.set(name, price);
    }
  }
  return found;
}

function spelledOut(model: JsonObject): string[] {
  const match = objectOf(model, "match") ?? {};
  const exact = [match, ...objectsOf(match, "or")].map((rule) => textOf(rule, "equals"));
  return [textOf(model, "id"), ...exact].filter((name) => name !== undefined);
}

function readModel(model: JsonObject, name: string): Price | null {
  // A list of prices by date or hour, of which no single one holds.
  if (!isJsonObject(model.prices)) return null;
  const { prices } = model;
  const free = name.endsWith(":free");
  if (Object.keys(prices).some((member) => !KNOWN.has(member))) return null;
  const input = rateAt(prices, "input_mtok", 0) ?? (free ? 0 : undefined);
  // Embeddings have no output to bill.
  const output =
    rateAt(prices, "output_mtok", 0) ?? (free || /embed|rerank|bge|^voyage/.test(name) ? 0 : undefined);
  if (input === undefined || output === undefined) return null;
  if (input === 0 && !free) return null;
  const units = mediaRates(prices);
  if (SOUND.test(name) && units.audioInputToken === undefined) return null;
  return {
    origin: "catalogue",
    rates: wholeRates({ input, output, ...otherRates(prices, 0) }),
    tiers: thresholds(prices).map((above) => ({
      aboveInputTokens: above,
      rates: wholeRates({
        input: rateAt(prices, "input_mtok", above) ?? input,
        output: rateAt(prices, "output_mtok", above) ?? output,
        ...otherRates(prices, above),
      }),
    })),
    units,
    contextWindowTokens: countOf(model, "context_window") || null,
    maxOutputTokens: null,
  };
}

function otherRates(prices: JsonObject, inputTokens: number): Partial<TokenRates> {
  const rates: Partial<Record<keyof TokenRates, number>> = {};
  for (const [member, name] of Object.entries(RATES)) {
    const rate = rateAt(prices, member, inputTokens);
    if (rate !== undefined && rate > 0) rates[name] = rate;
  }
  return rates;
}

function mediaRates(prices: JsonObject): UnitRates {
  const rates: Partial<Record<keyof UnitRates, number>> = {};
  for (const [member, name] of Object.entries(MEDIA)) {
    const rate = rateAt(prices, member, 0);
    if (rate !== undefined && rate > 0) rates[name] = rate;
  }
  return rates;
}

function thresholds(prices: JsonObject): number[] {
  const starts = Object.keys(prices).flatMap((member) =>
    objectsOf(objectOf(prices, member) ?? {}, "tiers").map((tier) => countOf(tier, "start")),
  );
  return [...new Set(starts)].filter((start) => start !== undefined).sort((one, other) => one - other);
}

/** A number, or `{ base, tiers: [{ start, price }] }`. In pico-USD for a token. */
function rateAt(prices: JsonObject, member: string, inputTokens: number): number | undefined {
  const tiered = objectOf(prices, member);
  let usd = tiered === undefined ? numberOf(prices, member) : numberOf(tiered, "base");
  for (const tier of tiered === undefined ? [] : objectsOf(tiered, "tiers")) {
    if (inputTokens >= (countOf(tier, "start") ?? Number.POSITIVE_INFINITY)) usd = numberOf(tier, "price");
  }
  return usd === undefined || usd < 0 ? undefined : Math.round(usd * PICO_PER_TOKEN);
}
