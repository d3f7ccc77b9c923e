import assert from "node:assert/strict";
import { test } from "node:test";
import type { Endpoint } from "../endpoints.ts";
import { type RequestProblem, validateRequest, validateTokenizeRequest } from "./validate.ts";

type Kind = Endpoint | "tokenize";

function validate(kind: Kind, body: unknown): RequestProblem | null {
  return kind === "tokenize" ? validateTokenizeRequest(body) : validateRequest(kind, body);
}

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
  ["responses", { model: "m", input: [{ role: "user", content: "hi" }] }],
  ["responses", { model: "m", instructions: null, previous_response_id: "resp_1" }],
  ["messages", { model: "m", messages: [user], max_tokens: 1, system: [{ type: "text", text: "a" }] }],
  ["messages-count-tokens", { model: "m", messages: [user] }],
  ["generate-content", { contents: [{ parts: [{ text: "hi" }] }], generation_config: {} }],
  ["gemini-count-tokens", { generateContentRequest: {} }],
  ["converse", {}],
  [
    "converse",
    { messages: [{ role: "user", content: [{ text: "hi" }] }], inferenceConfig: { maxTokens: 1 } },
  ],
  ["invoke-model", { anthropic_version: "bedrock-2023-05-31", messages: [user], max_tokens: 1 }],
  ["cohere-chat", { model: "m", messages: [user], stream: true, p: 0.5, k: 0 }],
  ["cohere-embed", { model: "m", texts: ["a"], output_dimension: 256 }],
  ["cohere-embed", { model: "m", inputs: [{ content: [] }], embedding_types: ["int8"] }],
  ["embed-content", { content: { parts: [] } }],
  ["batch-embed-contents", { requests: [{}] }],
  ["rerank", { model: "m", query: "q", documents: ["a", { text: "b" }], top_n: 1 }],
  ["cohere-rerank", { model: "m", query: "q", documents: ["a"] }],
  ["moderations", { model: "m", input: [{ type: "text", text: "a" }] }],
  ["images", { model: "m", prompt: "a cat" }],
  ["speech", { model: "m", input: "a", voice: "b" }],
  ["tokenize", { model: "m", prompt: "a" }],
  ["tokenize", { model: "m", messages: [user], add_generation_prompt: true }],
];

for (const [kind, body] of GOOD) {
  test(`request schema accepts ${kind} ${JSON.stringify(body)}`, () => {
    const before = structuredClone(body);
    assert.equal(validate(kind, body), null);
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
  ["responses", { model: "m", input: {} }, invalid("input", "a string or an array or null")],
  ["messages", { model: "m", messages: "hi" }, invalid("messages", "a non-empty array")],
  [
    "messages",
    { model: "m", messages: [user], max_tokens: 0 },
    invalid("max_tokens", "a whole number of at least 1 or null"),
  ],
  ["generate-content", { contents: 5 }, invalid("contents", "an array or an object or a string or null")],
  ["embed-content", { content: "hi" }, invalid("content", "an object or null")],
  ["rerank", { model: "m", query: "q", documents: [] }, invalid("documents", "a non-empty array")],
  ["rerank", { model: "m", documents: ["a"] }, missing("query")],
  ["images", { prompt: "a cat" }, missing("model")],
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
    assert.deepEqual(validate(kind, body), problem);
  });
}

test("request schema: a problem never quotes what the client sent", () => {
  const problem = validateRequest("chat", {
    model: "m",
    messages: [{ role: "user", content: 12345 }],
    secret: "s3cret",
  });
  assert.ok(problem !== null && !/12345|s3cret/.test(problem.message));
});
