import assert from "node:assert/strict";
import { test } from "node:test";
import { BedrockMessageFraming, CONVERSE_MESSAGES } from "@headrace/providers/bedrock/message-framing";
import { awsHeaders, awsMessage } from "@headrace/providers/framing/aws-message";
import { converseStream } from "@headrace/providers/wires/bedrock-converse/stream-dialect";
import { usageFromConverse } from "@headrace/providers/wires/bedrock-converse/usage";
import fc from "fast-check";
import { FrameTap } from "./frame-tap.ts";
import { MALFORMED } from "./malformed-event.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

type Message = readonly [type: string, payload: string];

const USAGE = '{"usage":{"inputTokens":3,"outputTokens":5},"trace":{"guardrail":{}}}';
const ANSWER: readonly Message[] = [
  ["messageStart", '{"role":"assistant","p":"abc"}'],
  ["contentBlockDelta", '{\n  "contentBlockIndex": 0,\r\n  "delta": { "text": "Wéir.", "unknown": 1 }\n}'],
  ["somethingNew", "{}"],
  ["messageStop", '{"stopReason":"end_turn"}'],
  ["metadata", USAGE],
];
const BEFORE_STOP = 3;

function written(messages: readonly Message[], kind: "event" | "exception" = "event"): Buffer {
  return Buffer.concat(
    messages.map(([type, payload]) => {
      const headers = awsHeaders([
        [`:${kind}-type`, type],
        [":content-type", "application/json"],
        [":message-type", kind],
      ]);
      return awsMessage(headers, payload);
    }),
  );
}

function tap(): FrameTap {
  return new FrameTap(converseStream, { framing: "aws-event-stream", tokenUsage: usageFromConverse });
}

function reframed(events: readonly (Buffer | null)[]): Buffer {
  const framing = new BedrockMessageFraming(CONVERSE_MESSAGES);
  return Buffer.concat([...events.map((bytes) => framing.push(bytes ?? Buffer.alloc(0))), framing.end()]);
}

test("frame tap: every message reaches the client with all it says, wherever it is cut", () => {
  const bytes = written(ANSWER);
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length)), (cuts) => {
      const places = [...new Set([0, ...cuts, bytes.length])].sort((a, b) => a - b);
      const relay = tap();
      const events = places.slice(1).map((end, at) => relay.push(bytes.subarray(places[at], end)));
      const ending = relay.end();
      assert.equal(ending.whole, true);
      // Line ends within JSON are the only thing that an event can say in one way alone.
      const said = ANSWER.map(([type, payload]): Message => [type, payload.replaceAll("\r\n", "\n")]);
      assert.deepEqual(reframed([...events, ending.bytes]), written(said));
      assert.equal(relay.events, ANSWER.length);
      assert.equal(relay.usage?.visibleOutput, 5);
      assert.equal(relay.usageIsFinal, true);
    }),
    { seed },
  );
});

test("frame tap: a stream without its end is cut, and what it used is estimated", () => {
  const relay = tap();
  relay.push(written(ANSWER.slice(0, BEFORE_STOP)));
  assert.deepEqual(relay.end(), { whole: false, bytes: null });
  assert.equal(relay.usageIsFinal, false);
  assert.equal(relay.estimateOutputTokens(), 2);
});

test("frame tap: half a message is a cut too", () => {
  const relay = tap();
  relay.push(written(ANSWER).subarray(0, -1));
  assert.equal(relay.end().whole, false);
});

test("frame tap: an exception is kept back, with its status, and nothing follows it", () => {
  const relay = tap();
  const before = written(ANSWER.slice(0, 1));
  const exception = written([["throttlingException", '{"message":"Too many tokens."}']], "exception");
  const bytes = relay.push(Buffer.concat([before, exception, written(ANSWER.slice(1))]));
  assert.deepEqual(relay.error, { kind: "error", message: "Too many tokens.", status: 429 });
  assert.deepEqual(reframed([bytes]), before);
  assert.deepEqual(relay.end(), { whole: true, bytes: null });
});

test("frame tap: a message that is no JSON is kept back, and nothing follows it", () => {
  const relay = tap();
  const before = written(ANSWER.slice(0, 1));
  const bytes = relay.push(
    Buffer.concat([before, written([["contentBlockDelta", '{"delta":{"te']]), written(ANSWER)]),
  );
  assert.deepEqual(reframed([bytes]), before);
  assert.equal(relay.error, MALFORMED);
  assert.equal(relay.passesErrors, false);
});
