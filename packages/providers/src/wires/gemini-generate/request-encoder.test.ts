import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatRequest } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import type { JsonObject } from "@headrace/core/json-object";
import { VERTEX } from "./dialect.ts";
import { decodeRequest } from "./request-decoder.ts";
import { encodeRequest } from "./request-encoder.ts";
import { encode, image, readJsonFixture, request, text } from "./testing.ts";

const HI = [{ role: "user", parts: [{ text: "Hi" }] }];
const TOOL = { type: "function", name: "f", parameters: { type: "object" }, extra: NO_EXTRA } as const;
const DECLARED = [{ functionDeclarations: [{ name: "f", parametersJsonSchema: { type: "object" } }] }];

const TOOLS: readonly { name: string; request: Partial<ChatRequest>; body: JsonObject; lost?: string[] }[] = [
  { name: "none", request: { toolChoice: { type: "auto" } }, body: {} },
  { name: "one", request: { tools: [TOOL] }, body: { tools: DECLARED } },
  ...(
    [
      ["auto", { mode: "AUTO" }],
      ["none", { mode: "NONE" }],
      ["required", { mode: "ANY" }],
    ] as const
  ).map(([type, functionCallingConfig]) => ({
    name: `choice ${type}`,
    request: { tools: [TOOL], toolChoice: { type } },
    body: { tools: DECLARED, toolConfig: { functionCallingConfig } },
  })),
  {
    name: "a choice by name",
    request: { tools: [TOOL], toolChoice: { type: "tool", name: "f" } },
    body: {
      tools: DECLARED,
      toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["f"] } },
    },
  },
  {
    name: "a strict one",
    request: { tools: [{ ...TOOL, strict: true }], toolChoice: { type: "auto" } },
    body: { tools: DECLARED, toolConfig: { functionCallingConfig: { mode: "VALIDATED" } } },
  },
  {
    name: "a strict one that must be called",
    request: { tools: [{ ...TOOL, strict: true }], toolChoice: { type: "required" } },
    body: { tools: DECLARED, toolConfig: { functionCallingConfig: { mode: "ANY" } } },
  },
  {
    name: "one without a schema, one of plain text",
    request: {
      tools: [
        { type: "function", name: "now", description: "The time.", parameters: undefined, extra: NO_EXTRA },
        { type: "function", name: "patch", parameters: undefined, freeform: true, extra: NO_EXTRA },
      ],
    },
    body: {
      tools: [
        {
          functionDeclarations: [
            { name: "now", description: "The time." },
            {
              name: "patch",
              parametersJsonSchema: {
                type: "object",
                properties: { input: { type: "string" } },
                required: ["input"],
              },
            },
          ],
        },
      ],
    },
  },
  {
    name: "those of others, and what others say of theirs",
    request: {
      tools: [
        { ...TOOL, cache: { ttl: "5m" }, extra: { x_note: 1 } },
        { type: "provider", wire: "openai-chat", raw: { type: "web_search" } },
        { type: "provider", wire: "gemini-generate", raw: { googleSearch: {} } },
      ],
      sampling: { parallelToolCalls: false },
    },
    body: { tools: [{ googleSearch: {} }, ...DECLARED] },
    lost: ["tools[].cache_control", "tools[].x_note", "tools[].web_search", "parallel_tool_calls"],
  },
];

for (const { name, request: parts, body, lost } of TOOLS) {
  test(`Gemini request encoder: tools: ${name}`, () => {
    const encoded = encode(parts);
    assert.deepEqual(encoded.body, { contents: HI, ...body });
    assert.deepEqual(encoded.lost, lost ?? []);
  });
}

test("Gemini request encoder: sampling", () => {
  const sampling: ChatRequest["sampling"] = {
    maxOutputTokens: 100,
    temperature: 0,
    topP: 0.5,
    topK: 3,
    frequencyPenalty: 0.1,
    presencePenalty: 0.2,
    seed: 1,
    choices: 2,
    stop: ["a", "b", "c", "d", "e", "f"],
    logprobs: true,
    topLogprobs: 4,
  };
  const { body, lost } = encode({ sampling });
  const generationConfig = {
    maxOutputTokens: 100,
    temperature: 0,
    topP: 0.5,
    topK: 3,
    frequencyPenalty: 0.1,
    presencePenalty: 0.2,
    seed: 1,
    candidateCount: 2,
    stopSequences: ["a", "b", "c", "d", "e"],
    responseLogprobs: true,
    logprobs: 4,
  };
  assert.deepEqual(body.generationConfig, generationConfig);
  assert.deepEqual(lost, ["stop"]);
  // Where penalties are refused they are left out, and no word about those that say nothing.
  assert.deepEqual(encode({ sampling: { frequencyPenalty: 1, presencePenalty: 0 } }, "gemini-2.5-pro"), {
    body: { contents: HI },
    headers: [],
    lost: ["frequency_penalty"],
  });
  const onVertex = encode({ sampling: { frequencyPenalty: 1 } }, "gemini-2.5-pro", VERTEX);
  assert.deepEqual(onVertex.body.generationConfig, { frequencyPenalty: 1 });
  assert.deepEqual(encode({ sampling: { topLogprobs: 4 } }).body, { contents: HI });
});

