/** Whatever a client or a provider sends, there is an answer or one of the gateway's own errors. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { isJsonObject } from "@headrace/core/json-object";
import fc from "fast-check";
import { seed } from "../../testing/chat-streams.ts";
import { decodeOpenAiResponsesAnswer } from "./answer-decoder.ts";
import { encodeOpenAiResponsesAnswer } from "./answer-encoder.ts";
import { decodeOpenAiResponsesRequest } from "./request-decoder.ts";
import { encodeOpenAiResponsesRequest } from "./request-encoder.ts";
import { call } from "./testing.ts";

const NAMES = [
  ...["type", "role", "content", "text", "id", "status", "output", "input", "arguments", "call_id", "name"],
  ...["summary", "encrypted_content", "image_url", "file_data", "file_id", "format", "tools", "tool_choice"],
  ...[
    "reasoning",
    "effort",
    "include",
    "previous_response_id",
    "namespace",
    "annotations",
    "logprobs",
    "usage",
  ],
  ...["input_tokens", "incomplete_details", "reason", "error", "model", "instructions", "__proto__"],
];
const WORDS = [
  ...["message", "user", "assistant", "system", "function_call", "function_call_output", "custom_tool_call"],
  ...["reasoning", "input_text", "output_text", "refusal", "input_image", "input_file", "item_reference"],
  ...["function", "custom", "namespace", "allowed_tools", "json_schema", "completed", "incomplete", "failed"],
  ...["", "a", "__thought__e30", "hr1_61_x", "data:image/png;base64,aaaa", "web_search_call"],
];

const { value: VALUE } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(...WORDS),
    fc.constantFrom(null, true, 0, -1, 1.5),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie("value"), { maxKeys: 5 }),
  ),
}));
const BODY = fc.dictionary(fc.constantFrom(...NAMES), VALUE, { maxKeys: 6 });
const ITEMS = fc.array(fc.dictionary(fc.constantFrom(...NAMES), VALUE, { maxKeys: 6 }), { maxLength: 4 });

function onlyGatewayErrors(act: () => void): void {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof GatewayError, String(error));
  }
}

test("Responses: a request is understood or refused, and what is understood can be asked", () => {
  fc.assert(
    fc.property(BODY, ITEMS, (body, input) => {
      onlyGatewayErrors(() => {
        const request = decodeOpenAiResponsesRequest(structuredClone({ ...body, model: "m", input }));
        encodeOpenAiResponsesRequest(request, { model: "gpt-5.2", stream: false });
      });
    }),
    { seed, numRuns: 1000 },
  );
});

test("Responses: an answer is understood or refused, and what is understood can be said", () => {
  fc.assert(
    fc.property(BODY, ITEMS, (body, output) => {
      onlyGatewayErrors(() => {
        const answer = decodeOpenAiResponsesAnswer({ ...body, output });
        assert.ok(isJsonObject(encodeOpenAiResponsesAnswer(answer, call())));
      });
    }),
    { seed, numRuns: 1000 },
  );
});
