import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatRequest } from "@headrace/core/canonical/chat";
import type { MediaSource } from "@headrace/core/canonical/chat-parts";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import { VERTEX } from "./dialect.ts";
import { decodeRequest } from "./request-decoder.ts";
import { encodeRequest } from "./request-encoder.ts";
import { UNSIGNED_CALL } from "./signatures.ts";
import { assistant, call, encode, gemini, readJsonFixture, request, result, text, user } from "./testing.ts";

const HI = [{ role: "user", parts: [{ text: "Hi" }] }];
const TOOL = { type: "function", name: "f", parameters: { type: "object" }, extra: NO_EXTRA } as const;
const DECLARED = [{ functionDeclarations: [{ name: "f", parametersJsonSchema: { type: "object" } }] }];

function contentsOf(messages: ChatRequest["messages"], model?: string): unknown {
  return encode({ messages }, model).body.contents;
}

test("Gemini request encoder: instructions, roles that take turns, media", () => {
  const { body, lost } = encode({
    messages: [
      { role: "system", parts: [text("Be kind.")], extra: NO_EXTRA },
      { role: "developer", parts: [text("Be brief."), text("")], extra: NO_EXTRA },
      {
        role: "user",
        parts: [
          text("What is this?"),
          image({ kind: "base64", mediaType: "image/png", data: "aGk=" }),
          image({ kind: "url", url: "https://a.example/b.webp?size=2" }),
          image({ kind: "url", url: "https://a.example/photo" }),
          {
            type: "file",
            source: { kind: "url", url: "https://a.example/plan.pdf" },
            fileName: "plan.pdf",
            extra: NO_EXTRA,
          },
          {
            type: "audio",
            source: { kind: "base64", mediaType: "audio/wav", data: "aGk=" },
            extra: NO_EXTRA,
          },
        ],
        extra: NO_EXTRA,
      },
      user("And this?"),
      assistant(text("A mill."), { type: "refusal", text: "No more." }),
      { role: "system", parts: [text("The day has ended.")], extra: NO_EXTRA },
    ],
  });
  assert.deepEqual(lost, []);
  assert.deepEqual(body, {
    systemInstruction: { parts: [{ text: "Be kind." }, { text: "Be brief." }] },
    contents: [
      {
        role: "user",
        parts: [
          { text: "What is this?" },
          { inlineData: { mimeType: "image/png", data: "aGk=" } },
          { fileData: { mimeType: "image/webp", fileUri: "https://a.example/b.webp?size=2" } },
          { fileData: { mimeType: "image/jpeg", fileUri: "https://a.example/photo" } },
          { fileData: { mimeType: "application/pdf", fileUri: "https://a.example/plan.pdf" } },
          { inlineData: { mimeType: "audio/wav", data: "aGk=" } },
          { text: "And this?" },
        ],
      },
      { role: "model", parts: [{ text: "A mill." }, { text: "No more." }] },
      { role: "user", parts: [{ text: "The day has ended." }] },
    ],
  });
});

function image(source: MediaSource): Extract<JsonImage, { type: "image" }> {
  return { type: "image", source, extra: NO_EXTRA };
}
type JsonImage = Extract<ChatRequest["messages"][number], { role: "user" }>["parts"][number];

test("Gemini request encoder: a file of another provider is refused", () => {
  const message = {
    role: "user",
    parts: [image({ kind: "file-id", id: "file-1" })],
    extra: NO_EXTRA,
  } as const;
  assert.throws(
    () => encode({ messages: [message] }),
    (error) => error instanceof GatewayError && error.code === "invalid_field",
  );
});

test("Gemini request encoder: instructions alone are said by the user", () => {
  const system = { role: "system", parts: [text("Tell a story.")], extra: NO_EXTRA } as const;
  const { body } = encode({ messages: [system] });
  assert.deepEqual(body, { contents: [{ role: "user", parts: [{ text: "Tell a story." }] }] });
  // A model that takes none hears them from the user too.
  const gemma = encode({ messages: [system, user("Hi")] }, "gemma-3-27b-it");
  assert.deepEqual(gemma.body, {
    contents: [{ role: "user", parts: [{ text: "Tell a story." }, { text: "Hi" }] }],
  });
});

test("Gemini request encoder: calls and their results", () => {
  const contents = contentsOf([
    user("How high?"),
    assistant(call("1", { station: "Oberau" }, gemini("sig")), call("2", { station: "Unterau" })),
    user("Quick!"),
    result("1", '{"cm":212}'),
    result("2", "no signal", true),
  ]);
  assert.deepEqual(contents, [
    { role: "user", parts: [{ text: "How high?" }] },
    {
      role: "model",
      parts: [
        {
          functionCall: { id: "1", name: "read_gauge", args: { station: "Oberau" } },
          thoughtSignature: "sig",
        },
        { functionCall: { id: "2", name: "read_gauge", args: { station: "Unterau" } } },
      ],
    },
    {
      role: "user",
      parts: [
        { functionResponse: { id: "1", name: "read_gauge", response: { cm: 212 } } },
        { functionResponse: { id: "2", name: "read_gauge", response: { error: "no signal" } } },
        { text: "Quick!" },
      ],
    },
  ]);
});

