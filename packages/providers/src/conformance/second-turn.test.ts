/**
 * What a provider has thought and signed goes to a client of any wire, comes back with the next turn, and reaches the
 * provider as it was; it refuses the turn otherwise.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatAnswer } from "@headrace/core/canonical/chat";
import { NO_EXTRA, type Signer } from "@headrace/core/canonical/chat-parts";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { ChatWireId } from "@headrace/core/wire/wire-id";
import { listOf, objectOf, objectsOf } from "../json/read.ts";
import { adapterFor } from "../registry.ts";
import { CALL, CLIENTS } from "./client-wires.ts";

const PROOF = "cHJvb2Ytb2YtdGhvdWdodA==";
const QUESTION = "How much water is there at Oberau?";
const RESULT = "3 m³/s";

/** Providers that want their proofs back: whose they are, and where such a one stands. */
const PROVIDERS: readonly (readonly [signer: Signer, adapterId: string, model: string])[] = [
  ["anthropic", "anthropic", "claude-sonnet-4-5"],
  ["anthropic", "bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0"],
  ["anthropic", "openrouter", "anthropic/claude-sonnet-4.5"],
  ["anthropic", "vertex", "claude-sonnet-4-5@20250929"],
  ["gemini", "gemini", "gemini-3-pro-preview"],
  ["gemini", "vertex", "gemini-3-pro-preview"],
  ["openai", "openai", "gpt-5.1"],
];

/** Gemini signs the call, the others what they thought before it; OpenAI hides that. */
function answerOf(signer: Signer, wire: ChatWireId): ChatAnswer {
  const signature = { signer, value: PROOF };
  const thinking =
    signer === "openai"
      ? { type: "thinking" as const, text: "", redacted: signature, extra: NO_EXTRA }
      : { type: "thinking" as const, text: "The gauge will tell.", signature, extra: NO_EXTRA };
  const call = {
    type: "tool-call" as const,
    id: "call_1",
    name: "read_gauge",
    argumentsJson: '{"station":"Oberau"}',
    ...(signer === "gemini" ? { signature } : {}),
    extra: NO_EXTRA,
  };
  return {
    wire,
    id: "answer_1",
    model: "some-model",
    createdAtSeconds: 1_790_000_000,
    choices: [
      {
        index: 0,
        parts: signer === "gemini" ? [call] : [thinking, call],
        finish: "tool-calls",
        extra: NO_EXTRA,
      },
    ],
    usage: null,
    extra: NO_EXTRA,
  };
}

type NextTurn = (answer: JsonObject) => JsonObject;

/** How a client of a wire goes on: it sends the answer back as it has it, and the tool's result behind it. */
const NEXT_TURNS: Readonly<Record<string, Readonly<Partial<Record<ChatWireId, NextTurn>>>>> = {
  "that keeps every field": {
    "openai-chat": (answer) => openAiTurn(messageOf(answer)),
    "openai-responses": (answer) => ({
      model: "m",
      input: [
        { role: "user", content: QUESTION },
        ...(listOf(answer, "output") ?? []),
        { type: "function_call_output", call_id: responsesCall(answer), output: RESULT },
      ],
    }),
    "anthropic-messages": (answer) => ({
      model: "m",
      max_tokens: 1024,
      messages: [
        { role: "user", content: QUESTION },
        { role: "assistant", content: answer.content },
        {
          role: "user",
          content: [{ type: "tool_result", tool_use_id: anthropicCall(answer), content: RESULT }],
        },
      ],
    }),
    "gemini-generate": (answer) => ({
      contents: [
        { role: "user", parts: [{ text: QUESTION }] },
        objectOf(objectsOf(answer, "candidates")[0] ?? {}, "content"),
        {
          role: "user",
          parts: [{ functionResponse: { name: "read_gauge", response: { output: RESULT } } }],
        },
      ],
    }),
    "cohere-chat": (answer) => cohereTurn(objectOf(answer, "message") ?? {}),
    "bedrock-converse": (answer) => ({
      messages: [
        { role: "user", content: [{ text: QUESTION }] },
        objectOf(objectOf(answer, "output") ?? {}, "message"),
        {
          role: "user",
          content: [{ toolResult: { toolUseId: converseCall(answer), content: [{ text: RESULT }] } }],
        },
      ],
    }),
  },
  "whose types know no thinking": {
    "openai-chat": (answer) => {
      const { role, content, tool_calls } = messageOf(answer);
      return openAiTurn({ role, content, tool_calls });
    },
  },
};

for (const [kind, turns] of Object.entries(NEXT_TURNS)) {
  for (const { client } of CLIENTS) {
    const nextTurn = turns[client.wire];
    if (nextTurn === undefined) continue;
    for (const [signer, adapterId, model] of PROVIDERS) {
      test(`${adapterId} (${signer}) gets its proof back from a client of ${client.wire} ${kind}`, () => {
        const { chat } = adapterFor(adapterId, model);
        assert.ok(chat !== null);
        const answer = client.encodeAnswer(answerOf(signer, chat.wire), CALL);
        const body: unknown = JSON.parse(JSON.stringify(nextTurn(answer)));
        assert.ok(isJsonObject(body));
        const request = client.decodeRequest(body, { model, stream: false });
        const encoded = JSON.stringify(chat.encodeRequest(request, { model, stream: false }).body);
        assert.ok(encoded.includes(PROOF), encoded);
        assert.equal(encoded.includes("__thought__"), false, "what the gateway has added is still there");
        assert.ok(encoded.includes(RESULT) || encoded.includes(JSON.stringify(RESULT).slice(1, -1)));
      });
    }
  }
}

function openAiTurn(message: JsonObject): JsonObject {
  const [call] = objectsOf(message, "tool_calls");
  return {
    model: "m",
    messages: [
      { role: "user", content: QUESTION },
      message,
      { role: "tool", tool_call_id: call?.id, content: RESULT },
    ],
  };
}

function cohereTurn(message: JsonObject): JsonObject {
  const [call] = objectsOf(message, "tool_calls");
  return {
    model: "m",
    messages: [
      { role: "user", content: QUESTION },
      message,
      { role: "tool", tool_call_id: call?.id, content: RESULT },
    ],
  };
}

function messageOf(answer: JsonObject): JsonObject {
  return objectOf(objectsOf(answer, "choices")[0] ?? {}, "message") ?? {};
}

function responsesCall(answer: JsonObject): unknown {
  return objectsOf(answer, "output").find(({ type }) => type === "function_call")?.call_id;
}

function anthropicCall(answer: JsonObject): unknown {
  return objectsOf(answer, "content").find(({ type }) => type === "tool_use")?.id;
}

function converseCall(answer: JsonObject): unknown {
  const message = objectOf(objectOf(answer, "output") ?? {}, "message") ?? {};
  const blocks = objectsOf(message, "content").map((block) => objectOf(block, "toolUse"));
  return blocks.find((block) => block !== undefined)?.toolUseId;
}
