import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatRequest } from "@headrace/core/canonical/chat";
import { NO_EXTRA, type TextPart } from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { request } from "../../testing/chat-streams.ts";
import { encodeOpenAiResponsesRequest } from "./request-encoder.ts";

const text = (words: string): TextPart => ({ type: "text", text: words, extra: NO_EXTRA });

function encode(parts: Partial<ChatRequest>, model = "gpt-4.1") {
  return encodeOpenAiResponsesRequest(request(parts), { model, stream: false });
}

test("Responses request written: the least there is", () => {
  assert.deepEqual(encodeOpenAiResponsesRequest(request({}), { model: "gpt-4.1", stream: true }), {
    body: { model: "gpt-4.1", input: [{ role: "user", content: "Hi" }], store: false, stream: true },
    headers: [],
    lost: [],
  });
});

test("Responses request written: a conversation with tools", () => {
  const { body, lost } = encode(
    {
      messages: [
        { role: "system", parts: [text("Be brief.")], extra: NO_EXTRA },
        {
          role: "user",
          parts: [
            text("What is this?"),
            {
              type: "image",
              source: { kind: "base64", mediaType: "image/png", data: "aaaa" },
              detail: "low",
              extra: NO_EXTRA,
            },
            { type: "image", source: { kind: "url", url: "https://a.example/i.png" }, extra: NO_EXTRA },
            {
              type: "file",
              source: { kind: "base64", mediaType: "application/pdf", data: "JVBE" },
              extra: NO_EXTRA,
            },
            {
              type: "file",
              source: { kind: "base64", mediaType: "text/plain", data: "SGVsbG8=" },
              fileName: "a.txt",
              extra: NO_EXTRA,
            },
          ],
          extra: NO_EXTRA,
        },
        {
          role: "assistant",
          parts: [
            {
              type: "thinking",
              text: "Hm.",
              signature: { signer: "openai", value: "gAAA" },
              extra: NO_EXTRA,
            },
            {
              type: "thinking",
              text: "Foreign.",
              signature: { signer: "anthropic", value: "x" },
              extra: NO_EXTRA,
            },
            { type: "thinking", text: "Unsigned.", extra: NO_EXTRA },
            text("Looking."),
            { type: "tool-call", id: "call_1", name: "look", argumentsJson: '{"a":1}', extra: NO_EXTRA },
            {
              type: "tool-call",
              id: "call_2",
              name: "edit",
              argumentsJson: '{"input":"*** Begin"}',
              extra: NO_EXTRA,
            },
            { type: "tool-call", id: "call_3", name: "look", argumentsJson: '{"ha', extra: NO_EXTRA },
          ],
          extra: NO_EXTRA,
        },
        {
          role: "tool",
          parts: [
            { type: "tool-result", callId: "call_1", parts: [text("one")], isError: false, extra: NO_EXTRA },
            { type: "tool-result", callId: "call_2", parts: [text("two")], isError: true, extra: NO_EXTRA },
            {
              type: "tool-result",
              callId: "call_3",
              parts: [text("a"), text("b")],
              isError: false,
              extra: NO_EXTRA,
            },
          ],
          extra: NO_EXTRA,
        },
        { role: "developer", parts: [text("Now stop.")], extra: NO_EXTRA },
      ],
      tools: [
        {
          type: "function",
          name: "look",
          description: "Looks.",
          parameters: { type: "object" },
          extra: NO_EXTRA,
        },
        {
          type: "function",
          name: "edit",
          parameters: undefined,
          freeform: true,
          extra: { format: { type: "grammar", grammar: { syntax: "lark", definition: "start: /a/" } } },
        },
        { type: "provider", wire: "anthropic-messages", raw: { type: "web_search_20250305" } },
      ],
      toolChoice: { type: "tool", name: "edit" },
      responseFormat: { type: "json-schema", name: "the answer", schema: { type: "object" } },
    },
    "gpt-5.2",
  );
  assert.deepEqual(body, {
    model: "gpt-5.2",
    instructions: "Be brief.",
    input: [
      {
        role: "user",
        content: [
          { type: "input_text", text: "What is this?" },
          { type: "input_image", image_url: "data:image/png;base64,aaaa", detail: "low" },
          { type: "input_image", image_url: "https://a.example/i.png", detail: "auto" },
          { type: "input_file", filename: "document.pdf", file_data: "data:application/pdf;base64,JVBE" },
          { type: "input_text", text: "a.txt:\nHello" },
        ],
      },
      { type: "reasoning", summary: [{ type: "summary_text", text: "Hm." }], encrypted_content: "gAAA" },
      {
        type: "message",
        role: "assistant",
        content: [{ type: "output_text", text: "Looking.", annotations: [] }],
      },
      { type: "function_call", call_id: "call_1", name: "look", arguments: '{"a":1}' },
      { type: "custom_tool_call", call_id: "call_2", name: "edit", input: "*** Begin" },
      { type: "function_call", call_id: "call_3", name: "look", arguments: '{"arguments":"{\\"ha"}' },
      { type: "function_call_output", call_id: "call_1", output: "one" },
      { type: "custom_tool_call_output", call_id: "call_2", output: '{"error":"two"}' },
      {
        type: "function_call_output",
        call_id: "call_3",
        output: [
          { type: "input_text", text: "a" },
          { type: "input_text", text: "b" },
        ],
      },
      { role: "developer", content: "Now stop." },
    ],
    tools: [
      {
        type: "function",
        name: "look",
        description: "Looks.",
        parameters: { type: "object" },
        strict: false,
      },
      {
        type: "custom",
        name: "edit",
        format: { type: "grammar", syntax: "lark", definition: "start: /a/" },
      },
    ],
    tool_choice: { type: "custom", name: "edit" },
    text: { format: { type: "json_schema", name: "the_answer", schema: { type: "object" }, strict: false } },
    include: ["reasoning.encrypted_content"],
    store: false,
  });
  assert.deepEqual(lost, ["tools[].web_search_20250305"]);
});

