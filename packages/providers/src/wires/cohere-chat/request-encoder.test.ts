import type { JsonObject } from "@headrace/core/json-object";
import { functionTool, type Golden, testGoldens } from "../../testing/request-goldens.ts";
import { cohereProvider } from "./provider.ts";

const written = (name: string, parameters: JsonObject = { type: "object", properties: {} }) => ({
  type: "function",
  function: { name, parameters },
});

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
    name: "tools, one of them without a schema and one of plain text",
    request: {
      tools: [
        functionTool("a", { description: "A.", parameters: undefined, extra: { cache: 1 } }),
        functionTool("b", { freeform: true }),
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
    request: { tools: [functionTool("a"), functionTool("b")], toolChoice: { type: "tool", name: "b" } },
    body: { tools: [written("b")], tool_choice: "REQUIRED" },
  },
  {
    name: "a tool that is not there",
    request: { tools: [functionTool("a")], toolChoice: { type: "tool", name: "z" } },
    body: { tools: [written("a")], tool_choice: "REQUIRED" },
    lost: ["tool_choice"],
  },
  {
    name: "no call wanted",
    request: { tools: [functionTool("a")], toolChoice: { type: "none" } },
    body: { tools: [written("a")], tool_choice: "NONE" },
  },
  { name: "a choice without tools", request: { toolChoice: { type: "none" } }, body: {} },
  {
    name: "strict tools, where all of them demand something",
    request: {
      tools: [functionTool("a", { strict: true, parameters: { type: "object", required: ["x"] } })],
    },
    body: { tools: [written("a", { type: "object", required: ["x"] })], strict_tools: true },
  },
  {
    name: "a strict tool that demands nothing",
    request: { tools: [functionTool("a", { strict: true })] },
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
      tools: [functionTool("a")],
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
    request: {
      tools: [functionTool("a")],
      toolChoice: { type: "none" },
      responseFormat: { type: "json-object" },
    },
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

testGoldens({
  title: "Cohere request",
  codec: cohereProvider,
  target: { model: "command-a-03-2025", stream: true },
  plain: { model: "command-a-03-2025", messages: [{ role: "user", content: "Hi" }], stream: true },
  goldens: GOLDENS,
});
