import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type RequestProblem,
  validateChatRequest,
  validateCompletionRequest,
  validateEmbeddingRequest,
  validateTokenizeRequest,
} from "./validate.ts";

const VALIDATORS = {
  chat: validateChatRequest,
  completions: validateCompletionRequest,
  embeddings: validateEmbeddingRequest,
  tokenize: validateTokenizeRequest,
} as const;

type Kind = keyof typeof VALIDATORS;

const user = { role: "user", content: "hi" };

const GOOD: readonly [Kind, unknown][] = [
  ["chat", { model: "m", messages: [user] }],
  [
    "chat",
    { model: "m", messages: [{ role: "assistant", content: null, tool_calls: [{}] }, { role: "tool" }] },
  ],
  [
    "chat",
    { model: "m", messages: [{ role: "user", content: [{ type: "anything" }] }], unknown: { deep: 1 } },
  ],
  [
    "chat",
    {
      model: "m",
      messages: [user],
      stream: null,
      stream_options: null,
      max_tokens: null,
      n: null,
      temperature: null,
      tools: null,
    },
  ],
  [
    "chat",
    {
      model: "m",
      messages: [user],
      stream: true,
      stream_options: { include_usage: true, x: 1 },
      n: 2,
      max_tokens: 1,
    },
  ],
  ["completions", { model: "m", prompt: "" }],
  ["completions", { model: "m", prompt: [[1, 2], [3]] }],
  ["embeddings", { model: "m", input: "a" }],
  ["embeddings", { model: "m", input: ["a", "b"], dimensions: 256, encoding_format: "base64" }],
  ["tokenize", { model: "m", prompt: "a" }],
  ["tokenize", { model: "m", messages: [user], add_generation_prompt: true }],
];

for (const [kind, body] of GOOD) {
  test(`request schema accepts ${kind} ${JSON.stringify(body)}`, () => {
    const before = structuredClone(body);
    assert.equal(VALIDATORS[kind](body), null);
    assert.deepEqual(body, before);
  });
}

const missing = (param: string): RequestProblem => ({
  code: "missing_field",
  param,
  message: `The field "${param}" is missing.`,
});
const invalid = (param: string, expected: string): RequestProblem => ({
  code: "invalid_field",
  param,
  message: `The field "${param}" must be ${expected}.`,
});

const BAD: readonly [Kind, unknown, RequestProblem][] = [
  ["chat", [], { code: "invalid_field", param: "", message: "The request body must be an object." }],
  ["chat", null, { code: "invalid_field", param: "", message: "The request body must be an object." }],
  ["chat", { messages: [user] }, missing("model")],
  ["chat", { model: "m" }, missing("messages")],
  ["chat", JSON.parse('{"__proto__":{"model":"m"},"messages":[{"role":"user"}]}'), missing("model")],
  ["chat", { model: 1, messages: [user] }, invalid("model", "a non-empty string")],
  ["chat", { model: "", messages: [user] }, invalid("model", "a non-empty string")],
  ["chat", { model: "m", messages: "hi" }, invalid("messages", "a non-empty array")],
  ["chat", { model: "m", messages: [] }, invalid("messages", "a non-empty array")],
  ["chat", { model: "m", messages: [user, "hi"] }, invalid("messages[1]", "an object")],
  ["chat", { model: "m", messages: [user, { content: "hi" }] }, missing("messages[1].role")],
  ["chat", { model: "m", messages: [{ role: 7 }] }, invalid("messages[0].role", "a non-empty string")],
  [
    "chat",
    { model: "m", messages: [{ role: "user", content: 7 }] },
    invalid("messages[0].content", "a string or an array or null"),
  ],
  ["chat", { model: "m", messages: [user], stream: "true" }, invalid("stream", "true or false or null")],
  [
    "chat",
    { model: "m", messages: [user], stream_options: [] },
    invalid("stream_options", "an object or null"),
  ],
  [
    "chat",
    { model: "m", messages: [user], stream_options: { include_usage: 1 } },
    invalid("stream_options.include_usage", "true or false or null"),
  ],
  [
    "chat",
    { model: "m", messages: [user], max_tokens: 0 },
    invalid("max_tokens", "a whole number of at least 1 or null"),
  ],
  [
    "chat",
    { model: "m", messages: [user], max_completion_tokens: 1.5 },
    invalid("max_completion_tokens", "a whole number of at least 1 or null"),
  ],
  ["chat", { model: "m", messages: [user], n: "2" }, invalid("n", "a whole number of at least 1 or null")],
  ["chat", { model: "m", messages: [user], temperature: "hot" }, invalid("temperature", "a number or null")],
  ["chat", { model: "m", messages: [user], tools: {} }, invalid("tools", "an array or null")],
  ["completions", { model: "m" }, missing("prompt")],
  ["completions", { model: "m", prompt: null }, invalid("prompt", "a string or an array")],
  ["embeddings", { model: "m" }, missing("input")],
  ["embeddings", { model: "m", input: 5 }, invalid("input", "a string or an array")],
  [
    "embeddings",
    { model: "m", input: "a", dimensions: 0 },
    invalid("dimensions", "a whole number of at least 1 or null"),
  ],
  ["tokenize", { prompt: "a" }, missing("model")],
  ["tokenize", { model: "m", prompt: ["a"] }, invalid("prompt", "a string")],
  [
    "tokenize",
    { model: "m" },
    {
      code: "missing_field",
      param: "prompt",
      message: 'One of the fields "prompt" and "messages" must be there.',
    },
  ],
];

for (const [kind, body, problem] of BAD) {
  test(`request schema refuses ${kind} ${JSON.stringify(body)}`, () => {
    assert.deepEqual(VALIDATORS[kind](body), problem);
  });
}

test("request schema: a problem never quotes what the client sent", () => {
  const problem = validateChatRequest({
    model: "m",
    messages: [{ role: "user", content: 12345 }],
    secret: "s3cret",
  });
  assert.ok(problem !== null && !/12345|s3cret/.test(problem.message));
});
