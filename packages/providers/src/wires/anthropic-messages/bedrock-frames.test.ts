import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import { awsEvent, awsMessage, byteByByte, frame } from "../../framing/testing.ts";
import { BEDROCK_INVOKE } from "./dialect.ts";
import { anthropicProvider } from "./provider.ts";
import { decodeStream, readStreamFixture } from "./testing.ts";

const provider = anthropicProvider(BEDROCK_INVOKE);

function decode(chunks: readonly Buffer[]): { events: ChatStreamEvent[]; whole: boolean } {
  const events: ChatStreamEvent[] = [];
  const decoder = provider.createStreamDecoder((event) => events.push(event));
  const { frames, whole } = frame(provider.framing, chunks);
  for (const one of frames) decoder.push(one);
  return { events, whole: decoder.end() && whole };
}

function wrap(fixture: string): Buffer {
  const { frames } = frame("sse", [readStreamFixture(fixture)]);
  return Buffer.concat(
    frames.map(({ data }) =>
      awsEvent("chunk", JSON.stringify({ bytes: Buffer.from(data).toString("base64"), p: "abcd" })),
    ),
  );
}

for (const fixture of ["text", "parallel-tools", "thinking", "error", "cut"]) {
  test(`Anthropic on Bedrock: ${fixture} reads as from Anthropic itself`, () => {
    const bytes = wrap(fixture);
    const expected = decodeStream([readStreamFixture(fixture)]);
    assert.deepEqual(decode([bytes]), expected);
    assert.deepEqual(decode(byteByByte(bytes)), expected);
  });
}

test("Anthropic on Bedrock: an exception ends the stream with AWS's words", () => {
  const headers = { ":message-type": "exception", ":exception-type": "throttlingException" };
  const exception = awsMessage(headers, '{"message":"Too many requests."}');
  const { events, whole } = decode([wrap("cut"), exception]);
  assert.equal(whole, false);
  assert.deepEqual(events.at(-1), { type: "error", message: "Too many requests.", status: 429 });
});

test("Anthropic on Bedrock: an exception without words, and a message that is not wrapped", () => {
  const headers = { ":message-type": "exception", ":exception-type": "internalServerException" };
  assert.deepEqual(decode([awsMessage(headers, "")]).events, [
    { type: "error", message: "internalServerException", status: 500 },
  ]);
  assert.equal(decode([awsEvent("chunk", '{"type":"message_start"}')]).events[0]?.type, "error");
});
