import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatMessage } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import { request } from "../../testing/chat-streams.ts";
import { functionTool, type Golden, says, testGoldens, textPart } from "../../testing/request-goldens.ts";
import { modelTarget } from "./model-target.ts";
import { replicateProvider } from "./provider.ts";
import { replicateService } from "./service.ts";

const PICTURE = {
  type: "image",
  source: { kind: "base64", mediaType: "image/png", data: "iVBO" },
  extra: NO_EXTRA,
} as const;
const looks = (count: number): ChatMessage => ({
  role: "user",
  parts: [textPart("Look."), ...Array.from({ length: count }, () => PICTURE)],
  extra: NO_EXTRA,
});
const SAMPLING = {
  maxOutputTokens: 100,
  temperature: 0.2,
  topP: 0.5,
  topK: 40,
  frequencyPenalty: 0,
  presencePenalty: 0.1,
  seed: 7,
  stop: ["END", "###"],
} as const;

const OPEN: readonly Golden[] = [
  {
    name: "sampling by the open models' names",
    request: { sampling: SAMPLING },
    body: {
      input: {
        prompt: "Hi",
        max_tokens: 100,
        temperature: 0.2,
        top_p: 0.5,
        top_k: 40,
        frequency_penalty: 0,
        presence_penalty: 0.1,
        seed: 7,
        stop_sequences: "END,###",
      },
    },
  },
  {
    name: "what cannot be said",
    request: {
      sampling: { choices: 2, logprobs: true, topLogprobs: 1, stop: ["a,b"], parallelToolCalls: false },
      tools: [functionTool("a")],
      toolChoice: { type: "required" },
      responseFormat: { type: "json-object" },
      reasoning: { effort: "high" },
      extra: { logit_bias: {}, user: "ada" },
    },
    body: {},
    lost: [
      "logit_bias",
      "tools",
      "response_format",
      "n",
      "stop",
      "logprobs",
      "top_logprobs",
      "reasoning_effort",
    ],
  },
  {
    name: "defaults are no loss",
    request: {
      sampling: { choices: 1, logprobs: false, stop: [] },
      reasoning: { effort: "none" },
      responseFormat: { type: "text" },
    },
    body: {},
  },
  {
    name: "inputs of the model's own",
    request: { extra: { input: { prompt_template: "{prompt}", min_tokens: 5 } } },
    body: { input: { prompt: "Hi", prompt_template: "{prompt}", min_tokens: 5 } },
  },
  {
    name: "instructions and one message",
    request: {
      messages: [says("system", "Be short."), says("developer", "Metric."), says("user", "Hi", "there")],
    },
    body: { input: { prompt: "Hi\nthere", system_prompt: "Be short.\n\nMetric." } },
  },
  {
    name: "nothing but instructions",
    request: { messages: [says("system", "Say hello.")] },
    body: { input: { prompt: "Say hello." } },
  },
  {
    name: "several turns are a transcript",
    request: {
      messages: [
        says("user", "How high?"),
        {
          role: "assistant",
          parts: [
            { type: "thinking", text: "I look.", extra: NO_EXTRA },
            textPart("One moment."),
            { type: "tool-call", id: "c1", name: "read_gauge", argumentsJson: '{"a":1}', extra: NO_EXTRA },
            { type: "opaque", wire: "anthropic-messages", raw: {} },
          ],
          extra: NO_EXTRA,
        },
        {
          role: "tool",
          parts: [
            {
              type: "tool-result",
              callId: "c1",
              name: "read_gauge",
              parts: [textPart("3 m")],
              isError: false,
              extra: NO_EXTRA,
            },
            { type: "tool-result", callId: "c2", parts: [textPart("gone")], isError: true, extra: NO_EXTRA },
          ],
          extra: NO_EXTRA,
        },
        says("assistant", "3 m."),
        says("user", "Thanks."),
      ],
    },
    body: {
      input: {
        prompt: [
          "User: How high?",
          'Assistant: One moment.\n[calls read_gauge with {"a":1}]',
          "Tool: [result of read_gauge] 3 m\n[error of c2] gone",
          "Assistant: 3 m.",
          "User: Thanks.",
          "Assistant:",
        ].join("\n\n"),
      },
    },
    lost: ["messages[].content[].type"],
  },
  {
    name: "one picture",
    request: { messages: [looks(1)] },
    body: { input: { prompt: "Look.", image: "data:image/png;base64,iVBO" } },
  },
];

