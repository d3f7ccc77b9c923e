import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatMessage, ChatRequest, FunctionTool } from "@headrace/core/canonical/chat";
import { NO_EXTRA, type TextPart } from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import { request } from "../../testing/chat-streams.ts";
import { cohereProvider } from "./provider.ts";

const text = (text: string): TextPart => ({ type: "text", text, extra: NO_EXTRA });
const says = (
  role: "system" | "developer" | "user" | "assistant",
  ...texts: readonly string[]
): ChatMessage => ({
  role,
  parts: texts.map(text),
  extra: NO_EXTRA,
});
const tool = (name: string, more: Partial<FunctionTool> = {}): FunctionTool => ({
  type: "function",
  name,
  parameters: { type: "object", properties: {} },
  extra: NO_EXTRA,
  ...more,
});
const written = (name: string, parameters: JsonObject = { type: "object", properties: {} }) => ({
  type: "function",
  function: { name, parameters },
});
const USER = [{ role: "user", content: "Hi" }];
const CALL = {
  type: "tool-call",
  id: "c1",
  name: "read_gauge",
  argumentsJson: '{"a":1}',
  extra: NO_EXTRA,
} as const;

interface Golden {
  readonly name: string;
  readonly request: Partial<ChatRequest>;
  /** What the body is beside model and stream; the messages only where they are not the plain ones. */
  readonly body: JsonObject;
  readonly lost?: readonly string[];
}

