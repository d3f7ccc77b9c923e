import assert from "node:assert/strict";
import { test } from "node:test";
import type { AssistantPart, ChatAnswer, ChatChoice } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import { totalInputTokens, totalOutputTokens } from "@headrace/core/canonical/usage";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import fc from "fast-check";
import { decodeAnswer } from "./answer-decoder.ts";
import { encodeAnswer } from "./answer-encoder.ts";
import { CALL, gemini, readJsonFixture, text } from "./testing.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

const ID = "q7wLaMillRaceR3spGemini";
const SIGNED_TEXT = gemini("EsQCCsECAb4+9vtTaWduYXR1cmVPZlRoZVRob3VnaHRJblRoZUZpeHR1cmU=");
const SIGNED_CALL = gemini("EqUBCqIBAb4+9vtTaWduYXR1cmVPZlRoZUZpcnN0Q2FsbA==");

interface Case {
  readonly parts: readonly AssistantPart[];
  readonly finish: ChatChoice["finish"];
  /** Sums that the provider counts, of all input and all output. */
  readonly totals: readonly [number, number];
}

const ANSWERS: Readonly<Record<string, Case>> = {
  text: {
    parts: [{ ...text("The mill stands by the river."), signature: SIGNED_TEXT }],
    finish: "stop",
    totals: [21, 72],
  },
  tools: {
    parts: [
      {
        type: "tool-call",
        id: "fc-7f31",
        name: "read_gauge",
        argumentsJson: '{"station":"Oberau"}',
        signature: SIGNED_CALL,
        extra: NO_EXTRA,
      },
    ],
    finish: "tool-calls",
    totals: [412, 145],
  },
  thinking: {
    parts: [
      { type: "thinking", text: "Flow is area times speed.", extra: NO_EXTRA },
      { ...text("It is 6 m³/s."), signature: SIGNED_TEXT },
    ],
    finish: "stop",
    totals: [33, 80],
  },
  grounding: {
    parts: [
      {
        ...text("Die Mühle steht. Sie mahlt."),
        citations: [
          { url: "https://mills.example/oberau", title: "Mills of Oberau", startIndex: 0, endIndex: 16 },
          { url: "https://rivers.example/", startIndex: 0, endIndex: 16 },
          { url: "https://rivers.example/", startIndex: 17, endIndex: 27 },
          { url: "https://maps.example/1", title: "Mill" },
          { url: "https://books.example/mill" },
        ],
      },
    ],
    finish: "stop",
    totals: [320, 8],
  },
  blocked: {
    parts: [{ type: "refusal", text: "The prompt is not allowed." }],
    finish: "content-filter",
    totals: [55, 0],
  },
};

for (const [name, { parts, finish, totals }] of Object.entries(ANSWERS)) {
  test(`Gemini answer: ${name}`, () => {
    const { choices, usage, id, model } = decodeAnswer(readJsonFixture(name));
    assert.deepEqual([id, model], [ID, "gemini-3-pro-preview"]);
    assert.equal(choices.length, 1);
    assert.deepEqual(choices[0]?.parts, parts);
    assert.equal(choices[0]?.finish, finish);
    assert.ok(usage !== null);
    assert.deepEqual([totalInputTokens(usage), totalOutputTokens(usage)], totals);
  });
}

test("Gemini answer: what is known by itself", () => {
  const answer = decodeAnswer({
    createTime: "2026-01-01T00:00:01.5Z",
    candidates: [
      { content: { parts: [{ functionCall: { name: "f" } }, { functionCall: { name: "f", args: null } }] } },
      { finishReason: "NEW_REASON", index: 7 },
    ],
    modelStatus: { stage: "PREVIEW" },
  });
  assert.deepEqual(answer, {
    wire: "gemini-generate",
    id: "",
    model: "",
    createdAtSeconds: 1_767_225_601,
    choices: [
      {
        index: 0,
        parts: ["call_0_f", "call_1_f"].map((id) => ({
          type: "tool-call",
          id,
          name: "f",
          argumentsJson: "{}",
          extra: {},
        })),
        finish: "other",
        extra: {},
      },
      { index: 7, parts: [], finish: "other", extra: {} },
    ],
    usage: null,
    extra: { createTime: "2026-01-01T00:00:01.5Z", modelStatus: { stage: "PREVIEW" } },
  });
});