testGoldens({
  title: "Replicate request",
  codec: replicateProvider,
  target: { model: "meta/meta-llama-3-70b-instruct", stream: true },
  plain: { input: { prompt: "Hi" } },
  goldens: OPEN,
});

const OWNERS: readonly (readonly [string, Golden])[] = [
  [
    "openai/gpt-4o",
    {
      name: "OpenAI's names",
      request: {
        messages: [says("system", "Be short."), looks(2)],
        sampling: SAMPLING,
        reasoning: { effort: "low" },
      },
      body: {
        input: {
          prompt: "Look.",
          system_prompt: "Be short.",
          image_input: ["data:image/png;base64,iVBO", "data:image/png;base64,iVBO"],
          max_completion_tokens: 100,
          temperature: 0.2,
          top_p: 0.5,
          frequency_penalty: 0,
          presence_penalty: 0.1,
          reasoning_effort: "low",
        },
      },
      lost: ["top_k", "seed", "stop"],
    },
  ],
  [
    "google/gemini-2.5-flash",
    {
      name: "Google's names",
      request: {
        messages: [says("system", "Be short."), says("user", "Hi")],
        sampling: { maxOutputTokens: 9, topK: 4 },
      },
      body: { input: { prompt: "Hi", system_instruction: "Be short.", max_output_tokens: 9 } },
      lost: ["top_k"],
    },
  ],
  [
    "anthropic/claude-4-sonnet",
    {
      name: "Anthropic's names",
      request: { sampling: { maxOutputTokens: 2000, temperature: 1 }, reasoning: { budgetTokens: 1024 } },
      body: { input: { prompt: "Hi", max_tokens: 2000 } },
      lost: ["temperature", "reasoning_effort"],
    },
  ],
  [
    "weir/weir-chat:5c7d5dc6",
    { name: "a version", request: {}, body: { version: "5c7d5dc6", input: { prompt: "Hi" } } },
  ],
];
for (const [model, golden] of OWNERS)
  testGoldens({
    title: `Replicate request of ${model}`,
    codec: replicateProvider,
    target: { model, stream: false },
    plain: {},
    goldens: [golden],
  });

const REFUSED: readonly (readonly [string, ChatMessage, string])[] = [
  ["two pictures where one is taken", looks(2), "image"],
  [
    "a picture by its id",
    { role: "user", parts: [{ ...PICTURE, source: { kind: "file-id", id: "f" } }], extra: NO_EXTRA },
    "image",
  ],
  [
    "sound",
    {
      role: "user",
      parts: [{ type: "audio", source: { kind: "file-id", id: "f" }, extra: NO_EXTRA }],
      extra: NO_EXTRA,
    },
    "audio",
  ],
  [
    "a PDF",
    {
      role: "user",
      parts: [{ type: "file", source: { kind: "url", url: "https://a.example/w.pdf" }, extra: NO_EXTRA }],
      extra: NO_EXTRA,
    },
    "file",
  ],
];
for (const [name, message, kind] of REFUSED)
  test(`Replicate request: ${name} is refused`, () => {
    assert.throws(
      () =>
        replicateProvider.encodeRequest(request({ messages: [message] }), {
          model: "meta/llama",
          stream: false,
        }),
      { code: "invalid_field", param: `messages[].content[].${kind}` },
    );
  });

const TARGETS: readonly (readonly [string, string, string | null])[] = [
  ["meta/llama-3", "/models/meta/llama-3/predictions", null],
  ["deployments/weir/chat", "/deployments/weir/chat/predictions", null],
  ["weir/chat:5c7d", "/predictions", "5c7d"],
  ["5c7d5dc6dd8b", "/predictions", "5c7d5dc6dd8b"],
  ["a b/c?d", "/models/a%20b/c%3Fd/predictions", null],
];
for (const [model, path, version] of TARGETS)
  test(`Replicate service: ${model} is at ${path}`, () => {
    assert.deepEqual(modelTarget(model), { path, version });
    assert.equal(replicateService().path({ model, stream: true, settings: {} }), path);
  });