test("Gemini request encoder: Vertex knows no ids of calls", () => {
  const messages = [user("How high?"), assistant(call("1", {}, gemini("sig"))), result("1", "2 m")];
  const { body } = encode({ messages }, "gemini-3-pro", VERTEX);
  assert.deepEqual(body.contents, [
    { role: "user", parts: [{ text: "How high?" }] },
    { role: "model", parts: [{ functionCall: { name: "read_gauge", args: {} }, thoughtSignature: "sig" }] },
    { role: "user", parts: [{ functionResponse: { name: "read_gauge", response: { output: "2 m" } } }] },
  ]);
});

const RESPONSES: readonly (readonly [string, JsonObject])[] = [
  ["", { output: "" }],
  ["[1]", { output: "[1]" }],
  ['{"a":1}', { a: 1 }],
  // These would be read as something else.
  ['{"output":1}', { output: '{"output":1}' }],
  ['{"error":"x"}', { output: '{"error":"x"}' }],
  ['{"$ref":"#/$defs/a"}', { output: '{"$ref":"#/$defs/a"}' }],
];

for (const [words, response] of RESPONSES) {
  test(`Gemini request encoder: the result ${words} as an object`, () => {
    const contents = contentsOf([result("gone", words)]);
    assert.deepEqual(contents, [
      { role: "user", parts: [{ functionResponse: { id: "gone", name: "gone", response } }] },
    ]);
  });
}

test("Gemini request encoder: a result's picture stands in it, or beside it for older models", () => {
  const messages = [
    assistant(call("1", {}, gemini("s"))),
    {
      role: "tool",
      parts: [
        {
          type: "tool-result",
          callId: "1",
          parts: [text("see"), image({ kind: "base64", mediaType: "image/png", data: "aGk=" })],
          isError: false,
          extra: NO_EXTRA,
        },
      ],
      extra: NO_EXTRA,
    },
  ] as const;
  const picture = { inlineData: { mimeType: "image/png", data: "aGk=" } };
  const response = { id: "1", name: "read_gauge", response: { output: "see" } };
  const parts = (contents: unknown): unknown => (Array.isArray(contents) ? contents[1].parts : null);
  assert.deepEqual(parts(contentsOf(messages)), [{ functionResponse: { ...response, parts: [picture] } }]);
  assert.deepEqual(parts(contentsOf(messages, "gemini-2.5-pro")), [{ functionResponse: response }, picture]);
});

const BROKEN: readonly (readonly [string, JsonObject])[] = [
  ["", {}],
  ["[1]", { input: [1] }],
  ["{", { input: "{" }],
];
for (const [argumentsJson, args] of BROKEN) {
  test(`Gemini request encoder: the arguments ${argumentsJson || "none"} as an object`, () => {
    const part = { type: "tool-call", id: "", name: "f", argumentsJson, extra: NO_EXTRA } as const;
    assert.deepEqual(contentsOf([assistant(part)], "gemini-2.5-pro"), [
      { role: "model", parts: [{ functionCall: { name: "f", args } }] },
    ]);
  });
}

test("Gemini request encoder: proofs go back to where they were, and only its own", () => {
  const anthropic = { signer: "anthropic", value: "x" } as const;
  const contents = contentsOf(
    [
      assistant(
        { type: "thinking", text: "mine", signature: gemini("a"), extra: NO_EXTRA },
        { type: "thinking", text: "another's", signature: anthropic, extra: NO_EXTRA },
        { type: "thinking", text: "", redacted: anthropic, extra: NO_EXTRA },
        { type: "thinking", text: "a summary", extra: NO_EXTRA },
        { ...text("So:"), signature: gemini("b") },
        { ...text(""), signature: gemini("c") },
        { ...text(""), signature: anthropic },
        call("1", {}, anthropic),
      ),
    ],
    "gemini-2.5-flash",
  );
  assert.deepEqual(contents, [
    {
      role: "model",
      parts: [
        { text: "mine", thought: true, thoughtSignature: "a" },
        { text: "So:", thoughtSignature: "b" },
        { text: "", thoughtSignature: "c" },
        { functionCall: { id: "1", name: "read_gauge", args: {} } },
      ],
    },
  ]);
});

test("Gemini request encoder: in the turn that is under way each step's first call is signed", () => {
  const messages = [
    user("Earlier"),
    assistant(call("0", {})),
    result("0", "a"),
    assistant(text("Done.")),
    user("Now"),
    assistant(text("First,"), call("1", {}), call("2", {})),
    result("1", "b"),
    result("2", "c"),
    assistant(call("3", {}, gemini("own")), call("4", {})),
    result("3", "d"),
    result("4", "e"),
    user("Mind the gate."),
    assistant(call("5", {}, { signer: "anthropic", value: "x" })),
    result("5", "f"),
  ];
  const signatures = (model: string): unknown[] => {
    const contents = contentsOf(messages, model);
    const parts = (Array.isArray(contents) ? contents : []).flatMap((content) => content.parts);
    return parts.filter((part) => part.functionCall).map((part) => part.thoughtSignature ?? null);
  };
  // Words beside results do not begin a turn.
  assert.deepEqual(signatures("gemini-3-pro-preview"), [
    null,
    UNSIGNED_CALL,
    null,
    "own",
    null,
    UNSIGNED_CALL,
  ]);
  assert.deepEqual(signatures("models/gemini-flash-latest")[1], UNSIGNED_CALL);
  for (const older of ["gemini-2.5-pro", "gemini-2.0-flash", "gemma-3-27b-it"])
    assert.deepEqual(signatures(older), [null, null, null, "own", null, null]);
});

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
