import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { parseJsonObject } from "../../json/read.ts";
import { ADAPTERS } from "../../registry.ts";
import { catalogueSource, mergedLines } from "./catalogue-source.ts";
import { fetchSource } from "./fetch-source.ts";
import { readGenaiPrices } from "./genai-prices.ts";
import { readLiteLlm } from "./litellm.ts";
import { GENAI_PROVIDERS } from "./places.ts";
import { GENAI_PRICES, LITELLM, type PriceSource } from "./sources.ts";

const folder = mkdtempSync(join(tmpdir(), "headrace-prices-"));
try {
  const list = parseJsonObject(readFileSync(fetched(LITELLM), "utf8"));
  if (list === null) throw new Error(`${LITELLM.file} is no JSON object`);
  const find = await genaiProviders(fetched(GENAI_PRICES));
  const tables = new Map<string, readonly string[]>();
  for (const { id } of ADAPTERS) {
    const lines = mergedLines([
      readLiteLlm(list, id),
      readGenaiPrices(find(id), (name) => isNameAt(id, name)),
    ]);
    if (lines.length > 0) tables.set(id, lines);
  }
  const readOn = new Date().toISOString().slice(0, "YYYY-MM-DD".length);
  const text = catalogueSource(tables, [LITELLM, GENAI_PRICES], readOn);
  writeFileSync(new URL("../data/catalogue.ts", import.meta.url), text);
} finally {
  rmSync(folder, { recursive: true });
}

function fetched(source: PriceSource): string {
  const own = join(folder, source.client);
  mkdirSync(own);
  return fetchSource(source, own);
}

/** Its data stand inside its code, and are had by asking it for one provider after another. */
async function genaiProviders(file: string): Promise<(adapterId: string) => JsonObject> {
  const library: unknown = await import(pathToFileURL(file).href);
  const find: unknown = isJsonObject(library) ? library.findProvider : undefined;
  if (typeof find !== "function") throw new Error(`${GENAI_PRICES.name} has no findProvider`);
  return (adapterId) => {
    const providerId = GENAI_PROVIDERS[adapterId];
    const provider: unknown = providerId === undefined ? {} : find({ providerId });
    if (!isJsonObject(provider)) throw new Error(`${GENAI_PRICES.name} knows no provider ${providerId}`);
    return provider;
  };
}

/** Leaves out what the other source files under a provider though it is another's. */
function isNameAt(adapterId: string, model: string): boolean {
  // Vertex AI's models of other vendors.
  if (adapterId === "gemini") return /^(?:gemini|gemma|text-embedding)-/.test(model);
  // A name of the list's own for all geographies.
  if (adapterId === "bedrock") return !model.startsWith("regional.");
  // Without its vendor's name it is none of OpenRouter's; the free variants are OpenRouter's alone.
  return adapterId === "openrouter" ? model.includes("/") : !model.endsWith(":free");
}
