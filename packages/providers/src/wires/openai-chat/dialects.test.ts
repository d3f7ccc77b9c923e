import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import { functionTool, says, textPart } from "../../testing/request-goldens.ts";
import * as dialects from "./dialects.ts";
import { goldens, HI, LOOP, loop, SCHEMA, written } from "./testing.ts";

goldens("OpenAI", { dialect: dialects.OPENAI }, [
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
    name: "a model that does not think is told how to sample",
    request: { sampling: { temperature: 0.5, stop: ["a"] }, extra: { logit_bias: { 1: 2 } } },
    body: { temperature: 0.5, stop: ["a"], logit_bias: { 1: 2 } },
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

goldens("OpenAI, a model that does not think", { dialect: dialects.OPENAI, model: "gpt-4o" }, [
  {
    name: "cannot be told how much",
    request: { reasoning: { effort: "high" } },
    body: {},
    lost: ["reasoning_effort"],
  },
  { name: "does not think anyway", request: { reasoning: { effort: "none" } }, body: {} },
]);

goldens("Mistral", { dialect: dialects.MISTRAL }, [
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

goldens("Groq", { dialect: dialects.GROQ }, [
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

goldens("DeepSeek", { dialect: dialects.DEEPSEEK }, [
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

goldens("OpenRouter", { dialect: dialects.OPENROUTER, model: "anthropic/claude-sonnet-4.5" }, [
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
]);

goldens("OpenRouter, Gemini", { dialect: dialects.OPENROUTER, model: "google/gemini-3-pro" }, [
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
]);

goldens("Qwen", { dialect: dialects.QWEN }, [
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

goldens("Zhipu", { dialect: dialects.ZHIPU }, [
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

goldens("Perplexity", { dialect: dialects.PERPLEXITY }, [
  {
    name: "no tools of clients, and any object as a schema",
    request: { tools: [functionTool("f")], responseFormat: { type: "json-object" } },
    body: {
      response_format: { type: "json_schema", json_schema: { name: "answer", schema: { type: "object" } } },
    },
    lost: ["tools[].function"],
  },
]);
