import assert from "node:assert/strict";
import { test } from "node:test";
import { ENDPOINTS, RELAYED_WIRES } from "@headrace/core/endpoints";
import { registeredAdapters } from "../conformance/subjects.ts";
import { adapterById } from "../registry.ts";
import { type AdapterCapabilities, capabilities, type FeatureSupport, probeChat } from "./capabilities.ts";
import { CHAT_PROBES, type ChatFeature } from "./chat-probes.ts";
import { OVERRIDES } from "./overrides.ts";
import { PROBE_MODELS } from "./probe-models.ts";

const table = capabilities();

function rowOf(id: string, models: string | null = null): AdapterCapabilities {
  const row = table.adapters.find((one) => one.id === id && one.models === models);
  assert.ok(row !== undefined, `the table has no row for ${id}`);
  return row;
}

test("the table is plain data with a row for every adapter, those behind platforms included", () => {
  assert.deepEqual(JSON.parse(JSON.stringify(table)), table);
  assert.equal(table.adapters.length, registeredAdapters().length);
  for (const { endpoints, chat } of table.adapters) {
    assert.deepEqual(Object.keys(endpoints), [...Object.keys(ENDPOINTS), ...Object.keys(RELAYED_WIRES)]);
    if (chat !== null) assert.deepEqual(Object.keys(chat.features), Object.keys(CHAT_PROBES));
  }
});

test("it is found once", () => {
  assert.equal(capabilities(), table);
});

/** Facts of the providers' references, written by hand. */
const KNOWN: readonly (readonly [string, string | null, ChatFeature, FeatureSupport])[] = [
  ["anthropic", null, "imagesByUrl", "native"],
  ["anthropic", null, "cacheControl", "native"],
  ["anthropic", null, "jsonSchema", "emulated"],
  ["anthropic", null, "seed", null],
  ["anthropic", null, "n", null],
  ["bedrock", "all others", "imagesByUrl", null],
  ["bedrock", "all others", "documentsInline", "native"],
  ["bedrock", "Claude", "imagesByUrl", null],
  ["cohere", null, "seed", "native"],
  ["cohere", null, "audioInline", null],
  ["deepseek", null, "jsonSchema", "emulated"],
  ["deepseek", null, "jsonObject", "native"],
  ["deepseek", null, "documentsInline", null],
  ["groq", null, "n", null],
  ["groq", null, "logprobs", null],
  ["groq", null, "jsonSchema", "native"],
  ["mistral", null, "seed", "native"],
  ["mistral", null, "documentsByUrl", "native"],
  ["openai", "all others", "topK", null],
  ["openai", "all others", "jsonSchema", "native"],
  ["openai", "those that think", "stop", null],
  ["openrouter", null, "cacheControl", "native"],
  ["perplexity", null, "tools", null],
  ["zhipu", null, "toolChoiceNamed", null],
  ["gemini", null, "jsonSchema", "native"],
  ["gemini", null, "frequencyPenalty", null],
  ["vertex", "Gemini", "frequencyPenalty", "native"],
];

for (const [id, models, feature, support] of KNOWN) {
  test(`${id}${models === null ? "" : ` (${models})`}: ${feature} is ${support ?? "not taken"}`, () => {
    assert.equal(rowOf(id, models).chat?.features[feature], support);
  });
}

test("only those who sign thoughts get their own proofs back", () => {
  assert.deepEqual(rowOf("anthropic").chat?.reasoningSignatures, ["anthropic"]);
  assert.deepEqual(rowOf("gemini").chat?.reasoningSignatures, ["gemini"]);
  assert.deepEqual(rowOf("openrouter").chat?.reasoningSignatures, ["anthropic"]);
  assert.deepEqual(rowOf("openai", "those that think").chat?.reasoningSignatures, ["openai"]);
  assert.deepEqual(rowOf("cohere").chat?.reasoningSignatures, []);
});

test("usage tells what each wire can count", () => {
  assert.ok(rowOf("anthropic").chat?.usage.includes("cacheWrite1hInput"));
  assert.equal(rowOf("cohere").chat?.usage.includes("reasoningOutput"), false);
  for (const { id, chat } of table.adapters)
    if (chat !== null)
      for (const count of ["uncachedInput", "visibleOutput"] as const)
        assert.ok(chat.usage.includes(count), `${id} tells no ${count}`);
});

test("whoever chats is reached by every wire of chats", () => {
  const chats = ["responses", "messages", "generate-content"] as const;
  for (const { id, endpoints, chat } of table.adapters)
    for (const endpoint of chats)
      assert.equal(
        endpoints[endpoint] !== null,
        chat !== null || endpoints[endpoint] === "native",
        `${id}: ${endpoint}`,
      );
});

test("what is written down has a reason, and differs from what is found", () => {
  for (const [id, features] of Object.entries(OVERRIDES)) {
    const { chat } = adapterById(id);
    assert.ok(chat !== null, `${id} does not chat`);
    for (const [feature, { support, because }] of Object.entries(features)) {
      assert.ok(because.length > 10);
      assert.equal(rowOf(id).chat?.features[feature as ChatFeature], support);
      const found = probeChat(chat, CHAT_PROBES[feature as ChatFeature], PROBE_MODELS[id] ?? "any");
      assert.notEqual(found, support, `${id}: ${feature} need not be written down`);
    }
  }
});