const SCHEMA = { type: "object", properties: { c: { const: 1 } } };

test("Gemini request encoder: answers in JSON", () => {
  const format = { type: "json-schema", name: "weather", schema: SCHEMA } as const;
  assert.deepEqual(encode({ responseFormat: { type: "text" } }).body, { contents: HI });
  assert.deepEqual(encode({ responseFormat: { type: "json-object" } }).body.generationConfig, {
    responseMimeType: "application/json",
  });
  assert.deepEqual(encode({ responseFormat: format, tools: [TOOL] }).body.generationConfig, {
    responseMimeType: "application/json",
    responseJsonSchema: { type: "object", properties: { c: { enum: [1] } } },
  });
});

test("Gemini request encoder: older models with functions are bound to JSON by one more", () => {
  const responseFormat = { type: "json-schema", name: "weather", schema: SCHEMA } as const;
  const modeOf = (toolChoice?: ChatRequest["toolChoice"]): unknown => {
    const choice = toolChoice === undefined ? {} : { toolChoice };
    const { body } = encode({ responseFormat, tools: [TOOL], ...choice }, "gemini-2.5-flash");
    assert.equal(body.generationConfig, undefined);
    assert.match(JSON.stringify(body.tools), /"name":"respond_with_json__weather"/);
    return body.toolConfig;
  };
  const any = { functionCallingConfig: { mode: "ANY" } };
  assert.deepEqual(modeOf(), any);
  assert.deepEqual(modeOf({ type: "auto" }), any);
  assert.deepEqual(modeOf({ type: "none" }), {
    functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["respond_with_json__weather"] },
  });
  assert.deepEqual(modeOf({ type: "tool", name: "f" }), {
    functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["f"] },
  });
});

const THINKING: readonly (readonly [string, ChatRequest["reasoning"], unknown])[] = [
  ["gemini-3-pro-preview", { effort: "medium" }, { thinkingLevel: "HIGH", includeThoughts: true }],
  ["gemini-3.1-pro", { effort: "medium", show: false }, { thinkingLevel: "MEDIUM", includeThoughts: false }],
  ["gemini-3-flash-preview", { effort: "none" }, { thinkingLevel: "MINIMAL" }],
  ["gemini-3.8-flash", { effort: "minimal" }, { thinkingLevel: "LOW", includeThoughts: true }],
  ["gemini-4-ultra", { effort: "xhigh" }, { thinkingLevel: "HIGH", includeThoughts: true }],
  ["gemini-3.1-pro", { budgetTokens: 4000, show: true }, { thinkingLevel: "MEDIUM", includeThoughts: true }],
  ["gemini-3-pro", { budgetTokens: 0 }, { thinkingLevel: "LOW" }],
  ["gemini-3-pro", { budgetTokens: 100_000 }, { thinkingLevel: "HIGH", includeThoughts: true }],
  ["gemini-2.5-flash", { effort: "none" }, { thinkingBudget: 0 }],
  ["gemini-2.5-pro", { effort: "none" }, { thinkingBudget: 128 }],
  ["gemini-2.5-flash", { effort: "low" }, { thinkingBudget: 1024, includeThoughts: true }],
  ["gemini-2.5-pro", { budgetTokens: 5000, show: false }, { thinkingBudget: 5000, includeThoughts: false }],
  ["gemini-2.5-pro", { show: true }, { includeThoughts: true }],
  ["gemini-2.5-flash-lite", { budgetTokens: 100 }, { thinkingBudget: 512, includeThoughts: true }],
  ["gemini-2.5-flash-lite", { budgetTokens: 0 }, { thinkingBudget: 0 }],
  ["gemini-2.5-flash", { budgetTokens: 32_000 }, { thinkingBudget: 24_576, includeThoughts: true }],
  ["gemini-pro-latest", { effort: "low" }, { thinkingLevel: "LOW", includeThoughts: true }],
];

