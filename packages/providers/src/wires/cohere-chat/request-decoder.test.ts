import assert from "node:assert/strict";
import { test } from "node:test";
import { packToolCallId } from "@headrace/core/canonical/carried-state";
import type { ChatRequest } from "@headrace/core/canonical/chat";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import fc from "fast-check";
import { conversation, functionTools, said } from "../../testing/request-arbitraries.ts";
import { cohereClient } from "./client.ts";
import { cohereProvider } from "./provider.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);
const PATH = { model: null, stream: false };
const HI = [{ role: "user", content: "Hi" }];

function decode(body: JsonObject): ChatRequest {
  return cohereClient.decodeRequest({ model: "command-a", messages: HI, ...body }, PATH);
}

function text(words: string): object {
  return { type: "text", text: words, extra: {} };
}

const CALL = { id: "c1", type: "function", function: { name: "gauge", arguments: '{"at":"weir"}' } };
const CALLED = { type: "tool-call", id: "c1", name: "gauge", argumentsJson: '{"at":"weir"}', extra: {} };

const MESSAGES: readonly (readonly [name: string, raw: readonly object[], read: readonly object[]])[] = [
  [
    "instructions, and pictures inline and by their address",
    [
      { role: "system", content: [{ type: "text", text: "Be brief." }] },
      {
        role: "user",
        content: [
          { type: "text", text: "Look." },
          { type: "image_url", image_url: { url: "data:image/png;base64,aGk=", detail: "low" } },
          { type: "image_url", image_url: "https://mill.example/wheel.png" },
        ],
      },
    ],
    [
      { role: "system", parts: [text("Be brief.")], extra: {} },
      {
        role: "user",
        parts: [
          text("Look."),
          {
            type: "image",
            source: { kind: "base64", mediaType: "image/png", data: "aGk=" },
            detail: "low",
            extra: {},
          },
          { type: "image", source: { kind: "url", url: "https://mill.example/wheel.png" }, extra: {} },
        ],
        extra: {},
      },
    ],
  ],
  [
    "a tool loop: a plan, calls, and results as text, as pieces and as documents",
    [
      { role: "assistant", tool_plan: "I will look.", tool_calls: [CALL, { ...CALL, id: "c2" }] },
      { role: "tool", tool_call_id: "c1", content: "2 m" },
      {
        role: "tool",
        tool_call_id: "c2",
        content: [
          { type: "document", document: { id: "d", data: { level: 2 } } },
          { type: "document", document: { data: "high" } },
          { type: "text", text: "now" },
        ],
      },
    ],
    [
      { role: "assistant", parts: [text("I will look."), CALLED, { ...CALLED, id: "c2" }], extra: {} },
      {
        role: "tool",
        parts: [
          {
            type: "tool-result",
            callId: "c1",
            name: "gauge",
            parts: [text("2 m")],
            isError: false,
            extra: {},
          },
          {
            type: "tool-result",
            callId: "c2",
            name: "gauge",
            parts: [text('{"level":2}'), text("high"), text("now")],
            isError: false,
            extra: {},
          },
        ],
        extra: {},
      },
    ],
  ],
  [
    "an answer as it was given",
    [
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "Hm." },
          { type: "text", text: "It is high." },
        ],
        citations: [{ start: 0, end: 2 }],
      },
    ],
    [
      {
        role: "assistant",
        parts: [{ type: "thinking", text: "Hm.", extra: {} }, text("It is high.")],
        extra: {},
      },
    ],
  ],
  [
    "signed thinking that comes back in the id of a call stands for the words that were shown",
    [
      {
        role: "assistant",
        content: [{ type: "thinking", thinking: "Look." }],
        tool_calls: [
          {
            ...CALL,
            id: packToolCallId("c1", {
              thinking: [{ text: "Look.", signature: { signer: "anthropic", value: "s" } }],
            }),
            function: { name: "gauge", arguments: "" },
          },
        ],
      },
    ],
    [
      {
        role: "assistant",
        parts: [
          { type: "thinking", text: "Look.", signature: { signer: "anthropic", value: "s" }, extra: {} },
          { ...CALLED, argumentsJson: "{}" },
        ],
        extra: {},
      },
    ],
  ],
];

for (const [name, raw, read] of MESSAGES)
  test(`cohere request: ${name}`, () => assert.deepEqual(decode({ messages: raw }).messages, read));

type Rest = Partial<Omit<ChatRequest, "messages">>;

