import assert from "node:assert/strict";
import { test } from "node:test";
import { packToolCallId } from "@headrace/core/canonical/carried-state";
import type { ChatRequest } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { decodeRequest } from "./request-decoder.ts";

const USER = { role: "user", content: "hi" };

function decode(body: object): ChatRequest {
  return decodeRequest({ model: "m", messages: [USER], ...body });
}

function messagesOf(...messages: object[]): ChatRequest["messages"] {
  return decode({ messages }).messages;
}

const text = (words: string) => ({ type: "text", text: words, extra: NO_EXTRA });

test("OpenAI chat request: the least there can be", () => {
  assert.deepEqual(decode({}), {
    wire: "openai-chat",
    model: "m",
    messages: [{ role: "user", parts: [text("hi")], extra: NO_EXTRA }],
    tools: [],
    sampling: {},
    stream: false,
    includeUsage: false,
    echo: { freeformTools: [] },
    extra: NO_EXTRA,
  });
});

test("OpenAI chat request: sampling, and null is the same as absent", () => {
  const { sampling } = decode({
    max_tokens: 5,
    max_completion_tokens: 7,
    temperature: 0.5,
    top_p: null,
    top_k: 4,
    stop: "END",
    n: 2,
    seed: 1,
    logprobs: true,
    top_logprobs: 3,
    parallel_tool_calls: false,
  });
  assert.deepEqual(sampling, {
    maxOutputTokens: 7,
    temperature: 0.5,
    topK: 4,
    stop: ["END"],
    choices: 2,
    seed: 1,
    logprobs: true,
    topLogprobs: 3,
    parallelToolCalls: false,
  });
});

for (const [name, fields, expected] of [
  ["an effort", { reasoning_effort: "high" }, { effort: "high" }],
  [
    "OpenRouter's object",
    { reasoning: { max_tokens: 100, exclude: true } },
    { budgetTokens: 100, show: false },
  ],
  ["none, by OpenRouter", { reasoning: { enabled: false } }, { effort: "none" }],
  [
    "LiteLLM's thinking",
    { thinking: { type: "enabled", budget_tokens: 2_000 } },
    { budgetTokens: 2_000, show: true },
  ],
  ["LiteLLM's none", { thinking: { type: "disabled" } }, { effort: "none" }],
  ["nothing", {}, undefined],
] as const) {
  test(`OpenAI chat request: reasoning as ${name}`, () =>
    assert.deepEqual(decode(fields).reasoning, expected));
}

test("OpenAI chat request: what is not known rides along", () => {
  assert.deepEqual(decode({ logit_bias: { 1: 2 }, user: "u", metadata: null }).extra, {
    logit_bias: { 1: 2 },
    user: "u",
  });
});

test("OpenAI chat request: tools of each kind, and the choice among them", () => {
  const parameters = { type: "object", properties: {} };
  const request = decode({
    tools: [
      {
        type: "function",
        function: { name: "go", parameters, strict: true, x: 1 },
        cache_control: { ttl: "1h" },
      },
      { type: "custom", custom: { name: "patch", format: { type: "grammar", grammar: { syntax: "lark" } } } },
      { type: "web_search" },
    ],
    tool_choice: { type: "function", function: { name: "go" } },
  });
  assert.deepEqual(request.tools, [
    { type: "function", name: "go", strict: true, parameters, cache: { ttl: "1h" }, extra: { x: 1 } },
    {
      type: "function",
      name: "patch",
      description: 'The input must match this grammar: {"syntax":"lark"}',
      parameters: undefined,
      freeform: true,
      extra: {},
    },
    { type: "provider", wire: "openai-chat", raw: { type: "web_search" } },
  ]);
  assert.deepEqual(request.toolChoice, { type: "tool", name: "go" });
  assert.deepEqual(request.echo, { freeformTools: ["patch"] });
  assert.deepEqual(decode({ tool_choice: "required" }).toolChoice, { type: "required" });
});

