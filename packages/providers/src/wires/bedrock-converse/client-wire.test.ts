import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { ERROR_TABLE } from "@headrace/core/errors/table";
import { BedrockMessageFraming, CONVERSE_MESSAGES } from "../../bedrock/message-framing.ts";
import { decodeStream } from "../../testing/chat-streams.ts";
import { converseClientWire } from "./client-wire.ts";
import { converseProvider } from "./provider.ts";
import { converseStream } from "./stream-dialect.ts";

const NAMES = [
  [400, "ValidationException"],
  [401, "AccessDeniedException"],
  [404, "ResourceNotFoundException"],
  [418, "ValidationException"],
  [429, "ThrottlingException"],
  [503, "ServiceUnavailableException"],
  [507, "InternalServerException"],
] as const;

test("converse errors: the message in the body, the kind in a header", () => {
  const error = new GatewayError("model_not_found", { message: "No such model." });
  assert.deepEqual(JSON.parse(converseClientWire.encodeError(error, "r")), { message: error.message });
  const header = converseClientWire.errorTypeHeader;
  assert.equal(header?.name, "x-amzn-errortype");
  for (const [status, name] of NAMES) assert.equal(header?.valueFor(status), name);
});

for (const code of Object.keys(ERROR_TABLE) as (keyof typeof ERROR_TABLE)[])
  test(`converse errors: a stream that ends with ${code} ends in an exception that is no end`, () => {
    const error = new GatewayError(code, { message: "It went wrong." });
    const framing = new BedrockMessageFraming(CONVERSE_MESSAGES);
    const event = Buffer.from(converseClientWire.encodeStreamError(error, "r"));
    const { events, whole } = decodeStream(converseProvider, [Buffer.concat([framing.push(event)])]);
    assert.equal(whole, false);
    assert.deepEqual(
      events.map((one) => (one.type === "error" ? one.message : one.type)),
      [error.message],
    );
  });

const READINGS = [
  ["messageStart", '{"role":"assistant"}', "chunk"],
  ["throttlingException", '{"message":"Slow."}', "error"],
  ["contentBlockDelta", "{", "other"],
  ["", "[]", "other"],
] as const;

for (const [type, data, kind] of READINGS)
  test(`converse dialect: ${type} ${data} is ${kind}`, () =>
    assert.equal(converseStream.readEvent(data, type).kind, kind));

test("converse dialect: the model's own words are counted, whatever their kind", () => {
  for (const delta of [
    { text: "wéir" },
    { toolUse: { input: "wéir" } },
    { reasoningContent: { text: "wéir" } },
  ])
    assert.deepEqual(converseStream.readEvent(JSON.stringify({ delta }), "contentBlockDelta"), {
      kind: "chunk",
      usage: null,
      usageOnly: false,
      finished: false,
      textBytes: 5,
    });
});
