import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatRequest } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import { VERTEX } from "./dialect.ts";
import { UNSIGNED_CALL } from "./signatures.ts";
import { assistant, call, encode, gemini, image, result, text, user } from "./testing.ts";

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
