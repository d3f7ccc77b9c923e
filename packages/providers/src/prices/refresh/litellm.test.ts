import assert from "node:assert/strict";
import { test } from "node:test";
import { writePriceLine } from "../price-line.ts";
import { readLiteLlm } from "./litellm.ts";

/** The line that an entry gives for its adapter's model "m"; null when it gives none. */
function line(adapterId: string, key: string, entry: Record<string, unknown>): string | null {
  const price = readLiteLlm({ [key]: entry }, adapterId).get("m");
  return price === undefined ? null : writePriceLine(price);
}

function openai(entry: Record<string, unknown>): string | null {
  return line("openai", "m", { litellm_provider: "openai", mode: "chat", ...entry });
}

test("reads tokens, both writes to a cache, tiers and limits", () => {
  const entry = {
    litellm_provider: "anthropic",
    mode: "chat",
    input_cost_per_token: 3e-6,
    input_cost_per_token_above_200k_tokens: 6e-6,
    input_cost_per_token_batches: 1.5e-6,
    output_cost_per_token: 1.5e-5,
    output_cost_per_token_above_200k_tokens: 2.25e-5,
    cache_read_input_token_cost: 3e-7,
    cache_read_input_token_cost_above_200k_tokens: 6e-7,
    cache_creation_input_token_cost: 3.75e-6,
    cache_creation_input_token_cost_above_1hr: 6e-6,
    cache_creation_input_token_cost_above_200k_tokens: 7.5e-6,
    cache_creation_input_token_cost_above_1hr_above_200k_tokens: 1.2e-5,
    max_input_tokens: 200_000,
    max_output_tokens: 64_000,
  };
  const expected = "3 15 r0.3 w3.75 h6 x200000 o64000 >200000 6 22.5 r0.6 w7.5 h12";
  assert.equal(line("anthropic", "m", entry), expected);
});

test("a tier that says nothing of cached input keeps its discount, and is never cheaper than the base", () => {
  const entry = {
    input_cost_per_token: 2e-6,
    input_cost_per_token_above_128k_tokens: 4e-6,
    input_cost_per_token_above_64k_tokens: 1e-6,
    output_cost_per_token: 8e-6,
    output_cost_per_token_above_128k_tokens: 1e-6,
    cache_read_input_token_cost: 5e-7,
  };
  assert.equal(openai(entry), "2 8 r0.5 >128000 4 8 r1");
});

test("reads prices by ranges of input", () => {
  const entry = {
    litellm_provider: "dashscope",
    mode: "chat",
    tiered_pricing: [
      {
        input_cost_per_token: 4e-7,
        output_cost_per_token: 1.2e-6,
        output_cost_per_reasoning_token: 4e-6,
        range: [0, 256_000],
      },
      { input_cost_per_token: 1.2e-6, output_cost_per_token: 3.6e-6, range: [256_000, 1_000_000] },
    ],
  };
  assert.equal(line("qwen", "dashscope/m", entry), "0.4 1.2 t4 >256000 1.2 3.6");
  const [first] = entry.tiered_pricing;
  const unknown = { ...entry, tiered_pricing: [first, { range: [256_000, 1_000_000] }] };
  assert.equal(line("qwen", "dashscope/m", unknown), null);
});

const ONE_SIDED: readonly [what: string, entry: Record<string, unknown>, expected: string | null][] = [
  ["nothing at all", {}, null],
  [
    "0 for both sides, which here may be not found out",
    { input_cost_per_token: 0, output_cost_per_token: 0 },
    null,
  ],
  ["0 for the output of a chat", { input_cost_per_token: 1e-6, output_cost_per_token: 0 }, null],
  ["no output of a chat", { input_cost_per_token: 1e-6 }, null],
  ["no output of embeddings", { mode: "embedding", input_cost_per_token: 2e-8 }, "0.02 0"],
  [
    "a mode of no endpoint here",
    { mode: "ocr", input_cost_per_token: 1e-6, output_cost_per_token: 1e-6 },
    null,
  ],
  [
    "citations",
    { input_cost_per_token: 1e-6, output_cost_per_token: 1e-6, citation_cost_per_token: 1e-6 },
    null,
  ],
  ["a slip of the comma", { input_cost_per_token: 3.2e-3, output_cost_per_token: 1e-2 }, null],
  ["less than nothing", { input_cost_per_token: -1e-6, output_cost_per_token: 1e-6 }, null],
];
for (const [what, entry, expected] of ONE_SIDED) {
  test(`an entry with ${what} gives ${expected ?? "no price"}`, () => assert.equal(openai(entry), expected));
}

test("a cache's read for nothing, and a write below the price of input, are slips", () => {
  const entry = {
    input_cost_per_token: 2e-6,
    output_cost_per_token: 8e-6,
    cache_read_input_token_cost: 0,
    cache_creation_input_token_cost: 1e-6,
  };
  assert.equal(openai(entry), "2 8");
});

test("reads what is not billed by tokens, and only what the mode is billed by", () => {
  const rerank = {
    mode: "rerank",
    input_cost_per_query: 0.002,
    input_cost_per_token: 0,
    output_cost_per_token: 0,
  };
  assert.equal(openai(rerank), "- - q0.002");
  assert.equal(openai({ mode: "audio_transcription", input_cost_per_second: 0.0001 }), "- - s0.0001");
  assert.equal(openai({ mode: "audio_speech", input_cost_per_character: 1.5e-5 }), "- - c0.000015");
  assert.equal(openai({ mode: "image_generation", output_cost_per_image: 0.04 }), "- - p0.04");
  assert.equal(openai({ mode: "chat", input_cost_per_second: 0.0001 }), null);
});

test("pictures and speech go by the price of what they give", () => {
  const image = {
    input_cost_per_token: 5e-6,
    input_cost_per_image_token: 1e-5,
    output_cost_per_image_token: 4e-5,
  };
  assert.equal(openai({ mode: "image_generation", ...image }), "5 40 i10");
  const speech = {
    input_cost_per_token: 6e-7,
    output_cost_per_token: 1e-6,
    output_cost_per_audio_token: 1.2e-5,
  };
  assert.equal(openai({ mode: "audio_speech", ...speech }), "0.6 12");
});

test("adds Perplexity's fee for its cheapest search", () => {
  const entry = {
    litellm_provider: "perplexity",
    mode: "chat",
    input_cost_per_token: 1e-6,
    output_cost_per_token: 1e-6,
    search_context_cost_per_query: { search_context_size_high: 0.012, search_context_size_low: 0.005 },
  };
  assert.equal(line("perplexity", "perplexity/m", entry), "1 1 f0.005");
  // With others a search is a tool that a call may use or not.
  assert.equal(openai({ ...entry, litellm_provider: "openai" }), "1 1");
});

test("takes only keys that are an adapter's model's name", () => {
  const entry = {
    litellm_provider: "bedrock",
    mode: "chat",
    input_cost_per_token: 1e-6,
    output_cost_per_token: 1e-6,
  };
  const list = {
    "bedrock/eu-west-1/m": entry,
    "bedrock/*/1-month-commitment/m": entry,
    "512-x-512/m": { ...entry, mode: "image_generation" },
    "hd/m": { ...entry, mode: "image_generation" },
    other: { ...entry, litellm_provider: "openai" },
    "v.m": entry,
    text: "no entry",
  };
  assert.deepEqual([...readLiteLlm(list, "bedrock").keys()], ["v.m"]);
  assert.deepEqual([...readLiteLlm(list, "ollama").keys()], []);
});
