import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { PathFacts } from "@headrace/core/wire/chat-codec";
import { adapterFor } from "../registry.ts";
import { translationFor } from "./translation-for.ts";

const PATH: PathFacts = { model: null, stream: true };
const BEGUN = { text: "The channel carries", outputTokens: 30 };
const ASKED = {
  model: "m",
  max_tokens: 100,
  stream: true,
  reasoning_effort: "high",
  messages: [
    { role: "system", content: "Be brief." },
    { role: "user", content: "Hello" },
  ],
};

/** Adapters by their prefill, and a model of each that goes on with an answer. */
const TAKERS: Readonly<Record<string, string>> = {
  anthropic: "claude-sonnet-4-5",
  bedrock: "eu.anthropic.claude-haiku-4-5-20251001-v1:0",
  gemini: "gemini-2.5-pro",
  groq: "llama-3.3-70b-versatile",
  "llama-cpp": "any",
  mistral: "mistral-large-latest",
  moonshot: "kimi-k2.6",
  qwen: "qwen-plus",
  sglang: "any",
  vertex: "claude-opus-4-1@20250805",
  vllm: "any",
};

function encoded(adapterId: string, model: string, body: JsonObject = ASKED): JsonObject {
  const translation = translationFor("chat", adapterFor(adapterId, model));
  assert.ok(translation !== null);
  return translation.encodeRequest(body, PATH, { model, stream: true, begun: BEGUN }).body;
}

/** The words of a message on whatever wire. */
function wordsOf(message: unknown): string {
  if (typeof message === "string") return message;
  if (Array.isArray(message)) return message.map(wordsOf).join("");
  if (!isJsonObject(message)) return "";
  return wordsOf(message.text ?? message.content ?? message.parts);
}

describe("a request whose answer was begun", () => {
  for (const [adapterId, model] of Object.entries(TAKERS)) {
    it(`ends with that beginning for ${adapterId}`, () => {
      assert.equal(adapterFor(adapterId, model).prefill?.takes(model), true);
      const body = encoded(adapterId, model);
      const messages = body.messages ?? body.contents;
      assert.ok(Array.isArray(messages));
      const last: unknown = messages.at(-1);
      assert.ok(isJsonObject(last));
      assert.ok(last.role === "assistant" || last.role === "model", String(last.role));
      assert.equal(wordsOf(last), BEGUN.text);
    });
  }

  it("asks for no more output than is left, and never for none", () => {
    assert.equal(encoded("vllm", "any").max_tokens, 70);
    assert.equal(encoded("vllm", "any", { ...ASKED, max_tokens: 20 }).max_tokens, 1);
    assert.equal(encoded("vllm", "any", { ...ASKED, max_tokens: undefined }).max_tokens, undefined);
  });

  it("does not ask for thoughts again, which Claude does not give to an answer that was begun", () => {
    assert.equal(isJsonObject(encoded("anthropic", "claude-sonnet-4-5").thinking), false);
  });

  it("goes on with what the client itself has begun", () => {
    const messages = [...ASKED.messages, { role: "assistant", content: "Well: " }];
    const { messages: sent } = encoded("mistral", "mistral-large-latest", { ...ASKED, messages });
    assert.ok(Array.isArray(sent));
    assert.equal(sent.length, 3);
    assert.deepEqual(sent.at(-1), { role: "assistant", content: `Well: ${BEGUN.text}`, prefix: true });
  });

  it("is the client's own where nothing of it was said", () => {
    const translation = translationFor("chat", adapterFor("mistral", "m"));
    const target = { model: "m", stream: true };
    const plain = translation?.encodeRequest(ASKED, PATH, target);
    const anew = translation?.encodeRequest(ASKED, PATH, { ...target, begun: { text: "", outputTokens: 5 } });
    assert.deepEqual(anew, plain);
  });
});

describe("models that do not go on with an answer", () => {
  const REFUSE: readonly (readonly [adapterId: string, model: string])[] = [
    ["openai", "gpt-4o"],
    ["azure-openai", "gpt-4o"],
    ["openai-compatible", "any"],
    ["anthropic", "claude-opus-4-6"],
    ["anthropic", "claude-sonnet-4-6"],
    ["anthropic", "claude-opus-5-5"],
    ["vertex", "claude-sonnet-4-6"],
    ["bedrock", "anthropic.claude-opus-4-6-v1"],
    ["bedrock", "amazon.nova-pro-v1:0"],
    ["gemini", "gemini-3-pro-preview"],
    ["groq", "openai/gpt-oss-120b"],
    ["deepseek", "deepseek-chat"],
  ];
  for (const [adapterId, model] of REFUSE)
    it(`such as ${model} of ${adapterId}`, () => {
      assert.notEqual(adapterFor(adapterId, model).prefill?.takes(model), true);
    });
});
