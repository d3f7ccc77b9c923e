import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatRequest, ResponseFormat, ToolDefinition } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import type { JsonObject } from "@headrace/core/json-object";
import { encodeForClaude as encode } from "./testing.ts";

const WEATHER: ToolDefinition = {
  type: "function",
  name: "weather",
  description: "Says how it is.",
  parameters: { type: "object", properties: { city: { type: "string" } } },
  extra: NO_EXTRA,
};
const WEATHER_BODY = {
  name: "weather",
  description: "Says how it is.",
  input_schema: { type: "object", properties: { city: { type: "string" } } },
};

test("Anthropic request: tools of every kind", () => {
  const { body, lost } = encode({
    tools: [
      { ...WEATHER, strict: true, cache: { ttl: "5m" } },
      { type: "function", name: "ping", parameters: undefined, strict: false, extra: { deferred: true } },
      { type: "function", name: "run", parameters: undefined, freeform: true, extra: NO_EXTRA },
      { type: "provider", wire: "openai-responses", raw: { type: "file_search" } },
    ],
  });
  assert.deepEqual(body.tools, [
    { ...WEATHER_BODY, strict: true, cache_control: { type: "ephemeral" } },
    { name: "ping", input_schema: { type: "object" } },
    {
      name: "run",
      input_schema: { type: "object", properties: { input: { type: "string" } }, required: ["input"] },
    },
  ]);
  assert.equal(body.tool_choice, undefined);
  assert.deepEqual(lost, ["tools[].deferred", "tools[].file_search"]);
});

test("Anthropic request: strict tools where the model has none, and more than it takes", () => {
  const strict = { ...WEATHER, strict: true };
  assert.deepEqual(encode({ tools: [strict] }, "claude-sonnet-4-20250514").lost, ["tools[].strict"]);
  const many = encode({ tools: Array.from({ length: 21 }, () => strict) });
  assert.deepEqual(many.lost, ["tools[].strict"]);
  assert.ok(!JSON.stringify(many.body.tools).includes("strict"));
});

const CHOICES: readonly [string, Partial<ChatRequest>, JsonObject | undefined][] = [
  ["none said", {}, undefined],
  ["auto", { toolChoice: { type: "auto" } }, { type: "auto" }],
  ["none", { toolChoice: { type: "none" } }, { type: "none" }],
  ["required", { toolChoice: { type: "required" } }, { type: "any" }],
  ["one", { toolChoice: { type: "tool", name: "weather" } }, { type: "tool", name: "weather" }],
  [
    "one at a time",
    { sampling: { parallelToolCalls: false } },
    { type: "auto", disable_parallel_tool_use: true },
  ],
  [
    "required, one at a time",
    { toolChoice: { type: "required" }, sampling: { parallelToolCalls: false } },
    { type: "any", disable_parallel_tool_use: true },
  ],
];

for (const [name, parts, choice] of CHOICES) {
  test(`Anthropic request: choice of tools: ${name}`, () => {
    assert.deepEqual(encode({ ...parts, tools: [WEATHER] }).body.tool_choice, choice);
    assert.equal(encode(parts).body.tool_choice, undefined);
  });
}

test("Anthropic request: a model that refuses to be forced", () => {
  const { body, lost } = encode(
    { tools: [WEATHER], toolChoice: { type: "tool", name: "weather" } },
    "claude-opus-5-5",
  );
  assert.deepEqual(body.tool_choice, { type: "auto" });
  assert.deepEqual(lost, ["tool_choice"]);
});

const LEVELS: ResponseFormat = {
  type: "json-schema",
  name: "levels",
  schema: {
    type: "object",
    properties: { all: { type: "array", items: { type: "object", properties: {} } }, __proto__: {} },
  },
};
const LEVELS_TOOL = {
  name: "respond_with_json__levels",
  description: "Give the whole answer by this call.",
  input_schema: LEVELS.schema,
};
const CLOSED_LEVELS = {
  type: "json_schema",
  schema: {
    type: "object",
    properties: {
      all: { type: "array", items: { type: "object", properties: {}, additionalProperties: false } },
    },
    additionalProperties: false,
  },
};

interface FormatCase {
  readonly name: string;
  readonly parts: Partial<ChatRequest>;
  readonly model?: string;
  readonly tools?: readonly unknown[];
  readonly choice?: JsonObject;
  readonly format?: JsonObject;
  readonly thinks?: boolean;
  readonly lost?: readonly string[];
}

const FORMATS: readonly FormatCase[] = [
  {
    name: "by a forced tool",
    parts: { responseFormat: LEVELS },
    tools: [LEVELS_TOOL],
    choice: { type: "tool", name: LEVELS_TOOL.name, disable_parallel_tool_use: true },
  },
  {
    name: "beside tools: one of them or the answer",
    parts: { responseFormat: LEVELS, tools: [WEATHER] },
    tools: [WEATHER_BODY, LEVELS_TOOL],
    choice: { type: "any" },
  },
  {
    name: "beside tools that shall not be called",
    parts: { responseFormat: LEVELS, tools: [WEATHER], toolChoice: { type: "none" } },
    tools: [WEATHER_BODY, LEVELS_TOOL],
    choice: { type: "tool", name: LEVELS_TOOL.name, disable_parallel_tool_use: true },
  },
  {
    name: "beside a forced call",
    parts: { responseFormat: LEVELS, tools: [WEATHER], toolChoice: { type: "tool", name: "weather" } },
    tools: [WEATHER_BODY],
    choice: { type: "tool", name: "weather" },
  },
  {
    name: "with thinking, by the model's own structured output",
    parts: { responseFormat: LEVELS, reasoning: { effort: "low" } },
    format: CLOSED_LEVELS,
    thinks: true,
  },
  {
    name: "with thinking, on a model without it",
    parts: { responseFormat: LEVELS, reasoning: { effort: "low" } },
    model: "claude-sonnet-4-20250514",
    tools: [LEVELS_TOOL],
    choice: { type: "tool", name: LEVELS_TOOL.name, disable_parallel_tool_use: true },
    lost: ["reasoning_effort"],
  },
  {
    name: "on a model that refuses to be forced",
    parts: { responseFormat: LEVELS },
    model: "claude-opus-5-5",
    format: CLOSED_LEVELS,
  },
  {
    name: "any object, on a model that refuses to be forced",
    parts: { responseFormat: { type: "json-object" } },
    model: "claude-opus-5-5",
    lost: ["response_format"],
  },
  {
    name: "a list, which is no tool's input",
    parts: { responseFormat: { type: "json-schema", name: "all", schema: { type: "array" } } },
    format: { type: "json_schema", schema: { type: "array" } },
  },
  { name: "plain text", parts: { responseFormat: { type: "text" } } },
];

for (const { name, parts, model, tools, choice, format, thinks, lost } of FORMATS) {
  test(`Anthropic request: structured output ${name}`, () => {
    const encoded = encode(parts, model);
    assert.deepEqual(encoded.body.tools, tools);
    assert.deepEqual(encoded.body.tool_choice, choice);
    assert.deepEqual(encoded.body.output_config, format === undefined ? undefined : { format });
    assert.equal(encoded.body.thinking !== undefined, thinks ?? false);
    assert.deepEqual(encoded.lost, lost ?? []);
  });
}