test("OpenAI chat request: of tools of which only some are allowed, the others are not offered", () => {
  const { tools, toolChoice, echo } = decode({
    tools: [
      { type: "function", function: { name: "go" } },
      { type: "function", function: { name: "stay" } },
      { type: "custom", custom: { name: "patch" } },
      { type: "web_search" },
      { type: "code_interpreter" },
    ],
    tool_choice: {
      type: "allowed_tools",
      allowed_tools: {
        mode: "required",
        tools: [
          { type: "function", function: { name: "go" } },
          { type: "custom", custom: { name: "patch" } },
          { type: "web_search" },
        ],
      },
    },
  });
  const offered = tools.map((tool) => (tool.type === "function" ? tool.name : tool.raw));
  assert.deepEqual(offered, ["go", "patch", { type: "web_search" }]);
  assert.deepEqual(toolChoice, { type: "required" });
  assert.deepEqual(echo, { freeformTools: ["patch"] });
});

test("OpenAI chat request: structured output", () => {
  const schema = { type: "object" };
  assert.deepEqual(
    decode({ response_format: { type: "json_schema", json_schema: { name: "a", strict: true, schema } } })
      .responseFormat,
    { type: "json-schema", name: "a", strict: true, schema },
  );
  assert.deepEqual(decode({ response_format: { type: "json_object" } }).responseFormat, {
    type: "json-object",
  });
});

