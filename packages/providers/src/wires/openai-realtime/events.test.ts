import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { betaHeader, readRealtimeEvent, realtimeErrorEvent } from "./events.ts";

const read = (event: unknown): unknown => readRealtimeEvent(Buffer.from(JSON.stringify(event)));

test("reads the usage of an answer that is done, cached tokens apart", () => {
  const usage = {
    total_tokens: 253,
    input_tokens: 132,
    output_tokens: 121,
    input_token_details: { text_tokens: 119, audio_tokens: 13, cached_tokens: 64 },
    output_token_details: { text_tokens: 30, audio_tokens: 91 },
  };
  assert.deepEqual(read({ type: "response.done", response: { status: "completed", usage } }), {
    kind: "done",
    usage: {
      uncachedInput: 68,
      cacheReadInput: 64,
      cacheWrite5mInput: 0,
      cacheWrite1hInput: 0,
      visibleOutput: 121,
      reasoningOutput: 0,
    },
  });
});

test("reads what begins and what is done without usage", () => {
  assert.deepEqual(read({ event_id: "e", type: "response.created", response: {} }), { kind: "begun" });
  assert.deepEqual(read({ type: "response.done", response: { status: "failed", usage: null } }), {
    kind: "done",
    usage: null,
  });
});

test("takes nobody's words for an event, nor half of one", () => {
  assert.equal(read({ type: "response.output_text.delta", delta: '{"type":"response.done"}' }), null);
  assert.equal(
    read({ type: "response.output_text.delta", delta: "response.done", kind: "response.done" }),
    null,
  );
  assert.equal(readRealtimeEvent(Buffer.from('{"type":"response.done"')), null);
  assert.equal(readRealtimeEvent(Buffer.alloc(0)), null);
});

test("an error has the shape of the wire's own", () => {
  const event = JSON.parse(realtimeErrorEvent(new GatewayError("upstream_cut"), "req_1"));
  assert.deepEqual(
    [event.type, event.event_id, event.error.type, event.error.code, event.error.param],
    ["error", "event_req_1", "upstream_error", "upstream_cut", null],
  );
});

test("the beta is wished for in a header, whichever way the client did", () => {
  assert.deepEqual(betaHeader(["realtime", "openai-beta.realtime-v1"], ""), ["openai-beta", "realtime=v1"]);
  assert.deepEqual(betaHeader([], "realtime=v1"), ["openai-beta", "realtime=v1"]);
  assert.deepEqual(betaHeader(["realtime"], ""), []);
});
