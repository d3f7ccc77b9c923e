import assert from "node:assert/strict";
import { test } from "node:test";
import type {
  AssistantPart,
  ChatMessage,
  ChatRequest,
  FunctionTool,
  UserMessage,
} from "@headrace/core/canonical/chat";
import type { FilePart, ImagePart, MediaSource, ToolResultPart } from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import { CLAUDE, encode, text, user } from "./testing.ts";

const LLAMA = "us.meta.llama4-maverick-17b-instruct-v1:0";
const NOVA = "amazon.nova-pro-v1:0";
const NOVA_2 = "us.amazon.nova-2-lite-v1:0";
const MISTRAL = "mistral.mistral-large-2402-v1:0";
const GPT_OSS = "openai.gpt-oss-120b-1:0";
const QWEN = "qwen.qwen3-32b-v1:0";
const COMMAND_R = "cohere.command-r-plus-v1:0";
const NEW_CLAUDE = "global.anthropic.claude-opus-4-7";

const says = (role: "system" | "developer" | "user", words: string): ChatMessage => ({
  role,
  parts: [text(words)],
  extra: {},
});
const answers = (...parts: readonly AssistantPart[]): ChatMessage => ({
  role: "assistant",
  parts,
  extra: {},
});
const asks = (...parts: UserMessage["parts"]): ChatMessage => ({ role: "user", parts, extra: {} });
const calls = (id: string, name: string, argumentsJson = "{}"): AssistantPart => ({
  type: "tool-call",
  id,
  name,
  argumentsJson,
  extra: {},
});
const result = (callId: string, words: string, more: Partial<ToolResultPart> = {}): ToolResultPart => ({
  type: "tool-result",
  callId,
  parts: [text(words)],
  isError: false,
  extra: {},
  ...more,
});
const results = (...parts: readonly ToolResultPart[]): ChatMessage => ({ role: "tool", parts, extra: {} });
const image = (source: MediaSource, more: Partial<ImagePart> = {}): ImagePart => ({
  type: "image",
  source,
  extra: {},
  ...more,
});
const png: MediaSource = { kind: "base64", mediaType: "image/png", data: "AAAA" };
const file = (fileName: string | undefined, mediaType: string): FilePart => ({
  type: "file",
  source: { kind: "base64", mediaType, data: "AAAA" },
  ...(fileName === undefined ? {} : { fileName }),
  extra: {},
});
const tool = (name: string, more: Partial<FunctionTool> = {}): FunctionTool => ({
  type: "function",
  name,
  parameters: { type: "object", properties: {} },
  extra: {},
  ...more,
});
const spec = (name: string, more: JsonObject = {}): JsonObject => ({
  toolSpec: { name, ...more, inputSchema: { json: { type: "object", properties: {} } } },
});
const stub = (name: string): JsonObject => ({
  toolSpec: {
    name,
    description: "Was called earlier in this conversation and is no longer there.",
    inputSchema: { json: { type: "object" } },
  },
});

const HI = [{ role: "user", content: [{ text: "Hi" }] }];
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