const FIELDS: readonly (readonly [name: string, body: JsonObject, rest: Rest])[] = [
  [
    "sampling",
    {
      stream: true,
      max_tokens: 9,
      temperature: 0.3,
      p: 0.75,
      k: 5,
      frequency_penalty: 0.1,
      presence_penalty: 0.2,
      seed: 7,
      stop_sequences: ["END"],
      logprobs: true,
    },
    {
      stream: true,
      sampling: {
        maxOutputTokens: 9,
        temperature: 0.3,
        topP: 0.75,
        topK: 5,
        frequencyPenalty: 0.1,
        presencePenalty: 0.2,
        seed: 7,
        stop: ["END"],
        logprobs: true,
      },
    },
  ],
  ["a k without bound", { k: 0 }, {}],
  [
    "tools that are strict, one of which must be called",
    {
      strict_tools: true,
      tool_choice: "REQUIRED",
      tools: [{ type: "function", function: { name: "gauge", parameters: { type: "object" } } }],
    },
    {
      tools: [{ type: "function", name: "gauge", strict: true, parameters: { type: "object" }, extra: {} }],
      toolChoice: { type: "required" },
    },
  ],
  ["no tools", { tool_choice: "NONE" }, { toolChoice: { type: "none" } }],
  [
    "a schema for the answer",
    { response_format: { type: "json_object", json_schema: { type: "object" } } },
    { responseFormat: { type: "json-schema", name: "answer", schema: { type: "object" }, strict: true } },
  ],
  [
    "any JSON object",
    { response_format: { type: "json_object" } },
    { responseFormat: { type: "json-object" } },
  ],
  ["no thinking", { thinking: { type: "disabled" } }, { reasoning: { effort: "none" } }],
  ["thinking", { thinking: { type: "enabled" } }, { reasoning: { effort: "high", show: true } }],
  [
    "thinking within a budget",
    { thinking: { type: "enabled", token_budget: 99 } },
    { reasoning: { budgetTokens: 99, show: true } },
  ],
  [
    "what only Cohere has",
    { documents: [{ data: { text: "a" } }], safety_mode: "STRICT" },
    { extra: { documents: [{ data: { text: "a" } }], safety_mode: "STRICT" } },
  ],
];

for (const [name, body, rest] of FIELDS)
  test(`cohere request: ${name}`, () =>
    assert.deepEqual(decode(body), {
      wire: "cohere-chat",
      model: "command-a",
      messages: [{ role: "user", parts: [text("Hi")], extra: {} }],
      tools: [],
      sampling: {},
      stream: false,
      includeUsage: true,
      extra: {},
      ...rest,
    }));

const REFUSED: readonly (readonly [param: string, code: string, body: JsonObject])[] = [
  ["messages[0].role", "invalid_field", { messages: [{ role: "developer", content: "Hi" }] }],
  ["messages[0].content", "missing_field", { messages: [{ role: "user" }] }],
  ["messages[0].tool_call_id", "missing_field", { messages: [{ role: "tool", content: "2" }] }],
  [
    "messages[0].content[0].text",
    "invalid_field",
    { messages: [{ role: "user", content: [{ type: "text", text: 1 }] }] },
  ],
  [
    "messages[0].tool_calls[0].function",
    "missing_field",
    { messages: [{ role: "assistant", tool_calls: [{ id: "c" }] }] },
  ],
  ["tool_choice", "invalid_field", { tool_choice: "AUTO" }],
  ["tools[0].function.name", "missing_field", { tools: [{ type: "function", function: {} }] }],
  ["response_format.type", "invalid_field", { response_format: { type: "json" } }],
  ["thinking.type", "missing_field", { thinking: {} }],
  ["p", "invalid_field", { p: "1" }],
];

for (const [param, code, body] of REFUSED)
  test(`cohere request: ${code} ${param}`, () =>
    assert.throws(
      () => decode(body),
      (error) => error instanceof GatewayError && error.code === code && error.param === param,
    ));

test("cohere request: of anything at all, nothing but a refusal comes", () => {
  const names = ["role", "content", "type", "text", "tool_calls", "function", "document", "image_url"];
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 6 },
      fc.jsonValue({ maxDepth: 1 }),
      fc.constantFrom("user", "assistant", "tool", "text", "document", "__proto__"),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...names, "tool_call_id", "id"), tie("value")),
    ),
  }));
  const fields = fc.constantFrom("messages", "tools", "response_format", "thinking", "stop_sequences", "p");
  fc.assert(
    fc.property(fc.dictionary(fields, value), (body) => {
      try {
        decode(body);
      } catch (error) {
        assert.ok(error instanceof GatewayError, String(error));
      }
    }),
    { seed, numRuns: 1000 },
  );
});

const request: fc.Arbitrary<ChatRequest> = fc
  .record({
    messages: conversation({
      images: true,
      marksErrors: false,
      thought: (words) => ({ type: "text", text: words, extra: {} }),
    }),
    tools: functionTools,
    required: fc.boolean(),
    sampling: fc.record(
      {
        maxOutputTokens: fc.integer({ min: 1, max: 4096 }),
        temperature: fc.constantFrom(0, 0.5, 1),
        topP: fc.constantFrom(0.5, 0.99),
        topK: fc.integer({ min: 1, max: 500 }),
        frequencyPenalty: fc.constantFrom(0, 0.5),
        seed: fc.nat(),
        stop: fc.array(said, { minLength: 1, maxLength: 5 }),
        logprobs: fc.constant(true),
      },
      { requiredKeys: [] },
    ),
    stream: fc.boolean(),
  })
  .map(({ required, ...rest }) => ({
    wire: "cohere-chat",
    model: "command-a",
    ...rest,
    ...(required ? { toolChoice: { type: "required" } as const } : {}),
    includeUsage: true,
    extra: { safety_mode: "STRICT" },
  }));

test("cohere request: its own client reads what was written for the provider", (context) => {
  context.diagnostic(`fast-check seed ${seed}`);
  fc.assert(
    fc.property(request, (given) => {
      const { body, lost } = cohereProvider.encodeRequest(given, {
        model: "command-a",
        stream: given.stream,
      });
      assert.deepEqual(lost, []);
      const read = cohereClient.decodeRequest(JSON.parse(JSON.stringify(body)), PATH);
      assert.deepEqual(JSON.parse(JSON.stringify(read)), JSON.parse(JSON.stringify(given)));
    }),
    { seed, numRuns: 150 },
  );
});
