import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatMessage, ChatRequest } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import { request } from "../../testing/chat-streams.ts";
import { functionTool, type Golden, says, testGoldens, textPart } from "../../testing/request-goldens.ts";
import type { OpenAiChatDialect } from "./dialect.ts";
import * as dialects from "./dialects.ts";
import { openAiChatProvider } from "./provider.ts";

const HI = { role: "user", content: "Hi" };
const SCHEMA = { type: "object", properties: { m: { type: "number" } } };
const written = (name: string, more: JsonObject = {}) => ({
  type: "function",
  function: { name, parameters: { type: "object", properties: {} }, ...more },
});

function goldens(
  title: string,
  dialect: Partial<OpenAiChatDialect>,
  table: readonly Golden[],
  model = "weir",
): void {
  testGoldens({
    title,
    codec: openAiChatProvider(dialect),
    target: { model, stream: false },
    plain: { model, messages: [HI] },
    goldens: table,
  });
}

const LOOP: readonly ChatMessage[] = [
  says("user", "Level?"),
  {
    role: "assistant",
    parts: [
      { type: "thinking", text: "Look.", signature: { signer: "anthropic", value: "s" }, extra: NO_EXTRA },
      textPart("I look."),
      {
        type: "tool-call",
        id: "toolu_01",
        name: "read_gauge",
        argumentsJson: "",
        signature: { signer: "gemini", value: "g" },
        extra: NO_EXTRA,
      },
    ],
    extra: NO_EXTRA,
  },
  {
    role: "tool",
    parts: [
      {
        type: "tool-result",
        callId: "toolu_01",
        parts: [
          textPart("3 m"),
          {
            type: "image",
            source: { kind: "base64", mediaType: "image/png", data: "AAAA" },
            extra: NO_EXTRA,
          },
        ],
        isError: false,
        extra: NO_EXTRA,
      },
      { type: "tool-result", callId: "toolu_02", parts: [textPart("gone")], isError: true, extra: NO_EXTRA },
    ],
    extra: NO_EXTRA,
  },
];

const loop = (assistant: JsonObject, id = "toolu_01", other = "toolu_02"): readonly JsonObject[] => [
  { role: "user", content: "Level?" },
  {
    role: "assistant",
    content: "I look.",
    ...assistant,
    tool_calls: [{ id, type: "function", function: { name: "read_gauge", arguments: "{}" } }],
  },
  { role: "tool", tool_call_id: id, content: "3 m" },
  { role: "tool", tool_call_id: other, content: '{"error":"gone"}' },
  {
    role: "user",
    content: [{ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }],
  },
];

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