const CASES: readonly {
  readonly name: string;
  readonly request: Partial<ChatRequest>;
  readonly body: JsonObject;
  readonly model?: string;
  readonly stream?: boolean;
  readonly lost?: readonly string[];
}[] = [
  { name: "a plain question", request: {}, body: { messages: HI } },
  {
    name: "instructions",
    request: { messages: [says("system", "Be brief."), says("developer", "No lists."), user("Hi")] },
    body: { system: [{ text: "Be brief." }, { text: "No lists." }], messages: HI },
  },
  {
    name: "an instruction where it stands",
    request: { messages: [user("Hi"), says("system", "Be brief."), user("Go on.")] },
    body: {
      messages: [
        {
          role: "user",
          content: [{ text: "Hi" }, { text: "<system>\nBe brief.\n</system>" }, { text: "Go on." }],
        },
      ],
    },
  },
  {
    name: "nothing but instructions",
    request: { messages: [says("system", "Be brief."), says("system", "Greet me.")] },
    body: { system: [{ text: "Be brief." }], messages: [{ role: "user", content: [{ text: "Greet me." }] }] },
  },
  {
    name: "turns of one role merged, blank ones left out, the prefill trimmed",
    request: {
      messages: [user("One"), answers(text("  ")), user("Two"), answers(text("Three: \n"))],
    },
    body: {
      messages: [
        { role: "user", content: [{ text: "One" }, { text: "Two" }] },
        { role: "assistant", content: [{ text: "Three:" }] },
      ],
    },
  },
  {
    name: "a tool loop",
    request: {
      messages: [
        user("How high?"),
        answers(
          text("I look."),
          calls("call_1", "read_gauge", '{"gauge":"n"}'),
          calls("call_2", "list_gauges", ""),
        ),
        results(result("call_1", "2 m"), result("call_2", "broken", { isError: true })),
        user("And now?"),
      ],
      tools: [tool("read_gauge", { description: "Reads." }), tool("list_gauges")],
      toolChoice: { type: "auto" },
    },
    body: {
      messages: [
        { role: "user", content: [{ text: "How high?" }] },
        {
          role: "assistant",
          content: [
            { text: "I look." },
            { toolUse: { toolUseId: "call_1", name: "read_gauge", input: { gauge: "n" } } },
            { toolUse: { toolUseId: "call_2", name: "list_gauges", input: {} } },
          ],
        },
        {
          role: "user",
          content: [
            { toolResult: { toolUseId: "call_1", content: [{ text: "2 m" }] } },
            { toolResult: { toolUseId: "call_2", content: [{ text: "broken" }], status: "error" } },
            { text: "And now?" },
          ],
        },
      ],
      toolConfig: { tools: [spec("read_gauge", { description: "Reads." }), spec("list_gauges")] },
    },
  },
  {
    name: "results before what the user said before them",
    request: {
      messages: [
        answers(calls("a", "f")),
        user("Wait."),
        results(result("a", "1", { cache: { ttl: "5m" } }), result("b", "2")),
      ],
      tools: [tool("f")],
    },
    body: {
      messages: [
        { role: "assistant", content: [{ toolUse: { toolUseId: "a", name: "f", input: {} } }] },
        {
          role: "user",
          content: [
            { toolResult: { toolUseId: "a", content: [{ text: "1" }] } },
            { cachePoint: { type: "default" } },
            { toolResult: { toolUseId: "b", content: [{ text: "2" }] } },
            { text: "Wait." },
          ],
        },
      ],
      toolConfig: { tools: [spec("f")] },
    },
  },
  {
    name: "tools of the conversation that are no longer offered",
    request: {
      messages: [answers(calls("a", "f"), calls("b", "g")), results(result("a", "1"), result("b", "2"))],
    },
    body: {
      messages: [
        {
          role: "assistant",
          content: [
            { toolUse: { toolUseId: "a", name: "f", input: {} } },
            { toolUse: { toolUseId: "b", name: "g", input: {} } },
          ],
        },
        {
          role: "user",
          content: [
            { toolResult: { toolUseId: "a", content: [{ text: "1" }] } },
            { toolResult: { toolUseId: "b", content: [{ text: "2" }] } },
          ],
        },
      ],
      toolConfig: { tools: [stub("f"), stub("g")] },
    },
  },
  {
    name: "results without their calls",
    request: { messages: [results(result("a", "", { parts: [] }))] },
    body: {
      messages: [{ role: "user", content: [{ toolResult: { toolUseId: "a", content: [] } }] }],
      toolConfig: { tools: [stub("tool")] },
    },
  },
  {
    name: "images and documents, in results too",
    request: {
      messages: [
        asks(
          text("Look"),
          image(png),
          image({ kind: "url", url: "s3://mill/gate.jpg" }),
          file("a, b.c (1).pdf", "application/pdf"),
          file("A B c (1).PDF", "application/pdf"),
          file(undefined, "text/plain; charset=utf-8"),
          file("분기.csv", "application/octet-stream"),
          { type: "audio", source: { kind: "base64", mediaType: "audio/wav", data: "AAAA" }, extra: {} },
        ),
        answers(calls("a", "f")),
        results(result("a", "", { parts: [text("Here"), image(png), file("a.md", "text/markdown")] })),
      ],
      tools: [tool("f")],
    },
    body: {
      messages: [
        {
          role: "user",
          content: [
            { text: "Look" },
            { image: { format: "png", source: { bytes: "AAAA" } } },
            { image: { format: "jpeg", source: { s3Location: { uri: "s3://mill/gate.jpg" } } } },
            { document: { format: "pdf", source: { bytes: "AAAA" }, name: "a b c (1)" } },
            { document: { format: "pdf", source: { bytes: "AAAA" }, name: "A B c (1)-2" } },
            { document: { format: "txt", source: { bytes: "AAAA" }, name: "document" } },
            { document: { format: "csv", source: { bytes: "AAAA" }, name: "document-2" } },
            { audio: { format: "wav", source: { bytes: "AAAA" } } },
          ],
        },
        { role: "assistant", content: [{ toolUse: { toolUseId: "a", name: "f", input: {} } }] },
        {
          role: "user",
          content: [
            {
              toolResult: {
                toolUseId: "a",
                content: [
                  { text: "Here" },
                  { image: { format: "png", source: { bytes: "AAAA" } } },
                  { document: { format: "md", source: { bytes: "AAAA" }, name: "a" } },
                ],
              },
            },
          ],
        },
      ],
      toolConfig: { tools: [spec("f")] },
    },
  },
  {
    name: "Claude's own thinking, and no other's",
    request: {
      messages: [
        user("Hi"),
        answers(
          { type: "thinking", text: "Hm.", signature: { signer: "anthropic", value: "sig" }, extra: {} },
          { type: "thinking", text: "", redacted: { signer: "anthropic", value: "hid" }, extra: {} },
          { type: "thinking", text: "Hm?", signature: { signer: "gemini", value: "sig" }, extra: {} },
          { type: "thinking", text: "Hm!", extra: {} },
          text("Hello"),
        ),
        user("Bye"),
      ],
    },
    body: {
      messages: [
        { role: "user", content: [{ text: "Hi" }] },
        {
          role: "assistant",
          content: [
            { reasoningContent: { reasoningText: { text: "Hm.", signature: "sig" } } },
            { reasoningContent: { redactedContent: "hid" } },
            { text: "Hello" },
          ],
        },
        { role: "user", content: [{ text: "Bye" }] },
      ],
    },
  },
  {
    name: "no thinking to other vendors' models",
    model: NOVA,
    request: {
      messages: [
        user("Hi"),
        answers(
          { type: "thinking", text: "Hm.", signature: { signer: "anthropic", value: "sig" }, extra: {} },
          text("Hello"),
        ),
      ],
    },
    body: { messages: [...HI, { role: "assistant", content: [{ text: "Hello" }] }] },
  },
  {
    name: "cache marks as points",
    request: {
      messages: [
        { role: "system", parts: [{ ...text("Long."), cache: { ttl: "1h" } }], extra: {} },
        asks({ ...text("Long too."), cache: { ttl: "5m" } }, { ...text(""), cache: { ttl: "5m" } }),
      ],
      tools: [tool("f"), tool("g", { cache: { ttl: "1h" } })],
    },
    body: {
      system: [{ text: "Long." }, { cachePoint: { type: "default", ttl: "1h" } }],
      messages: [
        {
          role: "user",
          content: [{ text: "Long too." }, { cachePoint: { type: "default" } }],
        },
      ],
      toolConfig: { tools: [spec("f"), spec("g"), { cachePoint: { type: "default", ttl: "1h" } }] },
    },
  },
  {
    name: "cache marks to a model that keeps five minutes only",
    model: NOVA,
    request: { messages: [asks({ ...text("Long."), cache: { ttl: "1h" } })] },
    body: { messages: [{ role: "user", content: [{ text: "Long." }, { cachePoint: { type: "default" } }] }] },
  },
  {
    name: "cache marks to a model without a cache",
    model: LLAMA,
    request: {
      messages: [asks({ ...text("Long."), cache: { ttl: "5m" } })],
      tools: [tool("f", { cache: { ttl: "5m" } })],
    },
    body: {
      messages: [{ role: "user", content: [{ text: "Long." }] }],
      toolConfig: { tools: [spec("f")] },
    },
    lost: ["messages[].content[].cache_control", "tools[].cache_control"],
  },
  {
    name: "sampling",
    request: { sampling: { maxOutputTokens: 100, temperature: 0.5, topK: 5, stop: ["END", " "] } },
    body: {
      messages: HI,
      inferenceConfig: { maxTokens: 100, temperature: 0.5, stopSequences: ["END"] },
      additionalModelRequestFields: { top_k: 5 },
      additionalModelResponseFieldPaths: ["/stop_sequence"],
    },
    lost: ["stop"],
  },
  {
    name: "the stop text of a stream",
    stream: true,
    request: { sampling: { stop: ["END"] } },
    body: {
      messages: HI,
      inferenceConfig: { stopSequences: ["END"] },
      additionalModelResponseFieldPaths: ["/delta/stop_sequence"],
    },
  },
  {
    name: "sampling that Claude does not take",
    request: {
      sampling: {
        temperature: 1.5,
        topP: 0.9,
        seed: 1,
        frequencyPenalty: 0.5,
        presencePenalty: 0,
        choices: 2,
        logprobs: true,
        topLogprobs: 3,
      },
    },
    body: { messages: HI, inferenceConfig: { temperature: 1 } },
    lost: ["n", "logprobs", "top_logprobs", "top_p", "temperature", "seed", "frequency_penalty"],
  },
  {
    name: "no sampling to the newest Claude",
    model: NEW_CLAUDE,
    request: { sampling: { temperature: 0.2, topK: 3, maxOutputTokens: 7 } },
    body: { messages: HI, inferenceConfig: { maxTokens: 7 } },
    lost: ["temperature", "top_k"],
  },
  {
    name: "sampling of Nova",
    model: NOVA,
    request: { sampling: { temperature: 0.5, topP: 0.9, topK: 5 } },
    body: {
      messages: HI,
      inferenceConfig: { temperature: 0.5, topP: 0.9 },
      additionalModelRequestFields: { inferenceConfig: { topK: 5 } },
    },
  },
  {
    name: "sampling of Command R",
    model: COMMAND_R,
    request: { sampling: { topK: 5, seed: 1, frequencyPenalty: 0.1, presencePenalty: 0.2 } },
    body: {
      messages: HI,
      additionalModelRequestFields: { k: 5, seed: 1, frequency_penalty: 0.1, presence_penalty: 0.2 },
    },
  },
  {
    name: "thinking by a budget",
    request: {
      reasoning: { budgetTokens: 2000 },
      sampling: { maxOutputTokens: 4000, temperature: 1, topK: 2 },
    },
    body: {
      messages: HI,
      inferenceConfig: { maxTokens: 4000 },
      additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: 2000 } },
    },
    lost: ["top_k"],
  },
  {
    name: "thinking by effort",
    model: NEW_CLAUDE,
    request: { reasoning: { effort: "high" } },
    body: {
      messages: HI,
      inferenceConfig: { maxTokens: 32_000 },
      additionalModelRequestFields: {
        thinking: { type: "adaptive", display: "summarized" },
        output_config: { effort: "high" },
      },
    },
  },
  {
    name: "no thinking",
    request: { reasoning: { effort: "none" } },
    body: { messages: HI, additionalModelRequestFields: { thinking: { type: "disabled" } } },
  },
  {
    name: "no thinking beside a forced call",
    request: { reasoning: { effort: "low" }, tools: [tool("f")], toolChoice: { type: "required" } },
    body: { messages: HI, toolConfig: { tools: [spec("f")], toolChoice: { any: {} } } },
    lost: ["reasoning_effort"],
  },
  {
    name: "Nova's reasoning",
    model: NOVA_2,
    request: { reasoning: { effort: "high" } },
    body: {
      messages: HI,
      additionalModelRequestFields: { reasoningConfig: { type: "enabled", maxReasoningEffort: "high" } },
    },
  },
  {
    name: "Nova's highest reasoning beside a limit",
    model: NOVA_2,
    request: { reasoning: { budgetTokens: 20_000 }, sampling: { maxOutputTokens: 10 } },
    body: {
      messages: HI,
      inferenceConfig: { maxTokens: 10 },
      additionalModelRequestFields: { reasoningConfig: { type: "enabled", maxReasoningEffort: "medium" } },
    },
    lost: ["reasoning_effort"],
  },
  {
    name: "the reasoning of gpt-oss, which never ends",
    model: GPT_OSS,
    request: { reasoning: { effort: "none" } },
    body: { messages: HI, additionalModelRequestFields: { reasoning_effort: "low" } },
    lost: ["reasoning_effort"],
  },
  {
    name: "reasoning of a model that has none",
    model: LLAMA,
    request: { reasoning: { effort: "minimal" } },
    body: { messages: HI },
    lost: ["reasoning_effort"],
  },
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
  {
    name: "what only the client's wire knows",
    request: {
      messages: [
        { role: "user", parts: [{ ...text("Hi"), extra: { odd: 1 } }], extra: { name: "ada" } },
        answers(
          { type: "opaque", wire: "anthropic-messages", raw: { type: "server_tool_use" } },
          calls("a", "f", "{"),
        ),
      ],
      tools: [tool("f")],
      extra: {
        logit_bias: {},
        store: false,
        stream_options: {},
        service_tier: "flex",
        metadata: { team: "mill" },
        user: "ada lovelace ✓",
        safety_identifier: "u-1",
      },
    },
    body: {
      messages: [
        ...HI,
        { role: "assistant", content: [{ toolUse: { toolUseId: "a", name: "f", input: {} } }] },
      ],
      toolConfig: { tools: [spec("f")] },
      serviceTier: { type: "flex" },
      requestMetadata: { team: "mill", safety_identifier: "u-1" },
    },
    lost: [
      "messages[].name",
      "messages[].content[].odd",
      "messages[].content[].server_tool_use",
      "messages[].content[].arguments",
      "logit_bias",
      "user",
    ],
  },
  {
    name: "Converse's own fields by their names",
    request: {
      extra: {
        guardrailConfig: { guardrailIdentifier: "g", guardrailVersion: "1" },
        requestMetadata: { a: "b" },
        metadata: { c: "d" },
        service_tier: "scale",
        store: true,
        additionalModelRequestFields: { anthropic_beta: ["x"], top_k: 9 },
      },
      sampling: { topK: 5 },
    },
    body: {
      messages: HI,
      additionalModelRequestFields: { anthropic_beta: ["x"], top_k: 9 },
      guardrailConfig: { guardrailIdentifier: "g", guardrailVersion: "1" },
      requestMetadata: { a: "b" },
    },
    lost: ["service_tier", "store"],
  },
];

