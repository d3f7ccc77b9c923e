import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { ERROR_TABLE, type ErrorCode } from "@headrace/core/errors/table";
import { geminiClientWire } from "./client-wire.ts";
import { statusName, statusOfName } from "./error-status.ts";
import { readGeminiError } from "./provider-errors.ts";

test("Gemini errors: in Google's shape, with the field at fault and when to retry", () => {
  const error = new GatewayError("invalid_field", {
    message: 'The field "contents" must be an array.',
    param: "contents",
    retryAfterMs: 1500,
  });
  const type = "type.googleapis.com/google.rpc";
  const message = 'The field "contents" must be an array. Correct the field named in param.';
  const body = {
    error: {
      code: 400,
      message,
      status: "INVALID_ARGUMENT",
      details: [
        { "@type": `${type}.ErrorInfo`, reason: "INVALID_FIELD", domain: "headrace" },
        { "@type": `${type}.RequestInfo`, requestId: "req-1" },
        { "@type": `${type}.BadRequest`, fieldViolations: [{ field: "contents", description: message }] },
        { "@type": `${type}.RetryInfo`, retryDelay: "1.5s" },
      ],
    },
  };
  assert.deepEqual(JSON.parse(geminiClientWire.encodeError(error, "req-1")), body);
  const event = geminiClientWire.encodeStreamError(error, "req-1");
  assert.match(event, /^data: .*\r\n\r\n$/);
  assert.deepEqual(JSON.parse(event.slice("data: ".length)), body);
});

const NAMES: readonly (readonly [ErrorCode, string])[] = [
  ["invalid_json", "INVALID_ARGUMENT"],
  ["invalid_api_key", "UNAUTHENTICATED"],
  ["model_not_allowed", "PERMISSION_DENIED"],
  ["model_not_found", "NOT_FOUND"],
  ["body_too_large", "INVALID_ARGUMENT"],
  ["overloaded", "UNAVAILABLE"],
  ["internal_error", "INTERNAL"],
  ["upstream_cut", "UNAVAILABLE"],
  ["upstream_idle_timeout", "DEADLINE_EXCEEDED"],
];

for (const [code, name] of NAMES) {
  test(`Gemini errors: ${code} is ${name}`, () => {
    const { error } = JSON.parse(geminiClientWire.encodeError(new GatewayError(code), "r"));
    assert.deepEqual([error.code, error.status], [ERROR_TABLE[code].status, name]);
  });
}

test("Gemini errors: a status that the table lacks has a name of its kind", () => {
  assert.deepEqual([418, 429, 529, 599].map(statusName), [
    "INVALID_ARGUMENT",
    "RESOURCE_EXHAUSTED",
    "UNAVAILABLE",
    "INTERNAL",
  ]);
  assert.deepEqual([statusOfName("UNAVAILABLE"), statusOfName("TEAPOT")], [503, null]);
});

const PROVIDER_ERRORS: readonly (readonly [string, unknown, object])[] = [
  [
    "with details",
    {
      error: {
        code: 400,
        message: "API key not valid. Please pass a valid API key.",
        status: "INVALID_ARGUMENT",
        details: [
          { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "API_KEY_INVALID" },
          {
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            fieldViolations: [{ field: "contents[1].parts[0].function_call", description: "…" }],
          },
        ],
      },
    },
    {
      message: "API key not valid. Please pass a valid API key.",
      code: "API_KEY_INVALID",
      param: "contents[1].parts[0].function_call",
    },
  ],
  [
    "in a list",
    [{ error: { code: 429, message: "Quota exceeded.", status: "RESOURCE_EXHAUSTED" } }],
    { message: "Quota exceeded.", code: "RESOURCE_EXHAUSTED", param: null },
  ],
  ["as text", { error: "unauthorized" }, { message: "unauthorized", code: null, param: null }],
  [
    "of nothing",
    undefined,
    { message: "The provider answered with status 500 and no words.", code: null, param: null },
  ],
  [
    "of something else",
    { error: { message: 5, details: [1, {}] } },
    { message: "The provider answered with status 500 and no words.", code: null, param: null },
  ],
];

for (const [name, body, words] of PROVIDER_ERRORS) {
  test(`Gemini errors: a provider's, ${name}`, () => {
    assert.deepEqual(readGeminiError(500, body), words);
  });
}

test("Gemini errors: what keeps a stream alive is no event and no comment", () => {
  assert.equal(geminiClientWire.keepAlive.trim(), "");
});
