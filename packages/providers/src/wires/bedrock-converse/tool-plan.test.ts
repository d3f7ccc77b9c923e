import type { ChatRequest } from "@headrace/core/canonical/chat";
import { answers, calls, HI, spec, stub, testRequests, tool } from "./request-testing.ts";

const LLAMA = "us.meta.llama4-maverick-17b-instruct-v1:0";
const NOVA = "amazon.nova-pro-v1:0";
const MISTRAL = "mistral.mistral-large-2402-v1:0";
const QWEN = "qwen.qwen3-32b-v1:0";

const SCHEMA = { type: "object", properties: { level: { type: "number" } } };
const JSON_SCHEMA: ChatRequest["responseFormat"] = { type: "json-schema", name: "level", schema: SCHEMA };
const ANSWER_TOOL = {
  toolSpec: {
    name: "respond_with_json__level",
    description: "Give the whole answer by this call.",
    inputSchema: { json: SCHEMA },
  },
};
const TEXT_FORMAT = {
  type: "json_schema",
  structure: {
    jsonSchema: { name: "level", schema: JSON.stringify({ ...SCHEMA, additionalProperties: false }) },
  },
};

testRequests([
  {
    name: "one tool forced",
    request: { tools: [tool("f"), tool("g")], toolChoice: { type: "tool", name: "g" } },
    body: {
      messages: HI,
      toolConfig: { tools: [spec("f"), spec("g")], toolChoice: { tool: { name: "g" } } },
    },
  },
  {
    name: "the only tool forced where any is the most that can be said",
    model: MISTRAL,
    request: { tools: [tool("f")], toolChoice: { type: "tool", name: "f" } },
    body: { messages: HI, toolConfig: { tools: [spec("f")], toolChoice: { any: {} } } },
  },
  {
    name: "a tool forced where nothing can be",
    model: LLAMA,
    request: { tools: [tool("f")], toolChoice: { type: "required" } },
    body: { messages: HI, toolConfig: { tools: [spec("f")] } },
    lost: ["tool_choice"],
  },
  {
    name: "a tool forced on a Claude that lets nothing be forced",
    model: "anthropic.claude-opus-5-5",
    request: { tools: [tool("f")], toolChoice: { type: "required" } },
    body: { messages: HI, toolConfig: { tools: [spec("f")] } },
    lost: ["tool_choice"],
  },
  {
    name: "no tool allowed",
    request: { tools: [tool("f")], toolChoice: { type: "none" } },
    body: { messages: HI },
  },
  {
    name: "no tool allowed in a conversation that called some",
    request: { messages: [answers(calls("a", "f"))], tools: [tool("f")], toolChoice: { type: "none" } },
    body: {
      messages: [{ role: "assistant", content: [{ toolUse: { toolUseId: "a", name: "f", input: {} } }] }],
      toolConfig: { tools: [stub("f")] },
    },
  },
  {
    name: "tools of every kind",
    request: {
      tools: [
        tool("f", { strict: true, parameters: undefined, extra: { defer: true } }),
        tool("g", { freeform: true, description: "" }),
        { type: "provider", wire: "openai-responses", raw: { type: "web_search" } },
      ],
      sampling: { parallelToolCalls: false },
    },
    body: {
      messages: HI,
      toolConfig: {
        tools: [
          { toolSpec: { name: "f", inputSchema: { json: { type: "object" } }, strict: true } },
          {
            toolSpec: {
              name: "g",
              inputSchema: {
                json: { type: "object", properties: { input: { type: "string" } }, required: ["input"] },
              },
            },
          },
        ],
      },
    },
    lost: ["tools[].defer", "tools[].web_search", "parallel_tool_calls"],
  },
  {
    name: "strict tools where a model has none",
    model: NOVA,
    request: { tools: [tool("f", { strict: true })] },
    body: { messages: HI, toolConfig: { tools: [spec("f")] } },
    lost: ["tools[].strict"],
  },
  {
    name: "JSON by a forced tool",
    request: { responseFormat: JSON_SCHEMA },
    body: {
      messages: HI,
      toolConfig: { tools: [ANSWER_TOOL], toolChoice: { tool: { name: "respond_with_json__level" } } },
    },
  },
  {
    name: "JSON beside tools",
    request: { responseFormat: JSON_SCHEMA, tools: [tool("f")] },
    body: { messages: HI, toolConfig: { tools: [spec("f"), ANSWER_TOOL], toolChoice: { any: {} } } },
  },
  {
    name: "JSON beside thinking",
    request: {
      responseFormat: JSON_SCHEMA,
      reasoning: { budgetTokens: 1024 },
      sampling: { maxOutputTokens: 2048 },
    },
    body: {
      messages: HI,
      inferenceConfig: { maxTokens: 2048 },
      outputConfig: { textFormat: TEXT_FORMAT },
      additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: 1024 } },
    },
  },
  {
    name: "JSON of an open model",
    model: QWEN,
    request: { responseFormat: JSON_SCHEMA, tools: [tool("f")] },
    body: { messages: HI, toolConfig: { tools: [spec("f")] }, outputConfig: { textFormat: TEXT_FORMAT } },
  },
  {
    name: "JSON where nothing makes sure of it",
    model: LLAMA,
    request: { responseFormat: JSON_SCHEMA },
    body: { messages: HI, toolConfig: { tools: [ANSWER_TOOL] } },
    lost: ["response_format"],
  },
  {
    name: "JSON beside a call that the client forces",
    request: { responseFormat: JSON_SCHEMA, tools: [tool("f")], toolChoice: { type: "required" } },
    body: { messages: HI, toolConfig: { tools: [spec("f")], toolChoice: { any: {} } } },
  },
]);
