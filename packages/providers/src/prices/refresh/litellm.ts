import type { Price, PriceTier, TokenRates, UnitRates } from "@headrace/core/canonical/cost";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { countOf, defined, numberOf, objectOf, objectsOf, textOf } from "../../json/read.ts";
import { type StatedRates, wholeRates } from "../price-line.ts";
import { LITELLM_PLACES, type LiteLlmPlace } from "./places.ts";

/** Models of one adapter, as its provider spells them, and their prices. */
export type FoundPrices = ReadonlyMap<string, Price>;

const PICO = 1e12;
/** Those that give text bill it; a list that says 0 for one side of it has not found the price out. */
const TEXT_MODES: ReadonlySet<string> = new Set(["chat", "completion", "responses", "realtime"]);
const INPUT_ONLY_MODES: ReadonlySet<string> = new Set(["embedding", "moderation", "rerank"]);
const IMAGE_MODES: ReadonlySet<string> = new Set(["image_edit", "image_generation"]);
const AUDIO_MODES: ReadonlySet<string> = new Set(["audio_speech", "audio_transcription"]);
/** In pico-USD for a token: 1,000 USD for a million. The dearest costs 600; what is above was put a comma wrong. */
const DEAREST = 1e9;
/** Such as `hd/1024-x-1024/dall-e-3`: a price by the picture's size, which is in no model's name. */
const BY_SIZE = /-x-|^(?:hd|high|low|medium|standard)\/|steps\//;
const TIER = /^input_cost_per_token_above_(\d+)k_tokens$/;

/** What LiteLLM's list says of an adapter's models. The first place that lists a name counts. */
export function readLiteLlm(list: JsonObject, adapterId: string): FoundPrices {
  const found = new Map<string, Price>();
  for (const place of LITELLM_PLACES[adapterId] ?? []) {
    for (const [key, entry] of Object.entries(list)) {
      if (!isJsonObject(entry) || textOf(entry, "litellm_provider") !== place.provider) continue;
      const model = modelName(key, place);
      const price = model === null ? null : readEntry(entry);
      if (model !== null && price !== null && !found.has(model)) found.set(model, price);
    }
  }
  return found;
}

function modelName(key: string, { prefix, plainNames }: LiteLlmPlace): string | null {
  if (!key.startsWith(prefix) || BY_SIZE.test(key) || key.includes("*")) return null;
  const model = key.slice(prefix.length);
  return plainNames && model.includes("/") ? null : model;
}

/** null when what it says does not tell what a call costs. */
function readEntry(entry: JsonObject): Price | null {
  // Charged by citations and searches, which no usage object counts in tokens.
  if (numberOf(entry, "citation_cost_per_token") !== undefined) return null;
  const byRange = objectsOf(entry, "tiered_pricing");
  const base = byRange[0] ?? entry;
  const stated = statedRates(base, textOf(entry, "mode") ?? "");
  const rates = stated === null ? null : wholeRates(stated);
  const units = rates === null ? unitRates(entry) : { ...mediaRates(entry, rates), ...requestFee(entry) };
  if (rates === null && Object.keys(units).length === 0) return null;
  const tiers = rates === null ? [] : byRange.length > 0 ? rangeTiers(byRange) : thresholdTiers(entry, rates);
  if (tiers === null) return null;
  return {
    origin: "catalogue",
    rates,
    tiers,
    units,
    contextWindowTokens: countOf(entry, "max_input_tokens") || null,
    maxOutputTokens: countOf(entry, "max_output_tokens") || null,
  };
}

function statedRates(entry: JsonObject, mode: string): StatedRates | null {
  const input = picoUsd(entry, "input_cost_per_token");
  const output = outputRate(entry, mode);
  // Free has to be stated by somebody who knows: in this list 0 is as often "not found out".
  if (input === undefined || input === 0 || output === undefined) return null;
  if (output === 0 && !INPUT_ONLY_MODES.has(mode)) return null;
  if (input > DEAREST || output > DEAREST) return null;
  return { input, output, ...cacheRates(entry, input), ...defined({ reasoning: reasoningRate(entry) }) };
}

function outputRate(entry: JsonObject, mode: string): number | undefined {
  const text = picoUsd(entry, "output_cost_per_token");
  if (TEXT_MODES.has(mode)) return text;
  if (INPUT_ONLY_MODES.has(mode)) return text ?? 0;
  // What these give is pictures or sound, whatever their text would cost.
  if (IMAGE_MODES.has(mode)) return picoUsd(entry, "output_cost_per_image_token") ?? text;
  if (AUDIO_MODES.has(mode)) return picoUsd(entry, "output_cost_per_audio_token") ?? text;
  return undefined;
}

