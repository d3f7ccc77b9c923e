/** Whole answers and errors for clients, and what the relay sees of a stream that is passed on. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { unpackToolCallId } from "@headrace/core/canonical/carried-state";
import type { ChatAnswer } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import fc from "fast-check";
import { cohereClientWire } from "../../cohere/client-wire.ts";
import { answerParts } from "../../testing/answer-arbitraries.ts";
import { decodeStream, fixtureObject } from "../../testing/chat-streams.ts";
import { cohereClient } from "./client.ts";
import { cohereProvider } from "./provider.ts";
import { cohereStream } from "./stream-dialect.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);
const CALL = { requestId: "r1", model: "m", createdAtSeconds: 0, includeUsage: true, echo: undefined };

function encode(parts: ChatAnswer["choices"][number]["parts"], wire: ChatAnswer["wire"]): JsonObject {
  const answer: ChatAnswer = {
    wire,
    id: "",
    model: "m",
    createdAtSeconds: 1,
    choices: [{ index: 0, parts, finish: "length", extra: NO_EXTRA }],
    usage: null,
    extra: NO_EXTRA,
  };
  return JSON.parse(JSON.stringify(cohereClient.encodeAnswer(answer, CALL)));
}

test("cohere answer: its own reader reads what was written, in the order of this wire", () => {
  fc.assert(
    fc.property(answerParts, (parts) => {
      const read = cohereProvider.decodeAnswer(encode(parts, "anthropic-messages"));
      const plain = parts.map((part) => {
        if (part.type !== "thinking") return part;
        const { signature: _, ...rest } = part;
        return rest;
      });
      const again = read.choices[0]?.parts.map((part) =>
        part.type === "tool-call" ? { ...part, id: unpackToolCallId(part.id).id } : part,
      );
      assert.deepEqual(again, [
        ...plain.filter(({ type }) => type !== "tool-call"),
        ...plain.filter(({ type }) => type === "tool-call"),
      ]);
      assert.equal(read.id, "r1");
    }),
    { seed },
  );
});

test("cohere answer: what Cohere itself said is said again", () => {
  for (const name of ["text", "tools", "thinking", "parallel-tools", "length"]) {
    const read = cohereProvider.decodeAnswer(fixtureObject(`cohere/${name}.json`));
    const again = cohereProvider.decodeAnswer(
      JSON.parse(JSON.stringify(cohereClient.encodeAnswer(read, CALL))),
    );
    const [choice] = again.choices;
    const parts = choice?.parts.map((part) =>
      // What was thought before them travels in the ids of calls.
      part.type === "tool-call" ? { ...part, id: unpackToolCallId(part.id).id } : part,
    );
    assert.deepEqual({ ...again, choices: [{ ...choice, parts }] }, read);
  }
});

test("cohere answer: citations find their words again, whatever the characters before them", () => {
  const citation = { url: "https://mill.example", title: "Mill", startIndex: 3, endIndex: 13 };
  const text = "🌊 Open gates let the river pass.";
  const body = encode(
    [
      { type: "thinking", text: "Hm.", extra: NO_EXTRA },
      { type: "text", text, citations: [citation], extra: NO_EXTRA },
    ],
    "gemini-generate",
  );
  assert.deepEqual(body.message, {
    role: "assistant",
    content: [
      { type: "thinking", thinking: "Hm." },
      { type: "text", text },
    ],
    citations: [
      {
        start: 2,
        end: 12,
        text: "Open gates",
        sources: [
          {
            type: "document",
            id: "https://mill.example",
            document: { id: "https://mill.example", url: "https://mill.example", title: "Mill" },
          },
        ],
        type: "TEXT_CONTENT",
        content_index: 1,
      },
    ],
  });
  const read = cohereProvider.decodeAnswer(body).choices[0]?.parts[1];
  assert.deepEqual(read, { type: "text", text, citations: [citation], extra: NO_EXTRA });
});

test("cohere errors: a stream that broke ends its message with the reason, and is no answer", () => {
  const error = new GatewayError("upstream_cut");
  const event = Buffer.from(cohereClientWire.encodeStreamError(error, "r1"));
  const start = Buffer.from('data: {"type":"message-start","id":"1","delta":{}}\n\n');
  const { events, whole } = decodeStream(cohereProvider, [start, event]);
  assert.equal(whole, false);
  assert.deepEqual(events.at(-1), { type: "error", message: error.message, status: null });
  assert.deepEqual(JSON.parse(cohereClientWire.encodeError(error, "r1")), {
    id: "r1",
    message: error.message,
  });
});

const READINGS = [
  ["[DONE]", { kind: "done" }],
  ["{", { kind: "other" }],
  ['{"message":"No."}', { kind: "error", message: "No.", status: null }],
  [
    '{"type":"message-end","delta":{"finish_reason":"ERROR","error":"It broke."}}',
    { kind: "error", message: "It broke.", status: null },
  ],
  [
    '{"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"tokens":{}}}}',
    { kind: "chunk", usage: { tokens: {} }, usageOnly: false, finished: true, textBytes: 0 },
  ],
  [
    '{"type":"content-delta","delta":{"message":{"content":{"text":"wéir"}}}}',
    { kind: "chunk", usage: null, usageOnly: false, finished: false, textBytes: 5 },
  ],
] as const;

for (const [data, reading] of READINGS)
  test(`cohere dialect: ${data}`, () => assert.deepEqual(cohereStream.readEvent(data), reading));
