import assert from "node:assert/strict";
import { test } from "node:test";
import { packToolCallId, writeSignature } from "@headrace/core/canonical/carried-state";
import type { ChatRequest } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import fc from "fast-check";
import { anthropicClient } from "./client.ts";
import { anthropicProvider } from "./provider.ts";
import { decodeAnthropicRequest } from "./request-decoder.ts";
import { readJsonFixture, request } from "./testing.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

const say = (text: string) => ({ type: "text", text, extra: NO_EXTRA }) as const;

test("Anthropic request reader: a turn of a coding agent", () => {
  const read = anthropicClient.decodeRequest(readJsonFixture("agent-turn.request"), {
    model: null,
    stream: false,
  });
  const expected: ChatRequest = {
    wire: "anthropic-messages",
    model: "claude-sonnet-4-5",
    messages: [
      {
        role: "system",
        parts: [say("You keep the mill."), { ...say("Read before you write."), cache: { ttl: "1h" } }],
        extra: NO_EXTRA,
      },
      { role: "user", parts: [say("What does the plan say?")], extra: NO_EXTRA },
      {
        role: "assistant",
        parts: [
          {
            type: "thinking",
            text: "Two files.",
            signature: { signer: "anthropic", value: "c2lnbmVk" },
            extra: NO_EXTRA,
          },
          {
            type: "thinking",
            text: "",
            redacted: { signer: "anthropic", value: "aGlkZGVu" },
            extra: NO_EXTRA,
          },
          say("I read both."),
          {
            type: "tool-call",
            id: "toolu_01P",
            name: "read_file",
            argumentsJson: '{"path":"plan.md"}',
            extra: NO_EXTRA,
          },
          { type: "tool-call", id: "toolu_01Q", name: "read_file", argumentsJson: "{}", extra: NO_EXTRA },
        ],
        extra: NO_EXTRA,
      },
      {
        role: "tool",
        parts: [
          {
            type: "tool-result",
            callId: "toolu_01P",
            name: "read_file",
            parts: [say("Close at noon.")],
            isError: false,
            extra: NO_EXTRA,
          },
          {
            type: "tool-result",
            callId: "toolu_01Q",
            name: "read_file",
            parts: [say("No path.")],
            isError: true,
            cache: { ttl: "5m" },
            extra: NO_EXTRA,
          },
        ],
        extra: NO_EXTRA,
      },
      {
        role: "user",
        parts: [
          say("And this photograph?"),
          {
            type: "image",
            source: { kind: "base64", mediaType: "image/png", data: "iVBORw0KGgo=" },
            extra: NO_EXTRA,
          },
          {
            type: "file",
            source: { kind: "base64", mediaType: "application/pdf", data: "JVBERi0xLjQ=" },
            fileName: "plan.pdf",
            extra: { citations: { enabled: true } },
          },
          {
            type: "file",
            source: { kind: "base64", mediaType: "text/plain", data: "w4Q=" },
            extra: NO_EXTRA,
          },
          {
            type: "opaque",
            wire: "anthropic-messages",
            raw: { type: "search_result", source: "https://example.org", title: "Wheels", content: [] },
          },
        ],
        extra: NO_EXTRA,
      },
    ],
    tools: [
      {
        type: "function",
        name: "read_file",
        description: "Gives a file's text.",
        parameters: {
          type: "object",
          properties: { path: { type: "string" } },
          required: ["path"],
        },
        extra: NO_EXTRA,
      },
      {
        type: "provider",
        wire: "anthropic-messages",
        raw: { type: "web_search_20250305", name: "web_search", max_uses: 3 },
      },
      {
        type: "function",
        name: "close_gate",
        parameters: { type: "object", properties: {} },
        cache: { ttl: "5m" },
        extra: NO_EXTRA,
      },
    ],
    toolChoice: { type: "auto" },
    reasoning: { budgetTokens: 4000, show: true },
    sampling: { maxOutputTokens: 16_000, parallelToolCalls: true },
    stream: true,
    includeUsage: true,
    extra: {
      metadata: { user_id: "miller-7" },
      context_management: { edits: [{ type: "clear_tool_uses_20250919" }] },
    },
  };
  assert.deepEqual(read, expected);
});

test("Anthropic request reader: written again for Anthropic it is the same, each text as a block", () => {
  const body = readJsonFixture("agent-turn.request");
  const encoded = anthropicProvider().encodeRequest(decodeAnthropicRequest(body), {
    model: "claude-sonnet-4-5",
    stream: true,
  });
  const texts = (content: unknown) =>
    typeof content === "string" ? [{ type: "text", text: content }] : content;
  const messages = (body.messages as JsonObject[]).map(({ role, content }) => ({
    role,
    content: (texts(content) as JsonObject[]).map((block) =>
      block.type === "tool_result" ? { ...block, content: texts(block.content) } : block,
    ),
  }));
  const tools = (body.tools as JsonObject[]).map(({ type, ...tool }) =>
    type === undefined || type === "custom" ? tool : { type, ...tool },
  );
  assert.deepEqual(encoded, {
    body: { ...body, messages, tools, tool_choice: { type: "auto" } },
    headers: [],
    lost: [],
  });
});

