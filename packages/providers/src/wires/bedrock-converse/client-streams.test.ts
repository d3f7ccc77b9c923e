/** Streams for clients: every order of events, and the streams of every provider, read as AWS's SDKs read them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { unpackToolCallId } from "@headrace/core/canonical/carried-state";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import fc from "fast-check";
import { BedrockMessageFraming, CONVERSE_MESSAGES } from "../../bedrock/message-framing.ts";
import { foundInStream, framesOf } from "../../conformance/findings.ts";
import { readExpected, readStreamFixture } from "../../conformance/fixture-files.ts";
import { chatSubjects } from "../../conformance/subjects.ts";
import { parseJsonObject } from "../../json/read.ts";
import { answerParts, saidBy, streamedAnswer } from "../../testing/answer-arbitraries.ts";
import { decodeStream } from "../../testing/chat-streams.ts";
import { converseClient } from "./client.ts";
import { readRedacted, readTextSignature } from "./client-signatures.ts";
import { converseProvider } from "./provider.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);
const CALL = { requestId: "r1", model: "m", createdAtSeconds: 0, includeUsage: true, echo: undefined };

function write(events: readonly ChatStreamEvent[], whole = true): Buffer {
  const encoder = converseClient.createStreamEncoder(CALL);
  const framing = new BedrockMessageFraming(CONVERSE_MESSAGES);
  let text = "";
  for (const event of events) if (event.type !== "error") text += encoder.encode(event);
  if (whole) text += encoder.end();
  return Buffer.concat([framing.push(Buffer.from(text)), framing.end()]);
}

/** The reader takes every proof for Anthropic's own; a client brings it back as it is, and its codec tells whose it is. */
function asClient(events: readonly ChatStreamEvent[]): ChatStreamEvent[] {
  return events.map((event) => {
    if (event.type === "tool-call-start") return { ...event, id: unpackToolCallId(event.id).id };
    if (event.type !== "thinking-delta") return event;
    const { signature, redacted, ...rest } = event;
    return {
      ...rest,
      ...(signature === undefined ? {} : { signature: readTextSignature(signature.value) }),
      ...(redacted === undefined ? {} : { redacted: readRedacted(redacted.value) }),
    };
  });
}

test("converse stream: whatever the order of events, a client reads what they say", (context) => {
  context.diagnostic(`fast-check seed ${seed}`);
  fc.assert(
    fc.property(streamedAnswer, ({ events }) => {
      const { events: read, whole } = decodeStream(converseProvider, [write(events)]);
      assert.equal(whole, true);
      assert.deepEqual(saidBy(asClient(read)), saidBy(events));
    }),
    { seed, numRuns: 300 },
  );
});

test("converse stream: one block is closed before the next begins, and the message last", () => {
  fc.assert(
    fc.property(streamedAnswer, ({ events }) => {
      const frames = framesOf("aws-event-stream", write(events));
      const types = frames.map(({ event }) => event);
      assert.equal(types[0], "messageStart");
      assert.deepEqual(types.slice(-2), ["messageStop", "metadata"]);
      let next = 0;
      for (const { event, data } of frames.slice(1, -2)) {
        assert.equal(parseJsonObject(data)?.contentBlockIndex, next, event);
        if (event === "contentBlockStop") next++;
      }
    }),
    { seed, numRuns: 200 },
  );
});

for (const { title, codec, folder, cases } of chatSubjects()) {
  for (const name of cases) {
    const bytes = readStreamFixture(folder, name, codec.framing);
    if (bytes === null) continue;
    test(`converse stream: ${title}'s ${name} says to a client what it says`, () => {
      const expected = readExpected(folder, name);
      const { events, whole } = decodeStream(codec, [bytes]);
      const found = foundInStream(decodeStream(converseProvider, [write(events, whole)]));
      assert.equal(found.text, expected.text);
      if (expected.error !== null || expected.cut) return assert.equal(found.cut, true);
      assert.deepEqual(found.calls, expected.calls);
      assert.equal(found.thinking, expected.thinking);
      assert.equal(found.finish, expected.finish);
      if (expected.usage !== null) assert.deepEqual(found.usage, { ...expected.usage, reasoning: 0 });
    });
  }
}