goldens("OpenAI wire", {}, [
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

goldens("OpenAI", dialects.OPENAI, [
  {
    name: "its own names and bounds",
    request: {
      sampling: { maxOutputTokens: 9, topK: 3, stop: ["a", "b", "c", "d", "e"] },
      messages: [says("developer", "C")],
    },
    body: {
      max_completion_tokens: 9,
      stop: ["a", "b", "c", "d"],
      messages: [{ role: "developer", content: "C" }],
    },
    lost: ["top_k", "stop"],
  },
  {
    name: "ids of calls that are too long, the same for call and result",
    request: {
      messages: [
        {
          role: "assistant",
          parts: [{ type: "tool-call", id: "x".repeat(41), name: "f", argumentsJson: "{}", extra: NO_EXTRA }],
          extra: NO_EXTRA,
        },
        {
          role: "tool",
          parts: [
            {
              type: "tool-result",
              callId: "x".repeat(41),
              parts: [textPart("1")],
              isError: false,
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
          role: "assistant",
          content: null,
          tool_calls: [
            {
              id: "call_3164596df4fdd018b2c567ec8c03e79b",
              type: "function",
              function: { name: "f", arguments: "{}" },
            },
          ],
        },
        { role: "tool", tool_call_id: "call_3164596df4fdd018b2c567ec8c03e79b", content: "1" },
      ],
    },
  },
]);

goldens(
  "OpenAI, a model that does not think",
  dialects.OPENAI,
  [
    {
      name: "cannot be told how much",
      request: { reasoning: { effort: "high" } },
      body: {},
      lost: ["reasoning_effort"],
    },
    { name: "does not think anyway", request: { reasoning: { effort: "none" } }, body: {} },
  ],
  "gpt-4o",
);

goldens("Mistral", dialects.MISTRAL, [
  {
    name: "its own words",
    request: {
      tools: [functionTool("f")],
      toolChoice: { type: "required" },
      sampling: { seed: 7, topK: 4, logprobs: true },
      extra: { user: "ada", safe_prompt: true, store: false },
    },
    body: { tools: [written("f")], tool_choice: "any", random_seed: 7, safe_prompt: true },
    lost: ["top_k", "logprobs"],
  },
  {
    name: "ids of nine letters and digits",
    request: { messages: LOOP },
    body: { messages: loop({}, "7a95b7039", "b67ed24eb") },
  },
]);

goldens("Groq", dialects.GROQ, [
  {
    name: "refuses names and further choices",
    request: {
      sampling: { choices: 2 },
      messages: [{ role: "user", parts: [textPart("Hi")], extra: { name: "ada" } }],
    },
    body: {},
    lost: ["messages[].name", "n"],
  },
]);

goldens("DeepSeek", dialects.DEEPSEEK, [
  {
    name: "thinking goes back in a loop, and is switched",
    request: { messages: LOOP, reasoning: { effort: "none" } },
    body: { messages: loop({ reasoning_content: "Look." }), thinking: { type: "disabled" } },
  },
  {
    name: "a schema in words, and no strictness",
    request: {
      messages: [says("system", "S"), says("user", "Hi")],
      responseFormat: { type: "json-schema", name: "w", schema: SCHEMA },
      tools: [functionTool("f", { strict: true })],
    },
    body: {
      messages: [
        {
          role: "system",
          content: `S\n\nAnswer with a JSON object that matches this JSON Schema:\n${JSON.stringify(SCHEMA)}`,
        },
        HI,
      ],
      tools: [written("f")],
      response_format: { type: "json_object" },
    },
    lost: ["tools[].strict"],
  },
]);

goldens(
  "OpenRouter",
  dialects.OPENROUTER,
  [
    {
      name: "blocks of thinking go back with the vendor's own proofs, and marks for the cache",
      request: {
        messages: [
          { role: "system", parts: [{ ...textPart("S"), cache: { ttl: "1h" } }], extra: NO_EXTRA },
          ...LOOP,
        ],
        reasoning: { budgetTokens: 4000, show: false },
      },
      body: {
        messages: [
          {
            role: "system",
            content: [{ type: "text", text: "S", cache_control: { type: "ephemeral", ttl: "1h" } }],
          },
          ...loop({
            reasoning_details: [
              {
                type: "reasoning.text",
                text: "Look.",
                signature: "s",
                format: "anthropic-claude-v1",
                index: 0,
              },
            ],
          }),
        ],
        reasoning: { max_tokens: 4000, exclude: true },
      },
    },
  ],
  "anthropic/claude-sonnet-4.5",
);

goldens(
  "OpenRouter, Gemini",
  dialects.OPENROUTER,
  [
    {
      name: "another vendor's words without its proof, and the proof of the call",
      request: { messages: LOOP },
      body: {
        messages: loop({
          reasoning_details: [
            { type: "reasoning.text", text: "Look.", index: 0 },
            { type: "reasoning.encrypted", data: "g", format: "google-gemini-v1", index: 1, id: "toolu_01" },
          ],
        }),
      },
    },
  ],
  "google/gemini-3-pro",
);

goldens("Qwen", dialects.QWEN, [
  {
    name: "thinking with a budget, and no forced calls",
    request: {
      reasoning: { budgetTokens: 900 },
      tools: [functionTool("f")],
      toolChoice: { type: "required" },
    },
    body: { tools: [written("f")], enable_thinking: true, thinking_budget: 900 },
    lost: ["tool_choice"],
  },
]);

goldens("Zhipu", dialects.ZHIPU, [
  {
    name: "none may be called, so none is offered",
    request: {
      tools: [functionTool("f")],
      toolChoice: { type: "none" },
      sampling: { temperature: 1.5, stop: ["a", "b"] },
    },
    body: { temperature: 1, stop: ["a"] },
    lost: ["temperature", "stop"],
  },
]);

goldens("Perplexity", dialects.PERPLEXITY, [
  {
    name: "no tools of clients, and any object as a schema",
    request: { tools: [functionTool("f")], responseFormat: { type: "json-object" } },
    body: {
      response_format: { type: "json_schema", json_schema: { name: "answer", schema: { type: "object" } } },
    },
    lost: ["tools[].function"],
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
