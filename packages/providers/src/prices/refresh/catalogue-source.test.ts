import assert from "node:assert/strict";
import { test } from "node:test";
import { readPriceLine } from "../price-line.ts";
import { catalogueSource, mergedLines } from "./catalogue-source.ts";
import { GENAI_PRICES, LITELLM } from "./sources.ts";

test("the first list that has a model counts, names in lower case and in order", () => {
  const first = new Map([
    ["Vendor/Model-B", readPriceLine("1 2")],
    ["two words", readPriceLine("1 2")],
    ["back`tick", readPriceLine("1 2")],
    ["${dollar}", readPriceLine("1 2")],
  ]);
  const second = new Map([
    ["vendor/model-b", readPriceLine("9 9")],
    ["a", readPriceLine("3 4 r0.5")],
  ]);
  assert.deepEqual(mergedLines([first, second]), ["a 3 4 r0.5", "vendor/model-b 1 2"]);
});

test("the file says what it was made of, and each adapter's rows stand between line breaks", () => {
  const tables = new Map([
    ["azure-openai", ["m 1 2"]],
    ["openai", ["a 3 4", "b - - q0.002"]],
  ]);
  const text = catalogueSource(tables, [LITELLM, GENAI_PRICES], "2026-11-23");
  for (const source of [LITELLM, GENAI_PRICES]) {
    assert.ok(text.includes(source.title) && text.includes(`${source.name} ${source.version}`));
  }
  assert.match(text, /PRICES_READ_ON = "2026-11-23"/);
  assert.ok(text.includes('  "azure-openai": `\nm 1 2\n`,\n  openai: `\na 3 4\nb - - q0.002\n`,\n};\n'));
});
