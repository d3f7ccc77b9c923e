import assert from "node:assert/strict";
import { test } from "node:test";
import { packToolCallId } from "@headrace/core/canonical/carried-state";
import type { ChatRequest } from "@headrace/core/canonical/chat";
import type { JsonObject } from "@headrace/core/json-object";
import { decodeRequest } from "./request-decoder.ts";

function decode(body: JsonObject): ChatRequest {
  return decodeRequest(body, { model: "gemini-3-pro", stream: true });
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

test("Gemini request: foreign proofs come back as what they were", () => {
  const { messages } = decode({
    contents: [
      {
        role: "model",
        parts: [
          { text: "Hm", thought: true },
          { text: "", thought: true, thoughtSignature: base64("__thought__anthropic__ErUB+/8=") },
          {
            text: "",
            thought: true,
            // The SDK for Python writes base64 in its URL form.
            thoughtSignature: base64("__thought__redacted__thought__anthropic__Em?>").replaceAll("+", "-"),
          },
          { functionCall: { id: "toolu_1", name: "f" }, thought_signature: base64("__thought__openai__x") },
        ],
      },
    ],
  });
  assert.deepEqual(messages[0]?.parts, [
    { type: "thinking", text: "Hm", signature: { signer: "anthropic", value: "ErUB+/8=" }, extra: {} },
    { type: "thinking", text: "", redacted: { signer: "anthropic", value: "Em?>" }, extra: {} },
    {
      type: "tool-call",
      id: "toolu_1",
      name: "f",
      argumentsJson: "{}",
      signature: { signer: "openai", value: "x" },
      extra: {},
    },
  ]);
});

test("Gemini request: an id that another wire packed is unpacked", () => {
  const packed = packToolCallId("call_9", { signature: { signer: "gemini", value: "sig" } });
  const { messages } = decode({
    contents: [
      { role: "model", parts: [{ functionCall: { id: packed, name: "f" } }] },
      { role: "function", parts: [{ functionResponse: { id: packed, name: "f", response: { a: 1 } } }] },
    ],
  });
  const [call] = messages[0]?.parts ?? [];
  const [result] = messages[1]?.parts ?? [];
  assert.ok(call?.type === "tool-call" && result?.type === "tool-result");
  assert.deepEqual([call.id, call.signature?.value, result.callId], ["call_9", "sig", "call_9"]);
});

test("Gemini request: results stand before the words of their content, and tell text from objects", () => {
  const { messages } = decode({
    contents: [
      { role: "model", parts: [{ functionCall: { name: "f" } }, { functionCall: { name: "g" } }] },
      {
        parts: [
          { text: "Go on" },
          { functionResponse: { name: "g", response: { output: { level: 2 } } } },
          {
            functionResponse: {
              name: "f",
              response: { result: "x" },
              parts: [{ inlineData: { mimeType: "image/png", data: "aGk=" } }],
            },
          },
        ],
      },
    ],
  });
  assert.deepEqual(
    messages.map(({ role }) => role),
    ["assistant", "tool", "user"],
  );
  const results = (messages[1]?.parts ?? []).filter((part) => part.type === "tool-result");
  assert.deepEqual(
    results.map(({ callId, parts }) => [callId, parts]),
    [
      ["call_0_1", [{ type: "text", text: '{"level":2}', extra: {} }]],
      [
        "call_0_0",
        [
          { type: "text", text: '{"result":"x"}', extra: {} },
          { type: "image", source: { kind: "base64", mediaType: "image/png", data: "aGk=" }, extra: {} },
        ],
      ],
    ],
  );
});

test("Gemini request: what only this wire knows is kept as it is", () => {
  const code = { executableCode: { language: "PYTHON", code: "1" } };
  const video = { videoMetadata: { fps: 2 }, fileData: { fileUri: "https://a.example/v.mp4" } };
  const { messages } = decode({
    contents: [
      { role: "user", parts: [video, { text: "a", partMetadata: { k: 1 } }] },
      { role: "model", parts: [code] },
    ],
  });
  assert.deepEqual(messages[0]?.parts, [
    {
      type: "file",
      source: { kind: "url", url: "https://a.example/v.mp4" },
      extra: { videoMetadata: { fps: 2 } },
    },
    { type: "text", text: "a", extra: { partMetadata: { k: 1 } } },
  ]);
  assert.deepEqual(messages[1]?.parts, [{ type: "opaque", wire: "gemini-generate", raw: code }]);
});

test("Gemini request: a single content and plain text will do", () => {
  const expected = decode({ contents: [{ role: "user", parts: [{ text: "Hi" }] }] }).messages;
  assert.deepEqual(decode({ contents: "Hi" }).messages, expected);
  assert.deepEqual(decode({ contents: { parts: [{ text: "Hi" }] } }).messages, expected);
  assert.deepEqual(decode({ contents: ["Hi"], systemInstruction: "Be kind." }).messages, [
    { role: "system", parts: [{ type: "text", text: "Be kind.", extra: {} }], extra: {} },
    ...expected,
  ]);
});

test("Gemini request: as many turns and calls as a body can hold take no more than their time", () => {
  const count = 20_000;
  const calls = Array.from({ length: count }, () => ({
    role: "model",
    parts: [{ functionCall: { name: "f" } }],
  }));
  const results = Array.from({ length: count }, () => ({
    parts: [{ functionResponse: { name: "f", response: {} } }],
  }));
  const { messages } = decode({ contents: [...calls, ...results] });
  assert.equal(messages.length, 2);
  const [last] = (messages[1]?.parts ?? []).slice(-1);
  assert.equal(last?.type === "tool-result" ? last.callId : "", `call_${count - 1}_0`);
});