function decode(members: JsonObject): ChatRequest {
  return decodeAnthropicRequest({ model: "m", messages: [], ...members });
}

const MEMBERS: readonly [JsonObject, Partial<ChatRequest>][] = [
  [{ thinking: { type: "disabled" } }, { reasoning: { effort: "none" } }],
  [{ thinking: { type: "between_tools" } }, { reasoning: { effort: "minimal" } }],
  [{ thinking: { type: "adaptive" } }, { reasoning: { show: true } }],
  [
    { thinking: { type: "adaptive", display: "omitted" }, output_config: { effort: "max", task_budget: 5 } },
    { reasoning: { effort: "xhigh", show: false }, extra: { output_config: { task_budget: 5 } } },
  ],
  [{ output_config: { effort: "low" } }, { reasoning: { effort: "low" } }],
  [
    { output_config: { format: { type: "json_schema", schema: { type: "object" } } } },
    { responseFormat: { type: "json-schema", name: "answer", schema: { type: "object" }, strict: true } },
  ],
  [
    { output_format: { type: "json_schema", schema: {} } },
    { responseFormat: { type: "json-schema", name: "answer", schema: {}, strict: true } },
  ],
  [
    { tool_choice: { type: "any", disable_parallel_tool_use: true } },
    { toolChoice: { type: "required" }, sampling: { parallelToolCalls: false } },
  ],
  [{ tool_choice: { type: "tool", name: "f" } }, { toolChoice: { type: "tool", name: "f" } }],
  [{ tool_choice: { type: "none" } }, { toolChoice: { type: "none" } }],
  [
    { temperature: 0.5, top_p: 0.9, top_k: 4, stop_sequences: ["a"], max_tokens: 9 },
    { sampling: { temperature: 0.5, topP: 0.9, topK: 4, stop: ["a"], maxOutputTokens: 9 } },
  ],
  [{ system: "s" }, { messages: [{ role: "system", parts: [say("s")], extra: NO_EXTRA }] }],
  [{ system: "", stream: null, tools: null, thinking: null }, {}],
  [
    { messages: [{ role: "system", content: "s" }] },
    { messages: [{ role: "system", parts: [say("s")], extra: NO_EXTRA }] },
  ],
  [
    { cache_control: { type: "ephemeral" }, messages: [{ role: "user", content: "a" }] },
    { messages: [{ role: "user", parts: [{ ...say("a"), cache: { ttl: "5m" } }], extra: NO_EXTRA }] },
  ],
  [
    { messages: [{ role: "user", content: "", name: "ada" }] },
    { messages: [{ role: "user", parts: [], extra: { name: "ada" } }] },
  ],
];

for (const [members, parts] of MEMBERS) {
  test(`Anthropic request reader: ${JSON.stringify(members).slice(0, 90)}`, () => {
    const expected = request({
      wire: "anthropic-messages",
      model: "m",
      messages: [],
      includeUsage: true,
      ...parts,
    });
    assert.deepEqual(decode(members), expected);
  });
}

test("Anthropic request reader: what an id or a signature carries for another provider", () => {
  const gemini = { signer: "gemini", value: "R2Vt" } as const;
  const id = packToolCallId("call_1", { signature: gemini });
  const read = decode({
    messages: [
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "a", signature: writeSignature(gemini, "anthropic") },
          { type: "thinking", thinking: "b", signature: "" },
          {
            type: "redacted_thinking",
            data: writeSignature({ signer: "openai", value: "T0FJ" }, "anthropic"),
          },
          { type: "tool_use", id, name: "f", input: {} },
        ],
      },
      { role: "user", content: [{ type: "tool_result", tool_use_id: id }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "other", content: null }] },
    ],
  });
  assert.deepEqual(read.messages, [
    {
      role: "assistant",
      parts: [
        { type: "thinking", text: "a", signature: gemini, extra: NO_EXTRA },
        { type: "thinking", text: "b", extra: NO_EXTRA },
        { type: "thinking", text: "", redacted: { signer: "openai", value: "T0FJ" }, extra: NO_EXTRA },
        {
          type: "tool-call",
          id: "call_1",
          name: "f",
          argumentsJson: "{}",
          signature: gemini,
          extra: NO_EXTRA,
        },
      ],
      extra: NO_EXTRA,
    },
    {
      role: "tool",
      parts: [
        { type: "tool-result", callId: "call_1", name: "f", parts: [], isError: false, extra: NO_EXTRA },
        { type: "tool-result", callId: "other", parts: [], isError: false, extra: NO_EXTRA },
      ],
      extra: NO_EXTRA,
    },
  ]);
});

