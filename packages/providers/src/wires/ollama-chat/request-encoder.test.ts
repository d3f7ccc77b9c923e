import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatMessage } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import { request } from "../../testing/chat-streams.ts";
import { functionTool, type Golden, says, testGoldens, textPart } from "../../testing/request-goldens.ts";
import { ollamaProvider } from "./provider.ts";

const written = (name: string, parameters: JsonObject = { type: "object", properties: {} }) => ({
  type: "function",
  function: { name, parameters },
});
const PICTURE = {
  type: "image",
  source: { kind: "base64", mediaType: "image/png", data: "iVBO" },
  extra: NO_EXTRA,
} as const;
const CALL = {
  type: "tool-call",
  id: "c1",
  name: "read_gauge",
  argumentsJson: '{"a":1}',
  extra: NO_EXTRA,
} as const;

const GOLDENS: readonly Golden[] = [
  {
    name: "sampling is options",
    request: {
      sampling: {
        maxOutputTokens: 100,
        temperature: 0,
        topP: 0.5,
        topK: 40,
        frequencyPenalty: 0.5,
        presencePenalty: 0.1,
        seed: 7,
        stop: ["END"],
        logprobs: true,
        topLogprobs: 3,
      },
    },
    body: {
      options: {
        num_predict: 100,
        temperature: 0,
        top_p: 0.5,
        top_k: 40,
        frequency_penalty: 0.5,
        presence_penalty: 0.1,
        seed: 7,
        stop: ["END"],
      },
      logprobs: true,
      top_logprobs: 3,
    },
  },
  {
    name: "what it cannot do",
    request: { sampling: { choices: 3, parallelToolCalls: false, stop: [] } },
    body: {},
    lost: ["n", "parallel_tool_calls"],
  },
  {
    name: "fields and options of Ollama's own, from any client",
    request: {
      sampling: { temperature: 0.5 },
      extra: {
        keep_alive: "10m",
        num_ctx: 8192,
        options: { min_p: 0.1, temperature: 0.7 },
        user: "a",
        logit_bias: {},
      },
    },
    body: { options: { temperature: 0.7, num_ctx: 8192, min_p: 0.1 }, keep_alive: "10m" },
    lost: ["logit_bias"],
  },
  {
    name: "a conversation with pictures, a file, calls and results",
    request: {
      messages: [
        says("developer", "Be short."),
        {
          role: "user",
          parts: [
            textPart("Look:"),
            PICTURE,
            { ...PICTURE, detail: "high" },
            {
              type: "file",
              source: { kind: "base64", mediaType: "text/csv", data: Buffer.from("a,b").toString("base64") },
              fileName: "w.csv",
              extra: NO_EXTRA,
            },
          ],
          extra: { name: "ada" },
        },
        {
          role: "assistant",
          parts: [
            { type: "thinking", text: "I look.", extra: NO_EXTRA },
            textPart("One moment."),
            { type: "refusal", text: "No more." },
            CALL,
            { ...CALL, id: "c2", argumentsJson: "" },
          ],
          extra: NO_EXTRA,
        },
        {
          role: "tool",
          parts: [
            {
              type: "tool-result",
              callId: "c1",
              parts: [textPart("3"), PICTURE],
              isError: false,
              extra: NO_EXTRA,
            },
            {
              type: "tool-result",
              callId: "c2",
              parts: [textPart("no gauge")],
              isError: true,
              extra: NO_EXTRA,
            },
            { type: "tool-result", callId: "c9", name: "other", parts: [], isError: false, extra: NO_EXTRA },
            { type: "tool-result", callId: "c8", parts: [textPart("x")], isError: false, extra: NO_EXTRA },
          ],
          extra: NO_EXTRA,
        },
        says("system", "Now!"),
      ],
    },
    body: {
      messages: [
        { role: "system", content: "Be short." },
        { role: "user", content: "Look:\nw.csv:\na,b", images: ["iVBO", "iVBO"] },
        {
          role: "assistant",
          content: "One moment.\nNo more.",
          thinking: "I look.",
          tool_calls: [
            { id: "c1", function: { name: "read_gauge", arguments: { a: 1 } } },
            { id: "c2", function: { name: "read_gauge", arguments: {} } },
          ],
        },
        { role: "tool", content: "3", images: ["iVBO"], tool_name: "read_gauge", tool_call_id: "c1" },
        { role: "tool", content: '{"error":"no gauge"}', tool_name: "read_gauge", tool_call_id: "c2" },
        { role: "tool", content: "", tool_name: "other", tool_call_id: "c9" },
        { role: "tool", content: "x", tool_call_id: "c8" },
        { role: "system", content: "Now!" },
      ],
    },
    lost: ["messages[].name", "messages[].content[].detail"],
  },
  {
    name: "arguments that are no object, and parts of another wire",
    request: {
      messages: [
        {
          role: "assistant",
          parts: [
            { ...CALL, argumentsJson: "[1" },
            { type: "opaque", wire: "anthropic-messages", raw: { type: "server_tool_use" } },
            { type: "audio", source: { kind: "file-id", id: "a" }, extra: NO_EXTRA },
          ],
          extra: NO_EXTRA,
        },
      ],
    },
    body: {
      messages: [
        {
          role: "assistant",
          content: "",
          tool_calls: [{ id: "c1", function: { name: "read_gauge", arguments: {} } }],
        },
      ],
    },
    lost: [
      "messages[].content[].arguments",
      "messages[].content[].server_tool_use",
      "messages[].content[].audio",
    ],
  },
  {
    name: "tools",
    request: {
      tools: [
        functionTool("a", {
          description: "A.",
          parameters: { properties: {} },
          strict: true,
          extra: { x: 1 },
        }),
        functionTool("b", { freeform: true }),
        { type: "provider", wire: "openai-chat", raw: { type: "web_search" } },
      ],
      toolChoice: { type: "auto" },
    },
    body: {
      tools: [
        {
          type: "function",
          function: { name: "a", description: "A.", parameters: { type: "object", properties: {} } },
        },
        written("b", { type: "object", properties: { input: { type: "string" } }, required: ["input"] }),
      ],
    },
    lost: ["tools[].web_search", "tools[].x", "tools[].strict"],
  },
  {
    name: "a call cannot be forced",
    request: { tools: [functionTool("a")], toolChoice: { type: "required" } },
    body: { tools: [written("a")] },
    lost: ["tool_choice"],
  },
  {
    name: "one tool is offered alone",
    request: { tools: [functionTool("a"), functionTool("b")], toolChoice: { type: "tool", name: "b" } },
    body: { tools: [written("b")] },
    lost: ["tool_choice"],
  },
  {
    name: "no call is no tools",
    request: { tools: [functionTool("a")], toolChoice: { type: "none" } },
    body: {},
  },
  {
    name: "a JSON schema",
    request: { responseFormat: { type: "json-schema", name: "x", schema: { type: "object" } } },
    body: { format: { type: "object" } },
  },
  { name: "any JSON", request: { responseFormat: { type: "json-object" } }, body: { format: "json" } },
  { name: "plain text", request: { responseFormat: { type: "text" } }, body: {} },
  { name: "no thinking", request: { reasoning: { effort: "none" } }, body: { think: false } },
  { name: "little thinking", request: { reasoning: { effort: "minimal" } }, body: { think: true } },
  { name: "most thinking", request: { reasoning: { effort: "xhigh" } }, body: { think: true } },
  { name: "a budget is a yes", request: { reasoning: { budgetTokens: 2000 } }, body: { think: true } },
  {
    name: "a budget of nothing is a no",
    request: { reasoning: { budgetTokens: 0 } },
    body: { think: false },
  },
  { name: "thoughts to be shown are no thinking", request: { reasoning: { show: true } }, body: {} },
];