const GOLDENS: readonly Golden[] = [
  {
    name: "sampling in Cohere's words",
    request: {
      sampling: {
        maxOutputTokens: 100,
        temperature: 0.2,
        topP: 0.5,
        topK: 40,
        frequencyPenalty: 0.5,
        presencePenalty: 0.1,
        seed: 7,
        stop: ["END"],
        logprobs: true,
      },
    },
    body: {
      max_tokens: 100,
      temperature: 0.2,
      p: 0.5,
      k: 40,
      frequency_penalty: 0.5,
      presence_penalty: 0.1,
      seed: 7,
      stop_sequences: ["END"],
      logprobs: true,
    },
  },
  {
    name: "sampling that Cohere cannot do",
    request: {
      sampling: {
        topP: 1,
        topK: 900,
        frequencyPenalty: -1,
        presencePenalty: 2,
        choices: 2,
        topLogprobs: 3,
        parallelToolCalls: false,
        stop: ["a", "b", "c", "d", "e", "f"],
      },
    },
    body: {
      p: 0.99,
      k: 500,
      frequency_penalty: 0,
      presence_penalty: 1,
      stop_sequences: ["a", "b", "c", "d", "e"],
    },
    lost: [
      "n",
      "parallel_tool_calls",
      "top_logprobs",
      "stop",
      "top_k",
      "frequency_penalty",
      "presence_penalty",
    ],
  },
  {
    name: "defaults are no loss",
    request: { sampling: { choices: 1, parallelToolCalls: true, topLogprobs: 0, logprobs: false } },
    body: {},
  },
  {
    name: "fields of Cohere's own, bookkeeping, and what is lost",
    request: {
      extra: {
        documents: ["The weir is open."],
        safety_mode: "STRICT",
        user: "ada",
        store: false,
        logit_bias: { 1: 2 },
      },
    },
    body: { documents: ["The weir is open."], safety_mode: "STRICT" },
    lost: ["logit_bias"],
  },
  {
    name: "system messages first are one, a later one keeps its place",
    request: {
      messages: [
        says("system", "Be short."),
        says("developer", "Metric."),
        says("user", "Hi"),
        says("system", "Now!"),
      ],
    },
    body: {
      messages: [
        {
          role: "system",
          content: [
            { type: "text", text: "Be short." },
            { type: "text", text: "Metric." },
          ],
        },
        { role: "user", content: "Hi" },
        { role: "user", content: "<system>\nNow!\n</system>" },
      ],
    },
  },
  {
    name: "nothing but a system message is the user's",
    request: { messages: [says("system", "Say hello.")] },
    body: { messages: [{ role: "user", content: "Say hello." }] },
  },
  {
    name: "pictures by URL and inline, and a file of text",
    request: {
      messages: [
        {
          role: "user",
          parts: [
            text("Look:"),
            {
              type: "image",
              source: { kind: "url", url: "https://a.example/w.png" },
              detail: "low",
              extra: NO_EXTRA,
            },
            {
              type: "image",
              source: { kind: "base64", mediaType: "image/png", data: "iVBO" },
              extra: NO_EXTRA,
            },
            {
              type: "file",
              source: {
                kind: "base64",
                mediaType: "text/plain",
                data: Buffer.from("3 m³/s").toString("base64"),
              },
              fileName: "gauge.txt",
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
            { type: "text", text: "Look:" },
            { type: "image_url", image_url: { url: "https://a.example/w.png", detail: "low" } },
            { type: "image_url", image_url: { url: "data:image/png;base64,iVBO" } },
            { type: "text", text: "gauge.txt:\n3 m³/s" },
          ],
        },
      ],
    },
  },
  {
    name: "a turn with calls, their results, an error and a picture among them",
    request: {
      messages: [
        says("user", "Hi"),
        {
          role: "assistant",
          parts: [
            { type: "thinking", text: "I look.", extra: NO_EXTRA },
            text("One moment."),
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
              parts: [text("3"), text("m³/s")],
              isError: false,
              extra: NO_EXTRA,
            },
            {
              type: "tool-result",
              callId: "c2",
              parts: [
                text("no gauge"),
                {
                  type: "image",
                  source: { kind: "base64", mediaType: "image/png", data: "iVBO" },
                  extra: NO_EXTRA,
                },
              ],
              isError: true,
              extra: NO_EXTRA,
            },
            { type: "tool-result", callId: "c3", parts: [], isError: false, extra: NO_EXTRA },
          ],
          extra: NO_EXTRA,
        },
      ],
    },
    body: {
      messages: [
        { role: "user", content: "Hi" },
        {
          role: "assistant",
          tool_plan: "I look.\nOne moment.",
          tool_calls: [
            { id: "c1", type: "function", function: { name: "read_gauge", arguments: '{"a":1}' } },
            { id: "c2", type: "function", function: { name: "read_gauge", arguments: "{}" } },
          ],
        },
        { role: "tool", tool_call_id: "c1", content: "3\nm³/s" },
        { role: "tool", tool_call_id: "c2", content: '{"error":"no gauge"}' },
        { role: "tool", tool_call_id: "c3", content: "{}" },
        { role: "user", content: [{ type: "image_url", image_url: { url: "data:image/png;base64,iVBO" } }] },
      ],
    },
  },
  {
    name: "an answer without calls is without its thoughts",
    request: {
      messages: [
        says("user", "Hi"),
        {
          role: "assistant",
          parts: [
            {
              type: "thinking",
              text: "Hm.",
              signature: { signer: "anthropic", value: "s" },
              extra: NO_EXTRA,
            },
            text("Hello."),
            { type: "refusal", text: "No." },
            { type: "opaque", wire: "anthropic-messages", raw: { type: "server_tool_use" } },
          ],
          extra: { audio: { id: "a" } },
        },
        says("assistant", ""),
      ],
    },
    body: {
      messages: [
        { role: "user", content: "Hi" },
        {
          role: "assistant",
          content: [
            { type: "text", text: "Hello." },
            { type: "text", text: "No." },
          ],
        },
      ],
    },
    lost: ["messages[].audio", "messages[].content[].server_tool_use"],
  },
  {
    name: "tools, one of them without a schema and one of plain text",
    request: {
      tools: [
        tool("a", { description: "A.", parameters: undefined, extra: { cache: 1 } }),
        tool("b", { freeform: true }),
        { type: "provider", wire: "openai-chat", raw: { type: "web_search" } },
      ],
      toolChoice: { type: "required" },
    },
    body: {
      tools: [
        {
          type: "function",
          function: { name: "a", description: "A.", parameters: { type: "object", properties: {} } },
        },
        written("b", { type: "object", properties: { input: { type: "string" } }, required: ["input"] }),
      ],
      tool_choice: "REQUIRED",
    },
    lost: ["tools[].cache", "tools[].web_search"],
  },
  {
    name: "one tool alone may be called",
    request: { tools: [tool("a"), tool("b")], toolChoice: { type: "tool", name: "b" } },
    body: { tools: [written("b")], tool_choice: "REQUIRED" },
  },
  {
    name: "a tool that is not there",
    request: { tools: [tool("a")], toolChoice: { type: "tool", name: "z" } },
    body: { tools: [written("a")], tool_choice: "REQUIRED" },
    lost: ["tool_choice"],
  },
  {
    name: "no call wanted",
    request: { tools: [tool("a")], toolChoice: { type: "none" } },
    body: { tools: [written("a")], tool_choice: "NONE" },
  },
  { name: "a choice without tools", request: { toolChoice: { type: "none" } }, body: {} },
  {
    name: "strict tools, where all of them demand something",
    request: { tools: [tool("a", { strict: true, parameters: { type: "object", required: ["x"] } })] },
    body: { tools: [written("a", { type: "object", required: ["x"] })], strict_tools: true },
  },
  {
    name: "a strict tool that demands nothing",
    request: { tools: [tool("a", { strict: true })] },
    body: { tools: [written("a")] },
    lost: ["tools[].strict"],
  },
  {
    name: "a JSON schema",
    request: { responseFormat: { type: "json-schema", name: "x", schema: { type: "object" } } },
    body: { response_format: { type: "json_object", json_schema: { type: "object" } } },
  },
  {
    name: "any JSON object",
    request: { responseFormat: { type: "json-object" } },
    body: { response_format: { type: "json_object" } },
  },
  {
    name: "a JSON schema beside tools is a tool too, and one has to be called",
    request: {
      tools: [tool("a")],
      responseFormat: { type: "json-schema", name: "x", schema: { type: "object" } },
    },
    body: {
      tools: [
        written("a"),
        {
          type: "function",
          function: {
            name: "respond_with_json__x",
            description: "Give the whole answer by this call.",
            parameters: { type: "object" },
          },
        },
      ],
      tool_choice: "REQUIRED",
    },
  },
  {
    name: "a JSON schema beside tools that may not be called needs no tools",
    request: { tools: [tool("a")], toolChoice: { type: "none" }, responseFormat: { type: "json-object" } },
    body: { response_format: { type: "json_object" } },
  },
  {
    name: "no thinking",
    request: { reasoning: { effort: "none" } },
    body: { thinking: { type: "disabled" } },
  },
  {
    name: "thinking with a budget",
    request: { reasoning: { budgetTokens: 700 } },
    body: { thinking: { type: "enabled", token_budget: 700 } },
  },
  {
    name: "an effort is worth a budget, within the output",
    request: { reasoning: { effort: "medium" }, sampling: { maxOutputTokens: 1000 } },
    body: { thinking: { type: "enabled", token_budget: 750 }, max_tokens: 1000 },
  },
  {
    name: "a high effort has no bound",
    request: { reasoning: { effort: "high" } },
    body: { thinking: { type: "enabled" } },
  },
  { name: "thoughts to be shown are no thinking", request: { reasoning: { show: true } }, body: {} },
];

