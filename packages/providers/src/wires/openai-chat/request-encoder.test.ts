import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatMessage, ChatRequest } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { request } from "../../testing/chat-streams.ts";
import { functionTool, says, textPart } from "../../testing/request-goldens.ts";
import * as dialects from "./dialects.ts";
import { openAiChatProvider } from "./provider.ts";
import { goldens, HI, LOOP, loop, SCHEMA, written } from "./testing.ts";

const SAMPLING: ChatRequest["sampling"] = {
  maxOutputTokens: 100,
  temperature: 1.8,
  topP: 0.5,
  topK: 40,
  frequencyPenalty: 0.5,
  presencePenalty: 0.1,
  seed: 7,
  choices: 2,
  stop: ["a", "b", "c", "d", "e"],
  logprobs: true,
  topLogprobs: 2,
};

goldens("OpenAI wire", { dialect: {} }, [
  { name: "the plainest request", request: {}, body: {} },
  {
    name: "all sampling",
    request: { sampling: SAMPLING },
    body: {
      max_tokens: 100,
      temperature: 1.8,
      top_p: 0.5,
      top_k: 40,
      frequency_penalty: 0.5,
      presence_penalty: 0.1,
      seed: 7,
      n: 2,
      stop: ["a", "b", "c", "d", "e"],
      logprobs: true,
      top_logprobs: 2,
    },
  },
  {
    name: "systems, developers as systems, and texts in parts",
    request: {
      messages: [
        says("system", "A", "B"),
        says("developer", "C"),
        says("user", "1", "2"),
        says("assistant", "x", "y"),
      ],
    },
    body: {
      messages: [
        { role: "system", content: "A\n\nB" },
        { role: "system", content: "C" },
        {
          role: "user",
          content: [
            { type: "text", text: "1" },
            { type: "text", text: "2" },
          ],
        },
        { role: "assistant", content: "xy" },
      ],
    },
  },
  {
    name: "a tool loop, with pictures of results behind all of them",
    request: { messages: LOOP },
    body: { messages: loop({}) },
  },
  {
    name: "tools and who may be called",
    request: {
      tools: [functionTool("f", { description: "F.", strict: true }), functionTool("g", { freeform: true })],
      toolChoice: { type: "tool", name: "f" },
      sampling: { parallelToolCalls: false },
    },
    body: {
      tools: [
        written("f", { description: "F.", strict: true }),
        written("g", {
          parameters: { type: "object", properties: { input: { type: "string" } }, required: ["input"] },
        }),
      ],
      tool_choice: { type: "function", function: { name: "f" } },
      parallel_tool_calls: false,
    },
  },
  {
    name: "no word of calls where there are no tools",
    request: { toolChoice: { type: "auto" }, sampling: { parallelToolCalls: true } },
    body: {},
  },
  {
    name: "a schema for the answer",
    request: { responseFormat: { type: "json-schema", name: "wea ther", schema: SCHEMA, strict: true } },
    body: {
      response_format: {
        type: "json_schema",
        json_schema: { name: "wea_ther", schema: SCHEMA, strict: true },
      },
    },
  },
  {
    name: "a budget for thinking as an effort",
    request: { reasoning: { budgetTokens: 4000 } },
    body: { reasoning_effort: "medium" },
  },
  {
    name: "media",
    request: {
      messages: [
        {
          role: "user",
          parts: [
            {
              type: "image",
              source: { kind: "url", url: "https://w.example/a.png" },
              detail: "low",
              extra: NO_EXTRA,
            },
            {
              type: "audio",
              source: { kind: "base64", mediaType: "audio/mpeg", data: "AA" },
              extra: NO_EXTRA,
            },
            {
              type: "file",
              source: { kind: "base64", mediaType: "application/pdf", data: "AA" },
              fileName: "w.pdf",
              extra: NO_EXTRA,
            },
            {
              type: "file",
              source: { kind: "base64", mediaType: "text/plain", data: "SGk=" },
              extra: NO_EXTRA,
            },
          ],
          extra: NO_EXTRA,
        },
      ],
    },
    body: {
      messages: [
        {
          role: "user",
          content: [
            { type: "image_url", image_url: { url: "https://w.example/a.png", detail: "low" } },
            { type: "input_audio", input_audio: { data: "AA", format: "mp3" } },
            { type: "file", file: { filename: "w.pdf", file_data: "data:application/pdf;base64,AA" } },
            { type: "text", text: "Hi" },
          ],
        },
      ],
    },
  },
  {
    name: "what a client on this wire adds goes through",
    request: {
      extra: { logit_bias: { 7: -1 }, my_field: 1 },
      messages: [{ role: "user", parts: [textPart("Hi")], extra: { name: "ada" } }],
      tools: [{ type: "provider", wire: "openai-chat", raw: { type: "web_search" } }],
    },
    body: {
      logit_bias: { 7: -1 },
      my_field: 1,
      messages: [{ ...HI, name: "ada" }],
      tools: [{ type: "web_search" }],
    },
  },
  {
    name: "what a client on another wire adds is lost",
    request: {
      wire: "anthropic-messages",
      extra: { context_management: {}, min_p: 0.1 },
      messages: [
        {
          role: "user",
          parts: [textPart("Hi"), { type: "opaque", wire: "anthropic-messages", raw: { type: "search" } }],
          extra: { name: "ada" },
        },
      ],
      tools: [{ type: "provider", wire: "anthropic-messages", raw: { type: "web_search_20250305" } }],
    },
    body: { min_p: 0.1 },
    lost: [
      "context_management",
      "messages[].content[].search",
      "messages[].name",
      "tools[].web_search_20250305",
    ],
  },
]);

for (const [name, dialect, options] of [
  ["asked", {}, { include_usage: true }],
  ["unasked", dialects.MISTRAL, undefined],
] as const) {
  test(`OpenAI wire: a stream's usage comes ${name}`, () => {
    const { body } = openAiChatProvider(dialect).encodeRequest(request({}), { model: "weir", stream: true });
    assert.equal(body.stream, true);
    assert.deepEqual(body.stream_options, options);
  });
}

for (const [name, part, dialect] of [
  ["an image of another provider's", { type: "image", source: { kind: "file-id", id: "f" } }, {}],
  ["a document by URL", { type: "file", source: { kind: "url", url: "https://w.example/w.pdf" } }, {}],
  [
    "a document where none is read",
    { type: "file", source: { kind: "base64", mediaType: "application/pdf", data: "AA" } },
    dialects.GROQ,
  ],
  ["sound by URL", { type: "audio", source: { kind: "url", url: "https://w.example/w.mp3" } }, {}],
] as const) {
  test(`OpenAI wire: ${name} is refused rather than left out`, () => {
    const message: ChatMessage = { role: "user", parts: [{ ...part, extra: NO_EXTRA }], extra: NO_EXTRA };
    assert.throws(
      () =>
        openAiChatProvider(dialect).encodeRequest(request({ messages: [message] }), {
          model: "weir",
          stream: false,
        }),
      (error) => error instanceof GatewayError && error.code === "invalid_field",
    );
  });
}