test("Anthropic request reader: thinking that a call's id carries, unless the turn has its own", () => {
  const thought = { text: "a", signature: { signer: "gemini", value: "R2Vt" } } as const;
  const call = { type: "tool_use", id: packToolCallId("c", { thinking: [thought] }), name: "f", input: {} };
  const kinds = (content: readonly JsonObject[]) =>
    decode({ messages: [{ role: "assistant", content }] }).messages[0]?.parts.map((part) => part.type);
  assert.deepEqual(kinds([call]), ["thinking", "tool-call"]);
  assert.deepEqual(kinds([{ type: "thinking", thinking: "b", signature: "" }, call]), [
    "thinking",
    "tool-call",
  ]);
});

test("Anthropic request reader: what other wires have no place for in a result is told in its own words", () => {
  const found = { type: "search_result", source: "https://example.org", title: "Wheels", content: [] };
  const content = [{ type: "tool_result", tool_use_id: "a", content: [found] }];
  const [message] = decode({ messages: [{ role: "user", content }] }).messages;
  const part = message?.parts[0];
  assert.ok(part?.type === "tool-result");
  assert.deepEqual(part.parts, [say(JSON.stringify(found))]);
});

const BAD: readonly [JsonObject, string, "invalid_field" | "missing_field"][] = [
  [{ model: 1 }, "model", "invalid_field"],
  [{ model: undefined }, "model", "missing_field"],
  [{ messages: "hi" }, "messages", "invalid_field"],
  [{ messages: ["hi"] }, "messages[0]", "invalid_field"],
  [{ messages: [{ role: "tool", content: "" }] }, "messages[0].role", "invalid_field"],
  [{ messages: [{ role: "user" }] }, "messages[0].content", "missing_field"],
  [{ messages: [{ role: "user", content: [{}] }] }, "messages[0].content[0].type", "missing_field"],
  [
    { messages: [{ role: "user", content: [{ type: "text", text: 1 }] }] },
    "messages[0].content[0].text",
    "invalid_field",
  ],
  [
    { messages: [{ role: "user", content: [{ type: "image" }] }] },
    "messages[0].content[0].source",
    "missing_field",
  ],
  [
    { messages: [{ role: "assistant", content: [{ type: "tool_use", id: "a", name: "f", input: "{}" }] }] },
    "messages[0].content[0].input",
    "invalid_field",
  ],
  [
    { messages: [{ role: "user", content: [{ type: "tool_result", tool_use_id: "a", content: [1] }] }] },
    "messages[0].content[0].content[0]",
    "invalid_field",
  ],
  [{ system: [{ type: "text" }] }, "system[0].text", "missing_field"],
  [{ max_tokens: "9" }, "max_tokens", "invalid_field"],
  [{ stop_sequences: [1] }, "stop_sequences[0]", "invalid_field"],
  [{ tools: [{ name: 1 }] }, "tools[0].name", "invalid_field"],
  [{ tool_choice: { type: "some" } }, "tool_choice.type", "invalid_field"],
  [{ tool_choice: { type: "tool" } }, "tool_choice.name", "missing_field"],
  [{ thinking: { budget_tokens: 5 } }, "thinking.type", "missing_field"],
];

for (const [members, param, code] of BAD) {
  test(`Anthropic request reader: ${param} in ${JSON.stringify(members).slice(0, 70)} is refused`, () => {
    assert.throws(
      () => decode(members),
      (error) => error instanceof GatewayError && error.code === code && error.param === param,
    );
  });
}

test(`Anthropic request reader: whatever comes is read or refused (seed ${seed})`, () => {
  const json = fc.jsonValue({ maxDepth: 4 });
  const type = fc.constantFrom("text", "image", "document", "thinking", "tool_use", "tool_result", "x");
  const block = fc.record({
    type,
    text: json,
    source: json,
    id: json,
    name: json,
    input: json,
    content: json,
  });
  const message = fc.record({
    role: fc.constantFrom("user", "assistant", "system"),
    content: fc.oneof(fc.string(), fc.array(block), json),
  });
  const body = fc.record(
    {
      model: fc.constant("m"),
      messages: fc.array(message),
      system: json,
      tools: json,
      thinking: json,
      tool_choice: json,
      output_config: json,
      cache_control: json,
    },
    { requiredKeys: ["model", "messages"] },
  );
  fc.assert(
    fc.property(body, (body) => {
      try {
        const read = decodeAnthropicRequest(body);
        anthropicProvider().encodeRequest(read, { model: "claude-sonnet-4-5", stream: false });
      } catch (error) {
        assert.ok(error instanceof GatewayError, String(error));
      }
    }),
    { seed, numRuns: 300 },
  );
});
