import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "./gateway-error.ts";
import { encodeOpenAiError, encodeOpenAiStreamError } from "./openai-shape.ts";
import { ERROR_TABLE, type ErrorCode } from "./table.ts";

const CODES = Object.keys(ERROR_TABLE) as ErrorCode[];

function facts(error: GatewayError): object {
  const { name, message, code, status, type, param, retryAfterMs } = error;
  return { name, message, code, status, type, param, retryAfterMs };
}

for (const code of CODES) {
  test(`GatewayError: ${code} crosses a thread border unchanged`, () => {
    const bare = new GatewayError(code);
    const full = new GatewayError(code, {
      message: "This went wrong.",
      param: "messages[0].role",
      status: 529,
      type: "rate_limit_error",
      retryAfterMs: 2500,
      cause: new Error("cause"),
    });
    for (const error of [bare, full]) {
      const arrived = GatewayError.fromWire(structuredClone(error.toWire()));
      assert.ok(arrived instanceof GatewayError);
      assert.deepEqual(facts(arrived), facts(error));
    }
  });
}

test("GatewayError: the message says what happened and what to do", () => {
  const row = ERROR_TABLE.model_not_found;
  assert.equal(new GatewayError("model_not_found").message, `${row.summary} ${row.remedy}`);
  assert.equal(
    new GatewayError("model_not_found", { message: 'The model "x" does not exist.' }).message,
    `The model "x" does not exist. ${row.remedy}`,
  );
});

test("GatewayError: only errors that a retry may cure say when to retry", () => {
  for (const code of CODES) {
    const expected = ERROR_TABLE[code].retryable ? 1000 : undefined;
    assert.equal(new GatewayError(code).retryAfterMs, expected, code);
  }
  assert.equal(new GatewayError("invalid_json", { retryAfterMs: 5 }).retryAfterMs, 5);
});

test("GatewayError: keeps its cause on this side only", () => {
  const cause = new Error("socket hang up");
  const error = new GatewayError("upstream_cut", { cause });
  assert.equal(error.cause, cause);
  assert.ok(!("cause" in new GatewayError("upstream_cut")));
  assert.ok(!JSON.stringify(error.toWire()).includes("socket"));
});

test("OpenAI shape: body and stream event", () => {
  const error = new GatewayError("invalid_field", {
    message: "messages[0].role must be a string.",
    param: "messages[0].role",
  });
  const expected = {
    error: {
      message: "messages[0].role must be a string. Correct the field named in param.",
      type: "invalid_request_error",
      param: "messages[0].role",
      code: "invalid_field",
      request_id: "req-1",
    },
  };
  assert.deepEqual(JSON.parse(encodeOpenAiError(error, "req-1")), expected);
  const event = encodeOpenAiStreamError(error, "req-1");
  assert.ok(event.startsWith("data: ") && event.endsWith("\n\n"));
  assert.deepEqual(JSON.parse(event.slice("data: ".length)), expected);
});

test("OpenAI shape: a message with line ends stays one event", () => {
  const event = encodeOpenAiStreamError(new GatewayError("upstream_error", { message: "a\n\ndata: b" }), "r");
  assert.equal(event.indexOf("\n"), event.length - 2);
});
