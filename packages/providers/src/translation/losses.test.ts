import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientChatWireId } from "@headrace/core/wire/wire-id";
import { Losses } from "./losses.ts";

const SPELLED: readonly [ClientChatWireId, readonly string[]][] = [
  [
    "openai-chat",
    ["n", "max_completion_tokens", "messages[].name", "messages[].content[].audio", "tools[].x"],
  ],
  ["openai-responses", ["n", "max_output_tokens", "input[].name", "input[].content[].audio", "tools[].x"]],
  [
    "anthropic-messages",
    ["choices", "max_tokens", "messages[].name", "messages[].content[].audio", "tools[].x"],
  ],
  [
    "gemini-generate",
    [
      "generationConfig.candidateCount",
      "generationConfig.maxOutputTokens",
      "contents[].name",
      "contents[].parts[].audio",
      "tools[].x",
    ],
  ],
  [
    "bedrock-converse",
    [
      "choices",
      "inferenceConfig.maxTokens",
      "messages[].name",
      "messages[].content[].audio",
      "toolConfig.tools[].x",
    ],
  ],
  ["cohere-chat", ["choices", "max_tokens", "messages[].name", "messages[].content[].audio", "tools[].x"]],
];

for (const [wire, paths] of SPELLED) {
  test(`losses: spelled as on ${wire}, each once`, () => {
    const losses = new Losses(wire);
    for (let round = 0; round < 2; round++) {
      losses.field("choices");
      losses.field("maxOutputTokens");
      losses.extra("message", { name: "ada" });
      losses.at("part", "audio");
      losses.at("tool", "x");
    }
    assert.deepEqual(losses.paths, paths);
  });
}

test("losses: a top-level field keeps its name", () => {
  const losses = new Losses("openai-chat");
  losses.named("logit_bias");
  assert.deepEqual(losses.paths, ["logit_bias"]);
});

for (const [wire, paths] of [
  ["anthropic-messages", ["messages[].content[].cache_control", "tools[].cache_control"]],
  ["bedrock-converse", ["messages[].content[].cachePoint", "toolConfig.tools[].cachePoint"]],
  ["openai-responses", ["input[].content[].prompt_cache_breakpoint", "tools[].prompt_cache_breakpoint"]],
] as const) {
  test(`losses: a mark for the prompt cache has the name that it has on ${wire}`, () => {
    const losses = new Losses(wire);
    losses.cacheMark("part", undefined);
    assert.deepEqual(losses.paths, []);
    losses.cacheMark("part", { ttl: "5m" });
    losses.cacheMark("tool", { ttl: "1h" });
    assert.deepEqual(losses.paths, paths);
  });
}