testGoldens({
  title: "Ollama request",
  codec: ollamaProvider,
  target: { model: "qwen3:8b", stream: false },
  plain: { model: "qwen3:8b", messages: [{ role: "user", content: "Hi" }], stream: false },
  goldens: GOLDENS,
});

test("Ollama request: only gpt-oss is told how much to think", () => {
  const efforts = ["none", "minimal", "medium", "xhigh"] as const;
  const levels = efforts.map((effort) => {
    const target = { model: "gpt-oss:20b", stream: false };
    return ollamaProvider.encodeRequest(request({ reasoning: { effort } }), target).body.think;
  });
  assert.deepEqual(levels, [false, "low", "medium", "high"]);
});

test("Ollama request: a stream is asked for", () => {
  const { body } = ollamaProvider.encodeRequest(request({}), { model: "qwen3", stream: true });
  assert.equal(body.stream, true);
});

const REFUSED: readonly (readonly [
  string,
  Extract<ChatMessage, { role: "user" }>["parts"][number],
  string,
])[] = [
  ["sound", { type: "audio", source: { kind: "file-id", id: "a" }, extra: NO_EXTRA }, "audio"],
  ["a picture by its URL", { ...PICTURE, source: { kind: "url", url: "https://a.example/w.png" } }, "image"],
  [
    "a PDF",
    { type: "file", source: { kind: "base64", mediaType: "application/pdf", data: "JVBE" }, extra: NO_EXTRA },
    "file",
  ],
];
for (const [name, part, kind] of REFUSED)
  test(`Ollama request: ${name} is refused, for left out it would change the answer`, () => {
    const messages: readonly ChatMessage[] = [{ role: "user", parts: [part], extra: NO_EXTRA }];
    assert.throws(
      () => ollamaProvider.encodeRequest(request({ messages }), { model: "qwen3", stream: false }),
      (error) =>
        error instanceof GatewayError &&
        error.code === "invalid_field" &&
        error.param === `messages[].content[].${kind}`,
    );
  });