test("Responses request written: sampling, and what the wire or the model does not know", () => {
  const sampling = {
    maxOutputTokens: 5,
    temperature: 0.3,
    topP: 0.5,
    topK: 3,
    frequencyPenalty: 0.1,
    presencePenalty: 0,
    seed: 7,
    choices: 2,
    stop: ["x"],
    logprobs: true,
    topLogprobs: 2,
    parallelToolCalls: false,
  };
  const free = encode({
    sampling,
    tools: [{ type: "function", name: "f", parameters: {}, extra: NO_EXTRA }],
  });
  const { max_output_tokens, temperature, top_p, top_logprobs, include, parallel_tool_calls } = free.body;
  assert.deepEqual(
    [max_output_tokens, temperature, top_p, top_logprobs, include, parallel_tool_calls],
    [16, 0.3, 0.5, 2, ["message.output_text.logprobs"], false],
  );
  assert.deepEqual(free.lost, ["max_completion_tokens", "top_k", "frequency_penalty", "seed", "n", "stop"]);
  const thinking = encode({ sampling: { temperature: 0.3, topP: 0.5 } }, "o4-mini");
  assert.equal(thinking.body.temperature, undefined);
  assert.deepEqual(thinking.lost, ["temperature", "top_p"]);
  const notThinking = encode({ sampling: { temperature: 0.3 }, reasoning: { effort: "none" } }, "gpt-5.2");
  assert.deepEqual([notThinking.body.temperature, notThinking.body.reasoning], [0.3, { effort: "none" }]);
});

test("Responses request written: thinking in the words that the model knows", () => {
  const cases: readonly (readonly [NonNullable<ChatRequest["reasoning"]>, string, unknown])[] = [
    [{ effort: "xhigh", show: true }, "gpt-5.2", { effort: "xhigh", summary: "auto" }],
    [{ effort: "xhigh" }, "gpt-5.1", { effort: "high" }],
    [{ effort: "none" }, "gpt-5-mini", { effort: "minimal" }],
    [{ effort: "minimal" }, "o3", { effort: "low" }],
    [{ budgetTokens: 0 }, "gpt-5.6", { effort: "none" }],
    [{ budgetTokens: 1024 }, "my-deployment", { effort: "low" }],
    [{ budgetTokens: 10_000 }, "openai/gpt-5.2-codex", { effort: "medium" }],
    [{ budgetTokens: 32_000, show: true }, "gpt-5.2", { effort: "high", summary: "auto" }],
    [{ show: true }, "gpt-5.2", { summary: "auto" }],
    [{ effort: "none" }, "my-deployment", undefined],
    [{ effort: "high" }, "gpt-4.1", undefined],
  ];
  for (const [reasoning, model, expected] of cases)
    assert.deepEqual(encode({ reasoning }, model).body.reasoning, expected, model);
  assert.deepEqual(encode({ reasoning: { effort: "high" } }, "gpt-4.1").lost, ["reasoning_effort"]);
  assert.deepEqual(encode({ reasoning: { effort: "none" } }, "gpt-4.1").lost, []);
});

test("Responses request written: encrypted thinking is asked of models that think, and no others", () => {
  const includeOf = (model: string, reasoning?: ChatRequest["reasoning"]) =>
    encode(reasoning === undefined ? {} : { reasoning }, model).body.include;
  for (const model of [
    "o1",
    "o4-mini-2025-04-16",
    "gpt-5",
    "gpt-5-codex",
    "openai.gpt-oss-120b",
    "gpt-6-astra",
  ])
    assert.deepEqual(includeOf(model), ["reasoning.encrypted_content"], model);
  for (const model of ["gpt-4o", "gpt-3.5-turbo", "gpt-5-chat-latest", "my-deployment", "foo10"])
    assert.equal(includeOf(model), undefined, model);
  assert.deepEqual(includeOf("my-deployment", { effort: "low" }), ["reasoning.encrypted_content"]);
});

test("Responses request written: further fields of other wires, where they mean the same", () => {
  const chat = encode({
    extra: {
      user: "ada",
      metadata: { a: "b" },
      store: false,
      verbosity: "low",
      logit_bias: {},
      prompt_cache_key: "k",
    },
  });
  assert.deepEqual(
    [chat.body.user, chat.body.metadata, chat.body.text, chat.body.prompt_cache_key, chat.body.store],
    ["ada", { a: "b" }, { verbosity: "low" }, "k", false],
  );
  assert.deepEqual(chat.lost, ["logit_bias"]);
  const short = encode({ wire: "anthropic-messages", extra: { metadata: { user_id: "u1" } } });
  assert.equal(short.body.safety_identifier, "u1");
  const long = encode({ wire: "anthropic-messages", extra: { metadata: { user_id: "u".repeat(150) } } });
  assert.match(String(long.body.safety_identifier), /^[0-9a-f]{64}$/);
  assert.deepEqual([...short.lost, ...long.lost], []);
});

test("Responses request written: audio is refused, since leaving it out would change the answer", () => {
  const source = { kind: "base64", mediaType: "audio/wav", data: "UklG" } as const;
  const messages: ChatRequest["messages"] = [
    { role: "user", parts: [{ type: "audio", source, extra: NO_EXTRA }], extra: NO_EXTRA },
  ];
  assert.throws(
    () => encode({ messages }),
    (error) => error instanceof GatewayError && error.param === "messages[].content[].audio",
  );
});
