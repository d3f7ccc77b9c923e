import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatRequest } from "@headrace/core/canonical/chat";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import { converseClient } from "./client.ts";

const PATH = { model: "eu.anthropic.claude-sonnet-4-5-20250929-v1:0", stream: true };

function decode(body: JsonObject): ChatRequest {
  return converseClient.decodeRequest(body, PATH);
}

function text(words: string, more: object = {}): object {
  return { type: "text", text: words, ...more, extra: {} };
}

const HI = { role: "user", content: [{ text: "Hi" }] };
const SAID_HI = { role: "user", parts: [text("Hi")], extra: {} };

const MESSAGES: readonly (readonly [name: string, body: JsonObject, messages: readonly object[]])[] = [
  ["nothing", {}, []],
  [
    "instructions, and a cache point behind them",
    { system: [{ text: "Be brief." }, { cachePoint: { type: "default", ttl: "1h" } }], messages: [HI] },
    [{ role: "system", parts: [text("Be brief.", { cache: { ttl: "1h" } })], extra: {} }, SAID_HI],
  ],
  [
    "a cache point behind nothing",
    { messages: [{ role: "user", content: [{ cachePoint: { type: "default" } }, { text: "Hi" }] }] },
    [SAID_HI],
  ],
  [
    "media in bytes, by its place in S3, and a document of text",
    {
      messages: [
        {
          role: "user",
          content: [
            { image: { format: "jpeg", source: { bytes: "aGk=" } } },
            { image: { format: "png", source: { s3Location: { uri: "s3://mill/a.png" } } } },
            { document: { format: "pdf", name: "plan", source: { bytes: "aGk=" } } },
            {
              document: {
                format: "txt",
                name: "log",
                source: { text: "high" },
                citations: { enabled: true },
              },
            },
            { document: { name: "parts", source: { content: [{ text: "a" }, { text: "b" }] } } },
            { audio: { format: "mp3", source: { bytes: "aGk=" } } },
          ],
        },
      ],
    },
    [
      {
        role: "user",
        parts: [
          { type: "image", source: base64("image/jpeg"), extra: {} },
          {
            type: "image",
            source: { kind: "url", url: "s3://mill/a.png", mediaType: "image/png" },
            extra: {},
          },
          { type: "file", source: base64("application/pdf"), fileName: "plan", extra: {} },
          {
            type: "file",
            source: base64("text/plain", "high"),
            fileName: "log",
            extra: { citations: { enabled: true } },
          },
          { type: "file", source: base64("text/plain", "a\nb"), fileName: "parts", extra: {} },
          { type: "audio", source: base64("audio/mpeg"), extra: {} },
        ],
        extra: {},
      },
    ],
  ],
  [
    "a tool loop: thinking, calls, results, and what the user says beside them",
    {
      messages: [
        {
          role: "assistant",
          content: [
            { reasoningContent: { reasoningText: { text: "Look.", signature: "c2ln" } } },
            { reasoningContent: { redactedContent: "aGlkZGVu" } },
            { text: "One moment." },
            { toolUse: { toolUseId: "t1", name: "gauge", input: { at: "weir" } } },
            { toolUse: { toolUseId: "t2", name: "list" } },
          ],
        },
        {
          role: "user",
          content: [
            { toolResult: { toolUseId: "t1", content: [{ json: { level: 2 } }] } },
            { toolResult: { toolUseId: "t2", content: [{ text: "gone" }], status: "error" } },
            { cachePoint: { type: "default" } },
            { text: "And?" },
          ],
        },
      ],
    },
    [
      {
        role: "assistant",
        parts: [
          {
            type: "thinking",
            text: "Look.",
            signature: { signer: "anthropic", value: "c2ln" },
            extra: {},
          },
          { type: "thinking", text: "", redacted: { signer: "anthropic", value: "aGlkZGVu" }, extra: {} },
          text("One moment."),
          { type: "tool-call", id: "t1", name: "gauge", argumentsJson: '{"at":"weir"}', extra: {} },
          { type: "tool-call", id: "t2", name: "list", argumentsJson: "{}", extra: {} },
        ],
        extra: {},
      },
      {
        role: "tool",
        parts: [
          {
            type: "tool-result",
            callId: "t1",
            name: "gauge",
            parts: [text('{"level":2}')],
            isError: false,
            extra: {},
          },
          {
            type: "tool-result",
            callId: "t2",
            name: "list",
            parts: [text("gone")],
            isError: true,
            extra: {},
            cache: { ttl: "5m" },
          },
        ],
        extra: {},
      },
      { role: "user", parts: [text("And?")], extra: {} },
    ],
  ],
  [
    "what a guardrail shall look at is said all the same",
    {
      messages: [
        {
          role: "user",
          content: [{ guardContent: { text: { text: "Hi", qualifiers: ["query"] } } }],
        },
      ],
    },
    [
      {
        role: "user",
        parts: [{ type: "text", text: "Hi", extra: { guardContent: { qualifiers: ["query"] } } }],
        extra: {},
      },
    ],
  ],
  [
    "what only Bedrock knows",
    { messages: [{ role: "user", content: [{ video: { format: "mp4" } }] }] },
    [
      {
        role: "user",
        parts: [{ type: "opaque", wire: "bedrock-converse", raw: { video: { format: "mp4" } } }],
        extra: {},
      },
    ],
  ],
];

function base64(mediaType: string, words = "hi"): object {
  return { kind: "base64", mediaType, data: Buffer.from(words).toString("base64") };
}

for (const [name, body, messages] of MESSAGES)
  test(`converse request: ${name}`, () => assert.deepEqual(decode(body).messages, messages));

type Rest = Partial<Omit<ChatRequest, "messages">>;