test("Gemini answer: media, code that ran at Google, and JSON given by a tool", () => {
  const code = { executableCode: { language: "PYTHON", code: "1 + 1" } };
  const { choices } = decodeAnswer({
    candidates: [
      {
        content: {
          parts: [
            { inlineData: { mimeType: "image/png", data: "aGk=" } },
            { inlineData: { mimeType: "audio/wav", data: "aGk=" } },
            { fileData: { mimeType: "image/jpeg", fileUri: "https://a.example/b" } },
            code,
            { functionCall: { name: "respond_with_json__weather", args: { c: 21 } } },
            { text: "" },
          ],
        },
        finishReason: "STOP",
      },
    ],
  });
  assert.deepEqual(choices[0]?.parts, [
    { type: "image", source: { kind: "base64", mediaType: "image/png", data: "aGk=" }, extra: {} },
    { type: "audio", source: { kind: "base64", mediaType: "audio/wav", data: "aGk=" }, extra: {} },
    {
      type: "image",
      source: { kind: "url", url: "https://a.example/b", mediaType: "image/jpeg" },
      extra: {},
    },
    { type: "opaque", wire: "gemini-generate", raw: code },
    { type: "text", text: '{"c":21}', extra: {} },
  ]);
  assert.equal(choices[0]?.finish, "stop");
});

test("Gemini answer: the ids of two answers differ, and are short", () => {
  const body = (responseId: string): JsonObject => ({
    responseId,
    candidates: [{ content: { parts: [{ functionCall: { name: "f" } }] } }],
  });
  const ids = ["a".repeat(100), "b__-b"].map((id) => {
    const part = decodeAnswer(body(id)).choices[0]?.parts[0];
    return part?.type === "tool-call" ? part.id : "";
  });
  assert.deepEqual(ids, [`call_${"a".repeat(28)}_0`, "call_bb_0"]);
});

const NO_ANSWERS: readonly (readonly [string, JsonObject, RegExp])[] = [
  ["nothing", {}, /neither candidates/],
  ["an empty list", { candidates: [] }, /neither candidates/],
  ["an error", { error: { code: 500, message: "Internal error.", status: "INTERNAL" } }, /Internal error/],
  [
    "a call without a name",
    { candidates: [{ content: { parts: [{ functionCall: {} }] } }] },
    /without a name/,
  ],
];

for (const [name, body, words] of NO_ANSWERS) {
  test(`Gemini answer: ${name} is none`, () => {
    assert.throws(
      () => decodeAnswer(body),
      (error) =>
        error instanceof GatewayError &&
        error.code === "upstream_invalid_response" &&
        words.test(error.message),
    );
  });
}

const FOREIGN: ChatAnswer = {
  wire: "anthropic-messages",
  id: "msg_1",
  model: "claude",
  createdAtSeconds: null,
  choices: [
    {
      index: 0,
      parts: [
        { type: "thinking", text: "Hm", signature: { signer: "anthropic", value: "ErUB" }, extra: NO_EXTRA },
        { type: "opaque", wire: "anthropic-messages", raw: { type: "server_tool_use" } },
        text("Look:"),
        {
          type: "tool-call",
          id: "toolu_1",
          name: "f",
          argumentsJson: '{"a":1}',
          extra: { caller: { type: "direct" } },
        },
      ],
      finish: "tool-calls",
      extra: { stop_details: null },
    },
  ],
  usage: null,
  extra: { container: "x" },
};

