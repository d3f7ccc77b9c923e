import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatRequest } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import { readEcho } from "./call-facts.ts";
import { decodeOpenAiResponsesRequest } from "./request-decoder.ts";

function decode(body: JsonObject): ChatRequest {
  return decodeOpenAiResponsesRequest({ model: "weir", input: "Hi", ...body });
}

test("Responses request: a text is a message, instructions stand before it", () => {
  const request = decode({ instructions: "Be brief.", stream: true });
  assert.deepEqual(request.messages, [
    { role: "system", parts: [{ type: "text", text: "Be brief.", extra: NO_EXTRA }], extra: NO_EXTRA },
    { role: "user", parts: [{ type: "text", text: "Hi", extra: NO_EXTRA }], extra: NO_EXTRA },
  ]);
  assert.equal(request.stream, true);
  assert.equal(request.includeUsage, true);
  assert.deepEqual(request.sampling, {});
  assert.deepEqual(request.extra, {});
});

test("Responses request: what every model knows has a place, the rest is kept by name", () => {
  const request = decode({
    max_output_tokens: 100,
    temperature: 0.5,
    top_p: 0.9,
    top_logprobs: 3,
    parallel_tool_calls: false,
    include: ["reasoning.encrypted_content", "message.output_text.logprobs", "file_search_call.results"],
    reasoning: { effort: "max", summary: "auto", context: "auto" },
    text: {
      verbosity: "low",
      format: { type: "json_schema", name: "answer", schema: { type: "object" }, strict: true },
    },
    truncation: "auto",
    user: "ada",
    metadata: { team: "locks" },
    prompt_cache_key: "k",
    store: false,
    stream_options: { include_obfuscation: false },
    background: false,
    conversation: null,
  });
  assert.deepEqual(request.sampling, {
    maxOutputTokens: 100,
    temperature: 0.5,
    topP: 0.9,
    topLogprobs: 3,
    logprobs: true,
    parallelToolCalls: false,
  });
  assert.deepEqual(request.reasoning, { effort: "xhigh", show: true });
  assert.deepEqual(request.responseFormat, {
    type: "json-schema",
    name: "answer",
    schema: { type: "object" },
    strict: true,
  });
  assert.deepEqual(request.extra, {
    "text.verbosity": "low",
    "reasoning.context": "auto",
    truncation: "auto",
    include: ["file_search_call.results"],
    user: "ada",
    metadata: { team: "locks" },
    prompt_cache_key: "k",
    store: false,
  });
  const echo = readEcho(request.echo);
  assert.equal(echo.encrypted, true);
  assert.equal(echo.fields.user, "ada");
  assert.deepEqual(echo.fields.reasoning, { effort: "max", summary: "auto", context: "auto" });
  assert.deepEqual(echo.fields.metadata, { team: "locks" });
});

test("Responses request: defaults are not further fields", () => {
  const request = decode({
    truncation: "disabled",
    top_logprobs: 0,
    text: { format: { type: "text" } },
    include: [],
  });
  assert.deepEqual(request.extra, {});
  assert.deepEqual(request.sampling, {});
  assert.deepEqual(request.responseFormat, { type: "text" });
  assert.equal(readEcho(request.echo).encrypted, false);
});

test("Responses request: tools of the client, freeform ones, groups of them, and the provider's own", () => {
  const grammar = { type: "grammar", syntax: "lark", definition: "start: /a/" };
  const search = { type: "web_search", filters: { allowed_domains: ["a.example"] } };
  const { tools, echo } = decode({
    tools: [
      {
        type: "function",
        name: "f",
        description: "F.",
        parameters: { type: "object" },
        strict: true,
        async: true,
      },
      { type: "custom", name: "edit", description: "Edits.", format: grammar },
      { type: "custom", name: "say", format: { type: "text" } },
      {
        type: "namespace",
        name: "files",
        description: "Files.",
        tools: [{ type: "function", name: "read", strict: null }],
      },
      search,
    ],
  });
  assert.deepEqual(tools, [
    {
      type: "function",
      name: "f",
      description: "F.",
      parameters: { type: "object" },
      strict: true,
      extra: { async: true },
    },
    {
      type: "function",
      name: "edit",
      description: "Edits.\n\nThe input must match this Lark grammar:\nstart: /a/",
      parameters: undefined,
      freeform: true,
      extra: { format: grammar },
    },
    { type: "function", name: "say", parameters: undefined, freeform: true, extra: {} },
    { type: "function", name: "files__read", parameters: undefined, extra: {} },
    { type: "provider", wire: "openai-responses", raw: search },
  ]);
  assert.deepEqual(readEcho(structuredClone(echo)).tools, [
    { name: "edit", clientName: "edit", namespace: null, freeform: true },
    { name: "say", clientName: "say", namespace: null, freeform: true },
    { name: "files__read", clientName: "read", namespace: "files", freeform: false },
  ]);
});