const FIELDS: readonly (readonly [name: string, body: JsonObject, rest: Rest])[] = [
  [
    "inferenceConfig",
    { inferenceConfig: { maxTokens: 9, temperature: 0.5, topP: 0.9, stopSequences: ["END"], later: 1 } },
    {
      sampling: { maxOutputTokens: 9, temperature: 0.5, topP: 0.9, stop: ["END"] },
      extra: { "inferenceConfig.later": 1 },
    },
  ],
  [
    "tools, one of them Bedrock's own, and the choice of one",
    {
      toolConfig: {
        tools: [
          {
            toolSpec: {
              name: "gauge",
              description: "Reads it.",
              inputSchema: { json: { type: "object" } },
              strict: true,
            },
          },
          { cachePoint: { type: "default" } },
          { systemTool: { name: "nova_grounding" } },
        ],
        toolChoice: { tool: { name: "gauge" } },
      },
    },
    {
      tools: [
        {
          type: "function",
          name: "gauge",
          description: "Reads it.",
          strict: true,
          parameters: { type: "object" },
          extra: {},
          cache: { ttl: "5m" },
        },
        {
          type: "provider",
          wire: "bedrock-converse",
          raw: { systemTool: { name: "nova_grounding" } },
        },
      ],
      toolChoice: { type: "tool", name: "gauge" },
    },
  ],
  ["any tool", { toolConfig: { toolChoice: { any: {} } } }, { toolChoice: { type: "required" } }],
  ["whichever tool", { toolConfig: { toolChoice: { auto: {} } } }, { toolChoice: { type: "auto" } }],
  [
    "Claude's thinking and top_k",
    {
      additionalModelRequestFields: {
        thinking: { type: "enabled", budget_tokens: 2048 },
        top_k: 5,
        anthropic_beta: ["x"],
      },
    },
    {
      reasoning: { budgetTokens: 2048, show: true },
      sampling: { topK: 5 },
      extra: { additionalModelRequestFields: { anthropic_beta: ["x"] } },
    },
  ],
  [
    "thinking that is off",
    { additionalModelRequestFields: { reasoning_config: { type: "disabled" } } },
    { reasoning: { effort: "none" } },
  ],
  [
    "Nova's effort and topK",
    {
      additionalModelRequestFields: {
        reasoningConfig: { type: "enabled", maxReasoningEffort: "high" },
        inferenceConfig: { topK: 20 },
      },
    },
    { reasoning: { effort: "high", show: true }, sampling: { topK: 20 } },
  ],
  [
    "an effort",
    { additionalModelRequestFields: { reasoning_effort: "low" } },
    { reasoning: { effort: "low" } },
  ],
  ["an effort of all models", { outputConfig: { effort: "max" } }, { reasoning: { effort: "xhigh" } }],
  [
    "a schema for the answer",
    {
      outputConfig: {
        textFormat: {
          type: "json_schema",
          structure: { jsonSchema: { name: "level", schema: '{"type":"object"}' } },
        },
      },
    },
    {
      responseFormat: { type: "json-schema", name: "level", schema: { type: "object" }, strict: true },
    },
  ],
  [
    "what other wires have by another name, and what is given anyhow",
    {
      requestMetadata: { team: "mill" },
      serviceTier: { type: "flex" },
      additionalModelResponseFieldPaths: ["/stop_sequence"],
      guardrailConfig: { guardrailIdentifier: "g" },
    },
    {
      extra: {
        metadata: { team: "mill" },
        service_tier: "flex",
        guardrailConfig: { guardrailIdentifier: "g" },
      },
    },
  ],
];

for (const [name, body, rest] of FIELDS)
  test(`converse request: ${name}`, () =>
    assert.deepEqual(decode({ ...body, messages: [HI] }), {
      wire: "bedrock-converse",
      model: PATH.model,
      messages: [SAID_HI],
      tools: [],
      sampling: {},
      stream: true,
      includeUsage: true,
      extra: {},
      ...rest,
    }));

const REFUSED: readonly (readonly [param: string, code: string, body: JsonObject])[] = [
  ["messages[0].role", "missing_field", { messages: [{ content: [] }] }],
  ["messages[0].role", "invalid_field", { messages: [{ role: "tool", content: [] }] }],
  ["messages[0].content", "invalid_field", { messages: [{ role: "user", content: "Hi" }] }],
  ["messages[0].content[0].text", "invalid_field", { messages: [{ role: "user", content: [{ text: 1 }] }] }],
  [
    "messages[0].content[0].image.source.bytes",
    "missing_field",
    { messages: [{ role: "user", content: [{ image: { format: "png", source: {} } }] }] },
  ],
  [
    "messages[0].content[0].toolUse",
    "invalid_field",
    { messages: [{ role: "user", content: [{ toolUse: { toolUseId: "a", name: "b", input: {} } }] }] },
  ],
  [
    "messages[0].content[0].toolUse.input",
    "invalid_field",
    { messages: [{ role: "assistant", content: [{ toolUse: { toolUseId: "a", name: "b", input: 1 } }] }] },
  ],
  ["inferenceConfig.topP", "invalid_field", { inferenceConfig: { topP: "1" } }],
  ["toolConfig.tools[0].toolSpec.name", "missing_field", { toolConfig: { tools: [{ toolSpec: {} }] } }],
  [
    "outputConfig.textFormat.structure.jsonSchema.schema",
    "invalid_field",
    { outputConfig: { textFormat: { structure: { jsonSchema: { schema: "[" } } } } },
  ],
];

for (const [param, code, body] of REFUSED)
  test(`converse request: ${code} ${param}`, () =>
    assert.throws(
      () => decode(body),
      (error) => error instanceof GatewayError && error.code === code && error.param === param,
    ));
