import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { ERROR_TABLE } from "@headrace/core/errors/table";
import { anthropicClientWire } from "./client-wire.ts";
import { anthropicErrorStatus, anthropicErrorType } from "./error-types.ts";
import { anthropicStream } from "./stream-dialect.ts";

test("Anthropic errors: the body that the SDK reads", () => {
  const error = new GatewayError("model_not_found", { message: 'There is no model "x".' });
  assert.deepEqual(JSON.parse(anthropicClientWire.encodeError(error, "req-1")), {
    type: "error",
    error: { type: "not_found_error", message: error.message },
    request_id: "req-1",
  });
});

test("Anthropic errors: an event that the stream's own reader takes for one", () => {
  const error = new GatewayError("upstream_cut", { message: "a\n\ndata: b" });
  const event = anthropicClientWire.encodeStreamError(error, "req-1");
  const [type, data, ...rest] = event.split("\n");
  assert.equal(type, "event: error");
  assert.deepEqual(rest, ["", ""]);
  const reading = anthropicStream.readEvent(data?.slice("data: ".length) ?? "");
  assert.deepEqual(reading, { kind: "error", message: error.message, status: 500 });
});

test("Anthropic errors: every one of the gateway's has a name that Anthropic's clients know", () => {
  for (const { status } of Object.values(ERROR_TABLE))
    assert.notEqual(anthropicErrorStatus(anthropicErrorType(status)), null);
});

const TYPES: readonly [number, string][] = [
  [400, "invalid_request_error"],
  [422, "invalid_request_error"],
  [401, "authentication_error"],
  [402, "billing_error"],
  [403, "permission_error"],
  [404, "not_found_error"],
  [413, "request_too_large"],
  [429, "rate_limit_error"],
  [500, "api_error"],
  [502, "api_error"],
  [503, "overloaded_error"],
  [504, "timeout_error"],
  [529, "overloaded_error"],
];

for (const [status, type] of TYPES)
  test(`Anthropic errors: ${status} is ${type}`, () => assert.equal(anthropicErrorType(status), type));

test("Anthropic keep-alive: a ping event", () => {
  assert.equal(anthropicClientWire.keepAlive, 'event: ping\ndata: {"type":"ping"}\n\n');
});