test("Responses request: which tool, or which of them", () => {
  const tools = [
    { type: "function", name: "a" },
    { type: "function", name: "b" },
    { type: "mcp", server_label: "s" },
    { type: "web_search" },
  ];
  assert.deepEqual(decode({ tools, tool_choice: "required" }).toolChoice, { type: "required" });
  assert.deepEqual(decode({ tools, tool_choice: { type: "function", name: "b" } }).toolChoice, {
    type: "tool",
    name: "b",
  });
  const allowed = decode({
    tools,
    tool_choice: {
      type: "allowed_tools",
      mode: "required",
      tools: [
        { type: "function", name: "b" },
        { type: "mcp", server_label: "s" },
      ],
    },
  });
  assert.deepEqual(allowed.toolChoice, { type: "required" });
  assert.deepEqual(
    allowed.tools.map((tool) => (tool.type === "function" ? tool.name : tool.raw)),
    ["b", { type: "mcp", server_label: "s" }],
  );
  const own = decode({ tools, tool_choice: { type: "web_search" } });
  assert.equal(own.toolChoice, undefined);
  assert.deepEqual(own.extra, { tool_choice: { type: "web_search" } });
});

test("Responses request: what cannot be is refused, with the field", () => {
  const cases: readonly (readonly [JsonObject, string, string])[] = [
    [{ background: true }, "invalid_field", "background"],
    [{ conversation: "conv_1" }, "invalid_field", "conversation"],
    [{ prompt: { id: "pmpt_1" } }, "invalid_field", "prompt"],
    [{ previous_response_id: "resp_1" }, "previous_response_not_found", "previous_response_id"],
    [{ input: undefined }, "missing_field", "input"],
    [{ input: 7 }, "invalid_field", "input"],
    [{ input: ["a"] }, "invalid_field", "input[0]"],
    [{ input: [{}] }, "missing_field", "input[0].type"],
    [{ input: [{ role: "robot", content: "a" }] }, "invalid_field", "input[0].role"],
    [{ input: [{ role: "user" }] }, "missing_field", "input[0].content"],
    [{ input: [{ role: "user", content: [{ text: "a" }] }] }, "missing_field", "input[0].content[0].type"],
    [
      { input: [{ role: "user", content: [{ type: "input_text" }] }] },
      "missing_field",
      "input[0].content[0].text",
    ],
    [
      { input: [{ role: "user", content: [{ type: "input_image" }] }] },
      "missing_field",
      "input[0].content[0].image_url",
    ],
    [{ input: [{ type: "function_call", name: "f", arguments: "" }] }, "missing_field", "input[0].call_id"],
    [{ input: [{ type: "function_call_output", output: "a" }] }, "missing_field", "input[0].call_id"],
    [{ input: [{ type: "item_reference", id: "rs_1" }] }, "invalid_field", "input[0]"],
    [{ tools: [{ type: "function" }] }, "missing_field", "tools[0].name"],
    [{ tools: [{ name: "f" }] }, "missing_field", "tools[0].type"],
    [{ tools: [{ type: "namespace", name: "n" }] }, "missing_field", "tools[0].tools"],
    [{ tool_choice: "maybe" }, "invalid_field", "tool_choice"],
    [{ text: { format: { type: "xml" } } }, "invalid_field", "text.format.type"],
    [{ text: { format: { type: "json_schema", schema: {} } } }, "missing_field", "text.format.name"],
    [{ reasoning: { effort: "some" } }, "invalid_field", "reasoning.effort"],
    [{ temperature: "hot" }, "invalid_field", "temperature"],
    [{ stream: "yes" }, "invalid_field", "stream"],
    [{ include: "all" }, "invalid_field", "include"],
  ];
  for (const [body, code, param] of cases) {
    assert.throws(
      () => decode(body),
      (error) => {
        assert.ok(error instanceof GatewayError);
        assert.deepEqual([error.code, error.param], [code, param]);
        return true;
      },
    );
  }
});