/** A write cheaper than reading in full is a slip, and a read for nothing too: both then go as other input. */
function cacheRates(entry: JsonObject, input: number, suffix = ""): Partial<TokenRates> {
  const read = picoUsd(entry, `cache_read_input_token_cost${suffix}`);
  const write = picoUsd(entry, `cache_creation_input_token_cost${suffix}`);
  const writeHour = picoUsd(entry, `cache_creation_input_token_cost_above_1hr${suffix}`);
  return defined({
    cacheRead: read === 0 ? undefined : read,
    cacheWrite5m: write !== undefined && write >= input ? write : undefined,
    cacheWrite1h: writeHour !== undefined && writeHour >= input ? writeHour : undefined,
  });
}

function reasoningRate(entry: JsonObject): number | undefined {
  return picoUsd(entry, "output_cost_per_reasoning_token") || undefined;
}

/** Fields such as `input_cost_per_token_above_200k_tokens`. */
function thresholdTiers(entry: JsonObject, base: TokenRates): PriceTier[] {
  const tiers: PriceTier[] = [];
  for (const name of Object.keys(entry)) {
    const thousands = TIER.exec(name)?.[1];
    const input = picoUsd(entry, name);
    if (thousands === undefined || input === undefined || input < base.input) continue;
    const suffix = `_above_${thousands}k_tokens`;
    const output = picoUsd(entry, `output_cost_per_token${suffix}`) ?? base.output;
    const cache = cacheRates(entry, input, suffix);
    const cacheRead = cache.cacheRead ?? Math.round(base.cacheRead * (input / base.input));
    tiers.push({
      aboveInputTokens: Number(thousands) * 1_000,
      // Where the base is the price of pictures, the tier's own is that of text.
      rates: wholeRates({ ...cache, cacheRead, input, output: Math.max(output, base.output) }),
    });
  }
  return tiers.sort((one, other) => one.aboveInputTokens - other.aboveInputTokens);
}

/** The list's other form: a price for each range of input. null when one of them tells none. */
function rangeTiers(ranges: readonly JsonObject[]): PriceTier[] | null {
  const tiers: PriceTier[] = [];
  for (const range of ranges.slice(1)) {
    const stated = statedRates(range, "chat");
    const [from]: readonly unknown[] = Array.isArray(range.range) ? range.range : [];
    if (stated === null || typeof from !== "number") return null;
    tiers.push({ aboveInputTokens: from, rates: wholeRates(stated) });
  }
  return tiers;
}

function mediaRates(entry: JsonObject, rates: TokenRates): UnitRates {
  const unless = (plain: number, rate: number | undefined): number | undefined =>
    rate === plain || rate === 0 ? undefined : rate;
  return defined({
    audioInputToken: unless(rates.input, picoUsd(entry, "input_cost_per_audio_token")),
    audioOutputToken: unless(rates.output, picoUsd(entry, "output_cost_per_audio_token")),
    imageInputToken: unless(rates.input, picoUsd(entry, "input_cost_per_image_token")),
  });
}

/** Perplexity's fee by the depth of the search; low is what a request gets that asks for none. */
function requestFee(entry: JsonObject): UnitRates {
  const always = textOf(entry, "litellm_provider") === "perplexity" && textOf(entry, "mode") === "chat";
  const fees = always ? objectOf(entry, "search_context_cost_per_query") : undefined;
  return defined({ request: fees && picoUsd(fees, "search_context_size_low") });
}

function unitRates(entry: JsonObject): UnitRates {
  const mode = textOf(entry, "mode") ?? "";
  const rate = (name: string): number | undefined => picoUsd(entry, name) || undefined;
  if (mode === "rerank") return defined({ query: rate("input_cost_per_query") });
  if (mode === "audio_transcription") return defined({ second: rate("input_cost_per_second") });
  if (mode === "audio_speech") return defined({ character: rate("input_cost_per_character") });
  if (IMAGE_MODES.has(mode)) return defined({ image: rate("output_cost_per_image") });
  return {};
}

/** In whole pico-USD. */
function picoUsd(entry: JsonObject, name: string): number | undefined {
  const usd = numberOf(entry, name);
  return usd === undefined || usd < 0 ? undefined : Math.round(usd * PICO);
}