test("OpenAI chat request: every kind of content, with marks for the cache", () => {
  const [system, user] = messagesOf(
    { role: "developer", content: "Be brief.", cache_control: { type: "ephemeral" } },
    {
      role: "user",
      name: "anna",
      content: [
        { type: "text", text: "look", cache_control: { type: "ephemeral", ttl: "1h" } },
        { type: "image_url", image_url: { url: "data:image/png;base64,AAAA", detail: "low" } },
        { type: "image_url", image_url: "https://a.example/b.png" },
        { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,BBBB" } },
        { type: "file", file: { file_id: "file-1" } },
        { type: "input_audio", input_audio: { data: "CCCC", format: "mp3" } },
        { type: "video_url", video_url: {} },
      ],
    },
  );
  assert.deepEqual(system, {
    role: "developer",
    parts: [{ ...text("Be brief."), cache: { ttl: "5m" } }],
    extra: NO_EXTRA,
  });
  const extra = NO_EXTRA;
  assert.deepEqual(user, {
    role: "user",
    parts: [
      { ...text("look"), cache: { ttl: "1h" } },
      {
        type: "image",
        source: { kind: "base64", mediaType: "image/png", data: "AAAA" },
        detail: "low",
        extra,
      },
      { type: "image", source: { kind: "url", url: "https://a.example/b.png" }, extra },
      {
        type: "file",
        source: { kind: "base64", mediaType: "application/pdf", data: "BBBB" },
        fileName: "a.pdf",
        extra,
      },
      { type: "file", source: { kind: "file-id", id: "file-1" }, extra },
      { type: "audio", source: { kind: "base64", mediaType: "audio/mpeg", data: "CCCC" }, extra },
      { type: "opaque", wire: "openai-chat", raw: { type: "video_url", video_url: {} } },
    ],
    extra: { name: "anna" },
  });
});

const call = (id: string, args: unknown = "{}") => ({
  id,
  type: "function",
  function: { name: "go", arguments: args },
});

test("OpenAI chat request: a tool loop, its results in one message and each with its tool's name", () => {
  const [, assistant, results] = messagesOf(
    USER,
    { role: "assistant", content: null, tool_calls: [call("call_1", ""), call("call_2", '{"a":1}')] },
    { role: "tool", tool_call_id: "call_1", content: "one" },
    { role: "tool", tool_call_id: "call_2", content: [{ type: "text", text: "two" }] },
  );
  const part = { type: "tool-call", name: "go", extra: NO_EXTRA };
  assert.deepEqual(assistant?.parts, [
    { ...part, id: "call_1", argumentsJson: "{}" },
    { ...part, id: "call_2", argumentsJson: '{"a":1}' },
  ]);
  const result = { type: "tool-result", name: "go", isError: false, extra: NO_EXTRA };
  assert.deepEqual(results?.parts, [
    { ...result, callId: "call_1", parts: [text("one")] },
    { ...result, callId: "call_2", parts: [text("two")] },
  ]);
});

const ANTHROPIC = { signer: "anthropic", value: "sig" } as const;
const GEMINI = { signer: "gemini", value: "c2ln" } as const;

test("OpenAI chat request: what an id has carried comes back, as thinking and as the call's proof", () => {
  const id = packToolCallId("call_1", {
    signature: GEMINI,
    thinking: [{ text: "hm", signature: ANTHROPIC }],
  });
  const [assistant, result] = messagesOf(
    { role: "assistant", content: "Let me see.", tool_calls: [call(id)] },
    { role: "tool", tool_call_id: id, content: "done" },
  );
  assert.deepEqual(assistant?.parts, [
    { type: "thinking", text: "hm", signature: ANTHROPIC, extra: NO_EXTRA },
    text("Let me see."),
    {
      type: "tool-call",
      id: "call_1",
      name: "go",
      argumentsJson: "{}",
      signature: GEMINI,
      extra: NO_EXTRA,
    },
  ]);
  const [part] = result?.parts ?? [];
  assert.equal(part?.type === "tool-result" && part.callId, "call_1");
});

test("OpenAI chat request: blocks of thinking count more than what an id carries", () => {
  const id = packToolCallId("call_1", { thinking: [{ text: "from the id", signature: ANTHROPIC }] });
  const format = "anthropic-claude-v1";
  const [assistant] = messagesOf({
    role: "assistant",
    reasoning_content: "h",
    reasoning_details: [
      { type: "reasoning.text", text: "h", index: 0, format },
      { type: "reasoning.text", text: "m", signature: "sig", index: 0, format },
      { type: "reasoning.encrypted", data: "xyz", index: 1, format },
      { type: "reasoning.encrypted", data: "c2ln", id: "call_1", format: "google-gemini-v1" },
    ],
    tool_calls: [call(id)],
  });
  assert.deepEqual(assistant?.parts.slice(0, 2), [
    { type: "thinking", text: "hm", signature: ANTHROPIC, extra: NO_EXTRA },
    { type: "thinking", text: "", redacted: { signer: "anthropic", value: "xyz" }, extra: NO_EXTRA },
  ]);
  const [, , part] = assistant?.parts ?? [];
  assert.deepEqual(part?.type === "tool-call" && part.signature, GEMINI);
});

test("OpenAI chat request: reasoning without proof is thinking all the same", () => {
  const [assistant] = messagesOf({ role: "assistant", reasoning_content: "hm", content: "yes" });
  assert.deepEqual(assistant?.parts[0], { type: "thinking", text: "hm", extra: NO_EXTRA });
});

test("OpenAI chat request: the legacy way to call functions", () => {
  const [assistant, result] = messagesOf(
    { role: "assistant", content: null, function_call: { name: "go", arguments: "" } },
    { role: "function", name: "go", content: "done" },
  );
  const [called] = assistant?.parts ?? [];
  const [given] = result?.parts ?? [];
  assert.ok(called?.type === "tool-call" && given?.type === "tool-result");
  assert.equal(given.callId, called.id);
  assert.equal(called.argumentsJson, "{}");
});

for (const [name, fields, param] of [
  ["a role", { messages: [{ role: "robot" }] }, "messages[0].role"],
  ["a part without a type", { messages: [{ role: "user", content: [{}] }] }, "messages[0].content[0].type"],
  ["a text of another type", { messages: [{ role: "user", content: 5 }] }, "messages[0].content"],
  ["a result without an id", { messages: [{ role: "tool", content: "a" }] }, "messages[0].tool_call_id"],
  [
    "a call without a name",
    { messages: [{ role: "assistant", tool_calls: [{ id: "a", function: {} }] }] },
    "messages[0].tool_calls[0].function.name",
  ],
  ["a tool without a name", { tools: [{ type: "function", function: {} }] }, "tools[0].function.name"],
  ["an effort", { reasoning_effort: "some" }, "reasoning_effort"],
  ["a stop", { stop: [1] }, "stop[0]"],
  [
    "a mode of allowed tools",
    { tool_choice: { type: "allowed_tools", allowed_tools: { mode: "some", tools: [] } } },
    "tool_choice.allowed_tools.mode",
  ],
  [
    "allowed tools that are none",
    { tool_choice: { type: "allowed_tools", allowed_tools: { mode: "auto" } } },
    "tool_choice.allowed_tools.tools",
  ],
  ["a format", { response_format: { type: "xml" } }, "response_format.type"],
] as const) {
  test(`OpenAI chat request: refuses a wrong value with its path: ${name}`, () => {
    assert.throws(
      () => decode(fields),
      (error) => error instanceof GatewayError && error.status === 400 && error.param === param,
    );
  });
}
