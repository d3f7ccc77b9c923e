import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatRequest } from "@headrace/core/canonical/chat";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import fc from "fast-check";
import { decodeRequest } from "./request-decoder.ts";
import { readJsonFixture } from "./testing.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

const PATH = { model: "gemini-3-pro", stream: true };
const HI = { contents: [{ role: "user", parts: [{ text: "Hi" }] }] };

function decode(body: JsonObject): ChatRequest {
  return decodeRequest(body, PATH);
}

test("Gemini request: a conversation with tools, half of it in snake_case", () => {
  const SIGNED_CALL = "EqUBCqIBAb4+9vtTaWduYXR1cmVPZlRoZUZpcnN0Q2FsbA==";
  const SIGNED_TEXT = "EsQCCsECAb4+9vtTaWduYXR1cmVPZlRoZVRob3VnaHRJblRoZUZpeHR1cmU=";
  const body = readJsonFixture("agent-turn.request");
  const decoded = decode(body);
  const calls = ["Oberau", "Unterau"].map((station, index) => ({
    type: "tool-call",
    id: `call_3_${index}`,
    name: "read_gauge",
    argumentsJson: JSON.stringify({ station }),
    ...(index === 0 ? { signature: { signer: "gemini", value: SIGNED_CALL } } : {}),
    extra: {},
  }));
  assert.deepEqual(decoded.messages, [
    { role: "system", parts: [{ type: "text", text: "You keep the mill.", extra: {} }], extra: {} },
    {
      role: "user",
      parts: [
        { type: "text", text: "How high is the water?", extra: {} },
        {
          type: "image",
          source: {
            kind: "base64",
            mediaType: "image/png",
            data: "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
          },
          extra: {},
        },
        {
          type: "file",
          source: {
            kind: "url",
            url: "https://generativelanguage.googleapis.com/v1beta/files/plan-1",
            mediaType: "application/pdf",
          },
          extra: {},
        },
      ],
      extra: {},
    },
    {
      role: "assistant",
      parts: [{ type: "thinking", text: "I look at the gauge.", extra: {} }, ...calls],
      extra: {},
    },
    {
      role: "tool",
      parts: [
        {
          type: "tool-result",
          callId: "call_3_0",
          name: "read_gauge",
          parts: [{ type: "text", text: "212 cm", extra: {} }],
          isError: false,
          extra: {},
        },
        {
          type: "tool-result",
          callId: "call_3_1",
          name: "read_gauge",
          parts: [{ type: "text", text: "no signal", extra: {} }],
          isError: true,
          extra: {},
        },
      ],
      extra: {},
    },
    {
      role: "assistant",
      parts: [
        { type: "text", text: "212 cm at Oberau, none at Unterau.", extra: {} },
        { type: "text", text: "", signature: { signer: "gemini", value: SIGNED_TEXT }, extra: {} },
      ],
      extra: {},
    },
    { role: "user", parts: [{ type: "text", text: "Tell me tomorrow's too.", extra: {} }], extra: {} },
  ]);
  const { messages: _messages, ...others } = decoded;
  assert.deepEqual(others, {
    wire: "gemini-generate",
    model: "gemini-3-pro",
    tools: [
      {
        type: "function",
        name: "read_gauge",
        description: "Reads a gauge.",
        parameters: {
          type: "object",
          properties: {
            station: { type: ["string", "null"] },
            days: { type: "array", items: { type: "integer" }, maxItems: 7 },
          },
          required: ["station"],
        },
        extra: {},
      },
      { type: "function", name: "list_stations", parameters: { type: "object", properties: {} }, extra: {} },
      { type: "provider", wire: "gemini-generate", raw: { googleSearch: {} } },
    ],
    toolChoice: { type: "tool", name: "read_gauge" },
    reasoning: { effort: "low", show: true },
    sampling: {
      maxOutputTokens: 1000,
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      seed: 7,
      choices: 1,
      stop: ["END"],
      logprobs: true,
      topLogprobs: 3,
    },
    stream: true,
    includeUsage: true,
    extra: {
      safetySettings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_NONE" }],
      "generationConfig.mediaResolution": "MEDIA_RESOLUTION_LOW",
    },
  });
});

const FORMATS: readonly (readonly [string, JsonObject, unknown])[] = [
  ["plain text", { responseMimeType: "text/plain" }, { type: "text" }],
  ["any JSON", { response_mime_type: "application/json" }, { type: "json-object" }],
  [
    "an OpenAPI schema",
    {
      responseMimeType: "application/json",
      responseSchema: { type: "STRING", format: "enum", enum: ["a"], example: "a" },
    },
    {
      type: "json-schema",
      name: "response",
      schema: { type: "string", enum: ["a"], examples: ["a"] },
    },
  ],
  [
    "a JSON Schema",
    { responseMimeType: "application/json", responseJsonSchema: { type: "array" } },
    { type: "json-schema", name: "response", schema: { type: "array" } },
  ],
];

for (const [name, generationConfig, expected] of FORMATS) {
  test(`Gemini request: the answer's format: ${name}`, () => {
    assert.deepEqual(decode({ ...HI, generationConfig }).responseFormat, expected);
  });
}