test("Gemini answer: another wire's, for a client of Google's SDKs", () => {
  assert.deepEqual(encodeAnswer(FOREIGN, CALL), {
    candidates: [
      {
        content: {
          parts: [
            {
              text: "Hm",
              thought: true,
              thoughtSignature: Buffer.from("__thought__anthropic__ErUB").toString("base64"),
            },
            { text: "Look:" },
            { functionCall: { id: "toolu_1", name: "f", args: { a: 1 } } },
          ],
          role: "model",
        },
        finishReason: "STOP",
        index: 0,
      },
    ],
    modelVersion: "claude",
    responseId: "msg_1",
  });
});

test("Gemini answer: one with nothing to say still has a part", () => {
  const [choice] = FOREIGN.choices;
  assert.ok(choice !== undefined);
  const empty: ChatAnswer = {
    ...FOREIGN,
    id: "",
    model: "",
    choices: [{ ...choice, parts: [], finish: "stop" }],
  };
  assert.deepEqual(encodeAnswer(empty, CALL), {
    candidates: [{ content: { parts: [{ text: "" }], role: "model" }, finishReason: "STOP", index: 0 }],
    modelVersion: "gemini",
    responseId: "req-1",
  });
});

test("Gemini answer: arguments that are no object are told as Google tells it", () => {
  const [choice] = FOREIGN.choices;
  assert.ok(choice !== undefined);
  const parts = [{ type: "tool-call", id: "1", name: "f", argumentsJson: "[1]", extra: NO_EXTRA }] as const;
  const { candidates } = encodeAnswer({ ...FOREIGN, choices: [{ ...choice, parts }] }, CALL);
  assert.deepEqual(candidates, [
    {
      content: { parts: [{ text: "" }], role: "model" },
      finishReason: "MALFORMED_FUNCTION_CALL",
      index: 0,
    },
  ]);
});

test("Gemini answer: its own decoder reads what it wrote", (context) => {
  context.diagnostic(`fast-check seed ${seed}`);
  const words = fc.string({ unit: "binary", minLength: 1 }).filter((text) => text.isWellFormed());
  const signature = fc.record({
    signer: fc.constantFrom("anthropic" as const, "gemini" as const, "openai" as const),
    value: fc.base64String({ minLength: 4 }),
  });
  const extra = fc.constant(NO_EXTRA);
  const part: fc.Arbitrary<AssistantPart> = fc.oneof(
    fc.record(
      { type: fc.constant("text" as const), text: words, signature, extra },
      { requiredKeys: ["type", "text", "extra"] },
    ),
    fc.record(
      { type: fc.constant("thinking" as const), text: words, signature, extra },
      { requiredKeys: ["type", "text", "extra"] },
    ),
    fc.record({ type: fc.constant("thinking" as const), text: fc.constant(""), redacted: signature, extra }),
    fc.record(
      {
        type: fc.constant("tool-call" as const),
        id: fc.uuid(),
        name: fc.constantFrom("f", "g"),
        argumentsJson: fc.dictionary(words, words).map((args) => JSON.stringify(args)),
        signature,
        extra,
      },
      { requiredKeys: ["type", "id", "name", "argumentsJson", "extra"] },
    ),
    fc
      .record({
        type: fc.constantFrom("image" as const, "audio" as const),
        source: fc.constant({ kind: "base64" as const, mediaType: "x", data: "aGk=" }),
        extra,
      })
      .map((media) => ({ ...media, source: { ...media.source, mediaType: `${media.type}/x` } })),
  );
  const property = fc.property(fc.array(part, { minLength: 1 }), (parts) => {
    const hasCalls = parts.some(({ type }) => type === "tool-call");
    const choice: ChatChoice = {
      index: 0,
      parts,
      finish: hasCalls ? "tool-calls" : "length",
      extra: NO_EXTRA,
    };
    const answer: ChatAnswer = { ...FOREIGN, choices: [choice], wire: "gemini-generate", extra: NO_EXTRA };
    const written: unknown = JSON.parse(JSON.stringify(encodeAnswer(answer, CALL)));
    assert.deepEqual(decodeAnswer(written as JsonObject), JSON.parse(JSON.stringify(answer)));
  });
  fc.assert(property, { seed });
});
