import assert from "node:assert/strict";
import { test } from "node:test";
import { writePriceLine } from "../price-line.ts";
import { readGenaiPrices } from "./genai-prices.ts";

/** Names and lines that one model of the list gives. */
function lines(model: Record<string, unknown>, named: (name: string) => boolean = () => true): string[] {
  const found = readGenaiPrices({ models: [model] }, named);
  return [...found].map(([name, price]) => `${name}: ${writePriceLine(price)}`);
}

test("reads rates and tiers under every name that is spelled out", () => {
  const model = {
    id: "a/sonnet",
    match: {
      or: [{ equals: "a/sonnet" }, { equals: "a/sonnet-20250929" }, { starts_with: "a/s" }, { regex: "^x" }],
    },
    context_window: 1_000_000,
    prices: {
      input_mtok: { base: 3, tiers: [{ start: 200_000, price: 6 }] },
      cache_read_mtok: { base: 0.3, tiers: [{ start: 200_000, price: 0.6 }] },
      cache_write_mtok: { base: 3.75, tiers: [{ start: 200_000, price: 7.5 }] },
      cache_write_1h_mtok: 6,
      output_mtok: { base: 15, tiers: [{ start: 200_000, price: 22.5 }] },
    },
  };
  const price = "3 15 r0.3 w3.75 h6 x1000000 >200000 6 22.5 r0.6 w7.5 h6";
  assert.deepEqual(lines(model), [`a/sonnet: ${price}`, `a/sonnet-20250929: ${price}`]);
  assert.deepEqual(
    lines(model, (name) => name === "a/sonnet"),
    [`a/sonnet: ${price}`],
  );
});

const MODELS: readonly [what: string, id: string, prices: unknown, expected: string | null][] = [
  ["sound beside text", "m", { input_mtok: 2.5, output_mtok: 10, input_audio_mtok: 40 }, "2.5 10 a40"],
  ["sound with the price of text alone", "m-audio", { input_mtok: 2.5, output_mtok: 10 }, null],
  ["a fee of a tool", "m", { input_mtok: 1, output_mtok: 2, web_searches_kcount: 10 }, "1 2"],
  ["a member that nobody knows", "m", { input_mtok: 1, output_mtok: 2, moons: 1 }, null],
  ["hours of sound", "m", { input_audio_hours: 0.36 }, null],
  ["no output", "m", { input_mtok: 1 }, null],
  ["no output of embeddings", "m-embed", { input_mtok: 0.1 }, "0.1 0"],
  ["nothing", "m", {}, null],
  ["nothing, of a free variant", "v/m:free", {}, "0 0"],
  ["0 that is nowhere stated as free", "m", { input_mtok: 0, output_mtok: 0 }, null],
  ["prices by the date", "m", [{ prices: { input_mtok: 1, output_mtok: 2 } }], null],
  ["a name that moves on", "m-latest", { input_mtok: 1, output_mtok: 2 }, null],
];
for (const [what, id, prices, expected] of MODELS) {
  test(`a model with ${what} gives ${expected ?? "no price"}`, () => {
    assert.deepEqual(
      lines({ id, match: { equals: id }, prices }),
      expected === null ? [] : [`${id}: ${expected}`],
    );
  });
}