const CHOICES: readonly (readonly [JsonObject, unknown, readonly string[]])[] = [
  [{ mode: "AUTO" }, { type: "auto" }, []],
  [{ mode: "any" }, { type: "required" }, []],
  [{ mode: "NONE" }, { type: "none" }, []],
  [{ mode: "VALIDATED" }, { type: "auto" }, []],
  [{}, undefined, []],
  [
    { mode: "ANY", allowedFunctionNames: ["a", "b"] },
    { type: "required" },
    ["toolConfig.functionCallingConfig.allowedFunctionNames"],
  ],
  [
    { mode: "AUTO", streamFunctionCallArguments: true },
    { type: "auto" },
    ["toolConfig.functionCallingConfig.streamFunctionCallArguments"],
  ],
];

for (const [functionCallingConfig, choice, extra] of CHOICES) {
  test(`Gemini request: calling by ${JSON.stringify(functionCallingConfig)}`, () => {
    const decoded = decode({ ...HI, toolConfig: { functionCallingConfig } });
    assert.deepEqual(decoded.toolChoice, choice);
    assert.deepEqual(Object.keys(decoded.extra), extra);
  });
}

const THINKING: readonly (readonly [JsonObject, unknown])[] = [
  [{ thinkingLevel: "MINIMAL" }, { effort: "minimal" }],
  [{ thinking_level: "high" }, { effort: "high" }],
  [{ thinkingBudget: 0 }, { budgetTokens: 0 }],
  [
    { thinkingBudget: 512, includeThoughts: false },
    { budgetTokens: 512, show: false },
  ],
  [{ thinkingBudget: -1, includeThoughts: true }, { show: true }],
];

for (const [thinkingConfig, expected] of THINKING) {
  test(`Gemini request: thinking by ${JSON.stringify(thinkingConfig)}`, () => {
    assert.deepEqual(decode({ ...HI, generationConfig: { thinkingConfig } }).reasoning, expected);
  });
}

const REFUSED: readonly (readonly [JsonObject, string])[] = [
  [{}, "contents"],
  [{ contents: null }, "contents"],
  [{ contents: [1] }, "contents[0]"],
  [{ contents: [{ role: "assistant", parts: [] }] }, "contents[0].role"],
  [{ contents: [{ parts: {} }] }, "contents[0].parts"],
  [{ contents: [{ parts: [{ text: 1 }] }] }, "contents[0].parts[0].text"],
  [{ contents: [{ parts: [{ inline_data: {} }] }] }, "contents[0].parts[0].inlineData.data"],
  [{ contents: [{ parts: [{ fileData: "x" }] }] }, "contents[0].parts[0].fileData"],
  [{ contents: [{ parts: [{ functionCall: { name: "f" } }] }] }, "contents[0].parts[0].functionCall"],
  [
    { contents: [{ role: "model", parts: [{ functionCall: { args: {} } }] }] },
    "contents[0].parts[0].functionCall.name",
  ],
  [
    { contents: [{ role: "model", parts: [{ functionCall: { name: "f", args: [] } }] }] },
    "contents[0].parts[0].functionCall.args",
  ],
  [
    { contents: [{ parts: [{ functionResponse: { name: "f", response: "x" } }] }] },
    "contents[0].parts[0].functionResponse.response",
  ],
  [{ ...HI, tools: {} }, "tools"],
  [{ ...HI, tools: [{ functionDeclarations: [{}] }] }, "tools[0].functionDeclarations[0].name"],
  [{ ...HI, generationConfig: { temperature: "hot" } }, "generationConfig.temperature"],
  [{ ...HI, generationConfig: { stopSequences: [1] } }, "generationConfig.stopSequences[0]"],
  [{ ...HI, systemInstruction: { parts: [{}] } }, "systemInstruction.parts[0].text"],
];

for (const [body, param] of REFUSED) {
  test(`Gemini request: refused for ${param}: ${JSON.stringify(body).slice(0, 80)}`, () => {
    assert.throws(
      () => decode(body),
      (error) => error instanceof GatewayError && error.status === 400 && error.param === param,
    );
  });
}

test("Gemini request: whatever comes, only a refusal is thrown", (context) => {
  context.diagnostic(`fast-check seed ${seed}`);
  const part = fc.record(
    {
      text: fc.anything(),
      thought: fc.anything(),
      thoughtSignature: fc.anything(),
      functionCall: fc.oneof(fc.record({ name: fc.string(), id: fc.anything() }), fc.anything()),
      functionResponse: fc.oneof(fc.record({ name: fc.string(), response: fc.object() }), fc.anything()),
      inlineData: fc.anything(),
    },
    { requiredKeys: [] },
  );
  const content = fc.record({
    role: fc.constantFrom("user", "model", undefined),
    parts: fc.array(fc.oneof(part, fc.anything())),
  });
  const body = fc.record(
    {
      contents: fc.oneof(fc.array(content), fc.anything()),
      tools: fc.anything(),
      generationConfig: fc.anything(),
      toolConfig: fc.anything(),
      systemInstruction: fc.anything(),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(body, (raw) => {
      try {
        decode(JSON.parse(JSON.stringify(raw)));
      } catch (error) {
        assert.ok(error instanceof GatewayError, String(error));
      }
    }),
    { seed, numRuns: 300 },
  );
});