test("converse stream: a picture is a block of bytes, an address is text, a refusal its own reason", () => {
  const read = decodeStream(converseProvider, [
    write([
      { type: "start", id: "", model: "", createdAtSeconds: null },
      { type: "image", choice: 0, source: { kind: "base64", mediaType: "image/png", data: "aGk=" } },
      { type: "image", choice: 0, source: { kind: "url", url: "https://mill.example/wheel.png" } },
      {
        type: "citation",
        choice: 0,
        citation: { url: "https://mill.example", title: "Mill", quote: "turns" },
      },
      { type: "refusal-delta", choice: 0, text: "No." },
      { type: "text-delta", choice: 1, text: "of another choice" },
      { type: "finish", choice: 0, reason: "stop", stopSequence: "END" },
    ]),
  ]);
  assert.deepEqual(read.events.slice(1, -1), [
    { type: "image", choice: 0, source: { kind: "base64", mediaType: "image/png", data: "aGk=" } },
    { type: "text-delta", choice: 0, text: "![image](https://mill.example/wheel.png)" },
    { type: "citation", choice: 0, citation: { url: "https://mill.example", title: "Mill", quote: "turns" } },
    { type: "text-delta", choice: 0, text: "No." },
    { type: "finish", choice: 0, reason: "content-filter", stopSequence: "END" },
  ]);
});

test("converse stream: a call out of order is a bug", () => {
  const start = { type: "start", id: "", model: "", createdAtSeconds: null } as const;
  const text = { type: "text-delta", choice: 0, text: "a" } as const;
  const finish = { type: "finish", choice: 0, reason: "stop" } as const;
  for (const events of [[text], [start, start], [start, finish, text]])
    assert.throws(() => write(events, false), /ConverseStreamEncoder/);
  assert.throws(() => write([start, text]), /ConverseStreamEncoder/);
});

test("converse answer: its own reader reads what was written", () => {
  fc.assert(
    fc.property(answerParts, (parts) => {
      const calls = parts.some(({ type }) => type === "tool-call");
      const choice = {
        index: 0,
        parts,
        finish: calls ? ("tool-calls" as const) : ("length" as const),
        extra: NO_EXTRA,
      };
      const answer = {
        wire: "openai-chat",
        id: "1",
        model: "m",
        createdAtSeconds: 1,
        choices: [choice],
        usage: null,
        extra: NO_EXTRA,
      } as const;
      const body = parseJsonObject(JSON.stringify(converseClient.encodeAnswer(answer, CALL)));
      const read = converseProvider.decodeAnswer(body ?? {});
      const again = read.choices[0]?.parts.map((part) =>
        part.type === "thinking" && part.signature !== undefined
          ? { ...part, signature: readTextSignature(part.signature.value) }
          : part,
      );
      assert.deepEqual(again, parts);
      assert.equal(read.choices[0]?.finish, choice.finish);
    }),
    { seed },
  );
});

test("converse stream: calls that are mixed beyond measure are the provider's fault", () => {
  const encoder = converseClient.createStreamEncoder(CALL);
  encoder.encode({ type: "start", id: "", model: "", createdAtSeconds: null });
  for (const index of [0, 1])
    encoder.encode({ type: "tool-call-start", choice: 0, index, id: `call_${index}`, name: "f" });
  const piece = "x".repeat(1024 * 1024);
  assert.throws(
    () => {
      for (let round = 0; round < 20; round++)
        encoder.encode({ type: "tool-call-delta", choice: 0, index: 1, argumentsJson: piece });
    },
    (error) => error instanceof GatewayError && error.code === "upstream_invalid_response",
  );
});
