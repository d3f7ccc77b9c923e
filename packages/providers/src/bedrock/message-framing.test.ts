import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { cutAt, frame } from "../framing/testing.ts";
import { BedrockMessageFraming, CONVERSE_MESSAGES, INVOKE_MESSAGES } from "./message-framing.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

test("Bedrock's messages: events become messages, cut anywhere, and comments become nothing", () => {
  const event = fc.record(
    {
      event: fc.constantFrom("messageStart", "contentBlockDelta", "throttlingException"),
      data: fc.json(),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(event), fc.array(fc.nat(500)), (events, cuts) => {
      const text = events.map(({ event: type, data }) => `: hm\n\nevent: ${type}\ndata: ${data}\n\n`);
      const framing = new BedrockMessageFraming(CONVERSE_MESSAGES);
      const pushed = cutAt(Buffer.from(text.join("")), cuts).map((piece) => framing.push(piece));
      const read = frame("aws-event-stream", [...pushed, framing.end()]);
      assert.deepEqual(read, { frames: events, whole: true });
    }),
    { seed },
  );
});

test("Bedrock's messages: for InvokeModel every event is a chunk of bytes, but for an exception", () => {
  const framing = new BedrockMessageFraming(INVOKE_MESSAGES);
  const bytes = framing.push(
    Buffer.from(
      'event: message_stop\ndata: {"type":"message_stop"}\n\nevent: validationException\ndata: {"message":"No."}\n\n',
    ),
  );
  const data = Buffer.from('{"type":"message_stop"}').toString("base64");
  assert.deepEqual(frame("aws-event-stream", [bytes]).frames, [
    { event: "chunk", data: JSON.stringify({ bytes: data }) },
    { event: "validationException", data: '{"message":"No."}' },
  ]);
});

test("Bedrock's messages: what a provider makes up is written, and not kept without bound", () => {
  const framing = new BedrockMessageFraming(CONVERSE_MESSAGES);
  const types = Array.from({ length: 200 }, (_, at) => `type${at}`);
  const bytes = framing.push(Buffer.from(types.map((type) => `event: ${type}\ndata: {}\n\n`).join("")));
  assert.deepEqual(
    frame("aws-event-stream", [bytes]).frames.map(({ event }) => event),
    types,
  );
});
