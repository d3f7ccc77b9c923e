import assert from "node:assert/strict";
import { test } from "node:test";
import { packToolCallId } from "@headrace/core/canonical/carried-state";
import type { ChatMessage, ChatRequest, ResponseFormat, ToolDefinition } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import type { EncodedRequest } from "@headrace/core/wire/chat-codec";
import { type AnthropicDialect, BEDROCK_INVOKE, VERTEX_CLAUDE } from "./dialect.ts";
import { anthropicProvider } from "./provider.ts";
import { request } from "./testing.ts";

const MODEL = "claude-sonnet-4-5";

function encode(parts: Partial<ChatRequest>, model = MODEL, stream = false): EncodedRequest {
  return anthropicProvider().encodeRequest(request(parts), { model, stream });
}

const say = (text: string) => ({ type: "text", text, extra: NO_EXTRA }) as const;
const user = (...texts: readonly string[]): ChatMessage => ({
  role: "user",
  parts: texts.map(say),
  extra: NO_EXTRA,
});
const system = (text: string, role: "system" | "developer" = "system"): ChatMessage => ({
  role,
  parts: [say(text)],
  extra: NO_EXTRA,
});
const block = (text: string) => ({ type: "text", text });

test("Anthropic request: the smallest one", () => {
  assert.deepEqual(encode({}), {
    body: {
      model: MODEL,
      max_tokens: 32_000,
      messages: [{ role: "user", content: [block("Hi")] }],
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
    const { body } = anthropicProvider(dialect).encodeRequest(request({}), { model: MODEL, stream: true });
    const { messages, max_tokens, ...rest } = body;
    assert.deepEqual(rest, members);
    assert.ok(Array.isArray(messages) && max_tokens === 32_000);
  });
}

test("Anthropic request: a stream is asked for", () => {
  assert.equal(encode({}, MODEL, true).body.stream, true);
});

interface TurnCase {
  readonly name: string;
  readonly messages: readonly ChatMessage[];
  readonly system?: readonly JsonObject[];
  readonly turns: readonly JsonObject[];
  readonly lost?: readonly string[];
}

const call = (id: string, argumentsJson = "{}") =>
  ({ type: "tool-call", id, name: "f", argumentsJson, extra: NO_EXTRA }) as const;
const result = (callId: string, text: string, isError = false) =>
  ({
    type: "tool-result",
    callId,
    name: "f",
    parts: text === "" ? [] : [say(text)],
    isError,
    extra: NO_EXTRA,
  }) as const;

const PNG = { kind: "base64", mediaType: "image/png", data: "iVBORw0KGgo=" } as const;

const TURNS: readonly TurnCase[] = [
  {
    name: "system and developer messages at the head, each a block",
    messages: [system("a"), system("b", "developer"), user("c")],
    system: [block("a"), block("b")],
    turns: [{ role: "user", content: [block("c")] }],
  },
  {
    name: "a later one stays where it stood, as the user's, marked",
    messages: [user("a"), { role: "assistant", parts: [say("b")], extra: NO_EXTRA }, system("c"), user("d")],
    turns: [
      { role: "user", content: [block("a")] },
      { role: "assistant", content: [block("b")] },
      { role: "user", content: [block("<system>\nc\n</system>"), block("d")] },
    ],
  },
  {
    name: "nothing but system messages: the last one is the user's",
    messages: [system("a"), system("b")],
    system: [block("a")],
    turns: [{ role: "user", content: [block("b")] }],
  },
  {
    name: "consecutive turns of a role become one, blocks without text are left out",
    messages: [user("a", " \n"), user(""), user("b")],
    turns: [{ role: "user", content: [block("a"), block("b")] }],
  },
  {
    name: "a prefill loses its last blanks",
    messages: [user("a"), { role: "assistant", parts: [say("b: \n")], extra: NO_EXTRA }],
    turns: [
      { role: "user", content: [block("a")] },
      { role: "assistant", content: [block("b:")] },
    ],
  },
  {
    name: "results come first in the user's turn, also before what a system message says there",
    messages: [
      user("a"),
      { role: "assistant", parts: [call("1"), call("2", '{"x":[1]}'), call("3", "oops")], extra: NO_EXTRA },
      system("s"),
      { role: "tool", parts: [result("1", "one"), result("2", "", true)], extra: NO_EXTRA },
      { role: "tool", parts: [result("3", "three")], extra: NO_EXTRA },
      user("b"),
    ],
    turns: [
      { role: "user", content: [block("a")] },
      {
        role: "assistant",
        content: [
          { type: "tool_use", id: "1", name: "f", input: {} },
          { type: "tool_use", id: "2", name: "f", input: { x: [1] } },
          { type: "tool_use", id: "3", name: "f", input: { arguments: "oops" } },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "1", content: [block("one")] },
          { type: "tool_result", tool_use_id: "2", is_error: true },
          { type: "tool_result", tool_use_id: "3", content: [block("three")] },
          block("<system>\ns\n</system>"),
          block("b"),
        ],
      },
    ],
  },
  {
    name: "ids that Anthropic refuses are written in letters that it takes, alike for call and result",
    messages: [
      { role: "assistant", parts: [call("functions.f:0")], extra: NO_EXTRA },
      { role: "tool", parts: [result("functions.f:0", "one")], extra: NO_EXTRA },
    ],
    turns: [
      {
        role: "assistant",
        content: [{ type: "tool_use", id: "call_ZnVuY3Rpb25zLmY6MA", name: "f", input: {} }],
      },
      {
        role: "user",
        content: [{ type: "tool_result", tool_use_id: "call_ZnVuY3Rpb25zLmY6MA", content: [block("one")] }],
      },
    ],
  },
  {
    name: "thinking goes back only where Anthropic signed it",
    messages: [
      {
        role: "assistant",
        parts: [
          { type: "thinking", text: "a", signature: { signer: "anthropic", value: "c2ln" }, extra: NO_EXTRA },
          { type: "thinking", text: "", redacted: { signer: "anthropic", value: "aGlk" }, extra: NO_EXTRA },
          { type: "thinking", text: "b", signature: { signer: "gemini", value: "R2Vt" }, extra: NO_EXTRA },
          { type: "thinking", text: "", redacted: { signer: "openai", value: "T0FJ" }, extra: NO_EXTRA },
          { type: "thinking", text: "c", extra: NO_EXTRA },
          { type: "refusal", text: "No." },
          { ...call("1"), signature: { signer: "gemini", value: "R2Vt" } },
        ],
        extra: NO_EXTRA,
      },
    ],
    turns: [
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "a", signature: "c2ln" },
          { type: "redacted_thinking", data: "aGlk" },
          block("No."),
          { type: "tool_use", id: "1", name: "f", input: {} },
        ],
      },
    ],
  },
  {
    name: "pictures, documents and cache marks",
    messages: [
      {
        role: "user",
        parts: [
          { type: "image", source: PNG, cache: { ttl: "5m" }, extra: NO_EXTRA },
          {
            type: "image",
            source: { kind: "url", url: "https://example.org/a.png" },
            detail: "auto",
            extra: {},
          },
          {
            type: "file",
            source: { kind: "base64", mediaType: "application/pdf", data: "JVBERi0=" },
            fileName: "a.pdf",
            cache: { ttl: "1h" },
            extra: {},
          },
          { type: "file", source: { kind: "base64", mediaType: "text/markdown", data: "w4Q=" }, extra: {} },
          { type: "text", text: "a", cache: { ttl: "1h" }, extra: {} },
        ],
        extra: NO_EXTRA,
      },
    ],
    turns: [
      {
        role: "user",
        content: [
          {
            type: "image",
            source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" },
            cache_control: { type: "ephemeral" },
          },
          { type: "image", source: { type: "url", url: "https://example.org/a.png" } },
          {
            type: "document",
            source: { type: "base64", media_type: "application/pdf", data: "JVBERi0=" },
            title: "a.pdf",
            cache_control: { type: "ephemeral", ttl: "1h" },
          },
          { type: "document", source: { type: "text", media_type: "text/plain", data: "Ä" } },
          { type: "text", text: "a", cache_control: { type: "ephemeral", ttl: "1h" } },
        ],
      },
    ],
  },
  {
    name: "what only the client's wire knows is named as lost",
    messages: [
      {
        role: "user",
        parts: [
          { type: "image", source: PNG, detail: "low", extra: { zoom: 2 } },
          { type: "opaque", wire: "openai-chat", raw: { type: "video_url" } },
          { ...say("a"), extra: { prefix: true } },
        ],
        extra: { name: "ada" },
      },
    ],
    turns: [
      {
        role: "user",
        content: [
          { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" } },
          block("a"),
        ],
      },
    ],
    lost: [
      "messages[].name",
      "messages[].content[].detail",
      "messages[].content[].zoom",
      "messages[].content[].video_url",
      "messages[].content[].prefix",
    ],
  },
];