for (const [model, reasoning, thinkingConfig] of THINKING) {
  test(`Gemini request encoder: ${model} thinks by ${JSON.stringify(reasoning)}`, () => {
    const { body, lost } = encode(reasoning === undefined ? {} : { reasoning }, model);
    assert.deepEqual(body.generationConfig, { thinkingConfig });
    assert.deepEqual(lost, []);
  });
}

test("Gemini request encoder: a model that does not think is not told to", () => {
  const { body, lost } = encode({ reasoning: { effort: "high" } }, "gemini-2.0-flash");
  assert.deepEqual([body, lost], [{ contents: HI }, ["reasoning_effort"]]);
  assert.deepEqual(encode({ reasoning: { effort: "none" } }, "gemini-2.0-flash").lost, []);
});

test("Gemini request encoder: what it cannot say is named in the client's words", () => {
  const extra = { logit_bias: { "1": 2 }, user: "ada", store: true, service_tier: "flex" };
  const { body, lost } = encode({
    extra,
    messages: [
      {
        role: "user",
        parts: [
          { ...text("Hi"), cache: { ttl: "5m" }, extra: { note: 1 } },
          { type: "opaque", wire: "openai-chat", raw: { type: "mystery" } },
          { ...image({ kind: "url", url: "https://a.example/b.png" }), detail: "low" },
        ],
        extra: { name: "ada" },
      },
    ],
  });
  assert.deepEqual(Object.keys(body), ["contents"]);
  assert.deepEqual([...lost].sort(), [
    "logit_bias",
    "messages[].content[].cache_control",
    "messages[].content[].detail",
    "messages[].content[].mystery",
    "messages[].content[].note",
    "messages[].name",
  ]);
});

test("Gemini request encoder: a request of its own wire is said again", () => {
  const body = readJsonFixture("agent-turn.request");
  const decoded = decodeRequest(body, { model: "x", stream: false });
  const { body: again, lost } = encodeRequest(
    decoded,
    { model: "gemini-3-pro", stream: false },
    { callIds: false, penaltiesOn25: false },
  );
  assert.deepEqual(lost, []);
  const { system_instruction, generationConfig, tool_config: _config, tools: _tools, ...rest } = body;
  const { contents, tools, toolConfig, ...others } = again;
  const { max_output_tokens, ...config } = generationConfig as JsonObject;
  const { contents: sent, ...top } = rest;
  assert.deepEqual(others, {
    ...top,
    systemInstruction: system_instruction,
    generationConfig: { ...config, maxOutputTokens: max_output_tokens },
  });
  assert.deepEqual(toolConfig, {
    functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["read_gauge"] },
  });
  assert.ok(Array.isArray(tools) && Array.isArray(contents) && Array.isArray(sent));
  assert.deepEqual(tools[0], { googleSearch: {} });
  // The pieces of a streamed answer are one turn, joined but for the part that is signed.
  assert.deepEqual(contents.slice(1), [
    { role: "model", parts: [{ text: "I look at the gauge.", thought: true }, ...sent[3].parts] },
    sent[4],
    {
      role: "model",
      parts: [{ text: "212 cm at Oberau, none at Unterau." }, ...sent[7].parts],
    },
    sent[8],
  ]);
});

test("Gemini request encoder: deep fields of its own wire go back to their places", () => {
  const extra = {
    cachedContent: "cachedContents/1",
    "generationConfig.responseModalities": ["TEXT", "IMAGE"],
    "toolConfig.retrievalConfig": { languageCode: "de" },
    "toolConfig.functionCallingConfig.allowedFunctionNames": ["f", "g"],
    "generationConfig.__proto__": { polluted: true },
  };
  const { body } = encodeRequest(
    request({ wire: "gemini-generate", tools: [TOOL], toolChoice: { type: "required" }, extra }),
    { model: "gemini-3-pro", stream: true },
    VERTEX,
  );
  assert.equal(body.cachedContent, "cachedContents/1");
  assert.deepEqual(Object.keys(body.generationConfig ?? {}), ["responseModalities", "__proto__"]);
  assert.deepEqual(body.toolConfig, {
    retrievalConfig: { languageCode: "de" },
    functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["f", "g"] },
  });
  assert.equal(Reflect.get({}, "polluted"), undefined);
});