for (const { name, request, body, model = CLAUDE, stream = false, lost = [] } of CASES) {
  test(`converse request: ${name}`, () => {
    const encoded = encode(request, model, stream);
    assert.deepEqual(encoded.body, body);
    assert.deepEqual(encoded.lost, lost);
    assert.deepEqual(encoded.headers, []);
  });
}

const REFUSED: readonly (readonly [string, ChatMessage, RegExp])[] = [
  [
    "a URL",
    asks(image({ kind: "url", url: "https://mill.example/gate.png" })),
    /fetches no URL: send the image as base64/,
  ],
  [
    "an uploaded file",
    asks({ type: "file", source: { kind: "file-id", id: "file-1" }, extra: {} }),
    /send the document as base64/,
  ],
  [
    "a format",
    asks(image({ kind: "base64", mediaType: "image/tiff", data: "" })),
    /"image\/tiff"; it takes png, jpeg, gif, webp/,
  ],
];
for (const [name, message, words] of REFUSED) {
  test(`converse request: refuses ${name} that Bedrock cannot read`, () => {
    assert.throws(
      () => encode({ messages: [message] }),
      (error) => {
        assert.ok(error instanceof GatewayError);
        assert.equal(error.code, "invalid_field");
        assert.match(error.message, words);
        assert.match(error.param ?? "", /^messages\[\]\.content\[\]\.(image|file)$/);
        return true;
      },
    );
  });
}

test("converse request: another provider's id still ties a result to its call", () => {
  const long = "x".repeat(100);
  const ids = ["functions.f:0", "functions_f_0", long, `${long}y`];
  const { body } = encode({
    messages: [answers(...ids.map((id) => calls(id, "f"))), results(...ids.map((id) => result(id, "1")))],
    tools: [tool("f")],
  });
  const written = [...JSON.stringify(body).matchAll(/"toolUseId":"([^"]*)"/g)].map((match) => match[1] ?? "");
  assert.deepEqual(written.slice(0, ids.length), written.slice(ids.length));
  assert.equal(new Set(written).size, ids.length);
  for (const id of written) assert.match(id, /^[a-zA-Z0-9_-]{1,64}$/);
});
