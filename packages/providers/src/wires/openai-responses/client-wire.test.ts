import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { decodeStream } from "../../testing/chat-streams.ts";
import { openAiResponsesClientWire } from "./client-wire.ts";
import { openAiResponsesProvider } from "./provider.ts";
import { encodeStream, eventsOf } from "./testing.ts";

const ERROR = new GatewayError("upstream_cut", { message: "It broke.", param: "x" });

test("Responses client wire: a plain error is OpenAI's", () => {
  const body: unknown = JSON.parse(openAiResponsesClientWire.encodeError(ERROR, "req-1"));
  assert.deepEqual(body, {
    error: {
      message: ERROR.message,
      type: "upstream_error",
      param: "x",
      code: "upstream_cut",
      request_id: "req-1",
    },
  });
});

test("Responses client wire: a broken stream ends with an error and a failed response, which every reader knows", () => {
  const whole = encodeStream([
    { type: "text-delta", choice: 0, text: "Half" },
    { type: "finish", choice: 0, reason: "stop" },
  ]);
  const half = whole.slice(0, whole.indexOf("event: response.output_text.done"));
  const stream =
    half + openAiResponsesClientWire.keepAlive + openAiResponsesClientWire.encodeStreamError(ERROR, "req-1");
  const numbers = eventsOf(stream).map((event) => Number(event.sequence_number));
  assert.deepEqual(
    numbers,
    [...numbers].sort((a, b) => a - b),
  );
  assert.equal(new Set(numbers).size, numbers.length);
  const [error, failed] = eventsOf(stream).slice(-2);
  // Flat as OpenAI's reference has it, and nested as its streams do.
  assert.deepEqual([error?.code, error?.message, error?.param], ["upstream_cut", ERROR.message, "x"]);
  assert.deepEqual(error?.error, {
    type: "upstream_error",
    code: "upstream_cut",
    message: ERROR.message,
    param: "x",
    request_id: "req-1",
  });
  assert.equal(failed?.type, "response.failed");
  const { events, whole: isWhole } = decodeStream(openAiResponsesProvider, [Buffer.from(stream)]);
  assert.equal(isWhole, false);
  assert.deepEqual(events.at(-1), { type: "error", message: ERROR.message, status: null });
});