for (const { name, messages, system, turns, lost } of TURNS) {
  test(`Anthropic request: ${name}`, () => {
    const encoded = encode({ messages });
    assert.deepEqual(encoded.body.messages, turns);
    assert.deepEqual(encoded.body.system, system);
    assert.deepEqual(encoded.lost, lost ?? []);
  });
}

test("Anthropic request: a file of Anthropic's own needs its beta", () => {
  const part = { type: "file", source: { kind: "file-id", id: "file_1" }, extra: NO_EXTRA } as const;
  const { body, headers } = encode({ messages: [{ role: "user", parts: [part], extra: NO_EXTRA }] });
  assert.deepEqual(headers, ["anthropic-beta", "files-api-2025-04-14"]);
  assert.deepEqual(body.messages, [
    { role: "user", content: [{ type: "document", source: { type: "file", file_id: "file_1" } }] },
  ]);
});

test("Anthropic request: sound is refused rather than left out", () => {
  const source = { kind: "base64", mediaType: "audio/wav", data: "UklGRg==" } as const;
  const parts = [{ type: "audio", source, extra: NO_EXTRA } as const];
  assert.throws(
    () => encode({ messages: [{ role: "user", parts, extra: NO_EXTRA }] }),
    (error) =>
      error instanceof GatewayError &&
      error.code === "invalid_field" &&
      error.param === "messages[].content[].audio",
  );
});

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

test("Anthropic request: an id that still carries state is an id like any other here", () => {
  const id = packToolCallId("call_1", { signature: { signer: "gemini", value: "R2Vt" } });
  const { body } = encode({ messages: [{ role: "assistant", parts: [call(id)], extra: NO_EXTRA }] });
  assert.ok(JSON.stringify(body.messages).includes(id));
});
