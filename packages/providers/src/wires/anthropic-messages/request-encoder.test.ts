import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatRequest } from "@headrace/core/canonical/chat";
import type { JsonObject } from "@headrace/core/json-object";
import { type AnthropicDialect, BEDROCK_INVOKE, VERTEX_CLAUDE } from "./dialect.ts";
import { anthropicProvider } from "./provider.ts";
import { CLAUDE, encodeForClaude as encode, request } from "./testing.ts";

test("Anthropic request: the smallest one", () => {
  assert.deepEqual(encode({}), {
    body: {
      model: CLAUDE,
      max_tokens: 32_000,
      messages: [{ role: "user", content: [{ type: "text", text: "Hi" }] }],
    },
    headers: [],
    lost: [],
  });
});

const DIALECTS: readonly [string, AnthropicDialect, JsonObject][] = [
  ["Vertex", VERTEX_CLAUDE, { anthropic_version: "vertex-2023-10-16", stream: true }],
  ["Bedrock", BEDROCK_INVOKE, { anthropic_version: "bedrock-2023-05-31" }],
];

for (const [name, dialect, members] of DIALECTS) {
  test(`Anthropic request: on ${name}`, () => {
    const { body } = anthropicProvider(dialect).encodeRequest(request({}), { model: CLAUDE, stream: true });
    const { messages, max_tokens, ...rest } = body;
    assert.deepEqual(rest, members);
    assert.ok(Array.isArray(messages) && max_tokens === 32_000);
  });
}

test("Anthropic request: a stream is asked for", () => {
  assert.equal(encode({}, CLAUDE, true).body.stream, true);
});

const SAMPLING: readonly [string, Partial<ChatRequest>, JsonObject, readonly string[], string?][] = [
  ["temperature", { sampling: { temperature: 0.3, topK: 5 } }, { temperature: 0.3, top_k: 5 }, []],
  ["temperature above Anthropic's", { sampling: { temperature: 1.4 } }, { temperature: 1 }, ["temperature"]],
  ["top_p alone", { sampling: { topP: 0.9 } }, { top_p: 0.9 }, []],
  ["temperature and top_p", { sampling: { temperature: 0.5, topP: 0.9 } }, { temperature: 0.5 }, ["top_p"]],
  ["the defaults said", { sampling: { temperature: 1, topP: 1 } }, { temperature: 1 }, []],
  [
    "beside thinking",
    { sampling: { temperature: 0.5, topP: 0.9, topK: 4 }, reasoning: { effort: "low" } },
    { thinking: { type: "enabled", budget_tokens: 2048 } },
    ["temperature", "top_p", "top_k"],
  ],
  [
    "beside no thinking",
    { sampling: { temperature: 0.5 }, reasoning: { effort: "none" } },
    { temperature: 0.5, thinking: { type: "disabled" } },
    [],
  ],
  [
    "on a model without",
    { sampling: { temperature: 0, topK: 4 } },
    {},
    ["temperature", "top_k"],
    "claude-opus-4-7",
  ],
  [
    "stop texts, blank ones left out",
    { sampling: { stop: ["END", "\n"] } },
    { stop_sequences: ["END"] },
    ["stop"],
  ],
  [
    "what Anthropic has not",
    {
      sampling: {
        frequencyPenalty: 1,
        presencePenalty: 1,
        seed: 0,
        choices: 2,
        logprobs: true,
        topLogprobs: 3,
      },
    },
    {},
    ["frequency_penalty", "presence_penalty", "seed", "n", "logprobs", "top_logprobs"],
  ],
  [
    "the same with values that say nothing",
    { sampling: { frequencyPenalty: 0, presencePenalty: 0, choices: 1, logprobs: false } },
    {},
    [],
  ],
];

for (const [name, parts, members, lost, model] of SAMPLING) {
  test(`Anthropic request: sampling: ${name}`, () => {
    const encoded = encode(parts, model);
    const { model: _model, max_tokens: _maxTokens, messages: _messages, ...rest } = encoded.body;
    assert.deepEqual(rest, members);
    assert.deepEqual(encoded.lost, lost);
  });
}

const EXTRAS: readonly [JsonObject, JsonObject, readonly string[]][] = [
  [{ user: "ada" }, { metadata: { user_id: "ada" } }, []],
  [{ user: "ada", safety_identifier: "hash" }, { metadata: { user_id: "hash" } }, []],
  [{ user: "a".repeat(300) }, {}, ["user"]],
  [{ metadata: { a: "b" }, store: false, stream_options: {}, service_tier: "auto" }, {}, []],
  [{ store: true, service_tier: "flex", logit_bias: { 5: 1 } }, {}, ["store", "service_tier", "logit_bias"]],
];

for (const [extra, members, lost] of EXTRAS) {
  test(`Anthropic request: fields of another wire ${JSON.stringify(extra).slice(0, 60)}`, () => {
    const encoded = encode({ extra });
    const { model: _model, max_tokens: _maxTokens, messages: _messages, ...rest } = encoded.body;
    assert.deepEqual(rest, members);
    assert.deepEqual(encoded.lost, lost);
  });
}