for (const { name, request: parts, body, lost = [] } of GOLDENS) {
  test(`Cohere request: ${name}`, () => {
    const encoded = cohereProvider.encodeRequest(request(parts), {
      model: "command-a-03-2025",
      stream: true,
    });
    assert.deepEqual(encoded.body, { model: "command-a-03-2025", messages: USER, stream: true, ...body });
    assert.deepEqual(encoded.lost, lost);
    assert.deepEqual(encoded.headers, []);
  });
}

const REFUSED: readonly (readonly [
  string,
  Extract<ChatMessage, { role: "user" }>["parts"][number],
  string,
])[] = [
  ["sound", { type: "audio", source: { kind: "file-id", id: "a" }, extra: NO_EXTRA }, "audio"],
  ["a picture by its id", { type: "image", source: { kind: "file-id", id: "a" }, extra: NO_EXTRA }, "image"],
  [
    "a PDF",
    { type: "file", source: { kind: "base64", mediaType: "application/pdf", data: "JVBE" }, extra: NO_EXTRA },
    "file",
  ],
];
for (const [name, part, kind] of REFUSED)
  test(`Cohere request: ${name} is refused, for left out it would change the answer`, () => {
    const messages: readonly ChatMessage[] = [{ role: "user", parts: [part], extra: NO_EXTRA }];
    assert.throws(
      () => cohereProvider.encodeRequest(request({ messages }), { model: "command", stream: false }),
      (error) =>
        error instanceof GatewayError &&
        error.code === "invalid_field" &&
        error.param === `messages[].content[].${kind}`,
    );
  });
