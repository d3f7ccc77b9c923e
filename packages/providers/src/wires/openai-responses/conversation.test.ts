import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { objectsOf } from "../../json/read.ts";
import { readEcho } from "./call-facts.ts";
import {
  continueConversation,
  continuedFrom,
  inputItems,
  listInputItems,
  readConversation,
  responseOfEnding,
  type StoredConversation,
  writeConversation,
} from "./conversation.ts";
import { decodeOpenAiResponsesRequest } from "./request-decoder.ts";
import { OpenAiResponsesStreamEncoder } from "./stream-encoder.ts";
import { call, encodeStream, finalResponse } from "./testing.ts";

const STREAM = encodeStream([
  { type: "text-delta", choice: 0, text: "Let me look." },
  { type: "tool-call-start", choice: 0, index: 0, id: "call_1", name: "look" },
  { type: "finish", choice: 0, reason: "tool-calls" },
]);

const STORED: StoredConversation = {
  input: inputItems({ input: "What is there?" }),
  response: finalResponse(STREAM),
};

test("stored conversation: a request that goes on from it holds all of it", () => {
  const body = {
    model: "weir",
    instructions: "Be brief.",
    previous_response_id: STORED.response.id,
    input: [{ type: "function_call_output", call_id: "call_1", output: "A weir." }],
  };
  const request = decodeOpenAiResponsesRequest(continueConversation(body, STORED));
  assert.deepEqual(
    request.messages.map(({ role, parts }) => [role, parts.map(({ type }) => type)]),
    [
      ["system", ["text"]],
      ["user", ["text"]],
      ["assistant", ["text", "tool-call"]],
      ["tool", ["tool-result"]],
    ],
  );
  assert.equal(readEcho(request.echo).fields.previous_response_id, STORED.response.id);
});

test("stored conversation: what is kept of the next call is whole again", () => {
  const body = { model: "weir", input: "And now?", previous_response_id: STORED.response.id };
  const input = inputItems(continueConversation(body, STORED));
  assert.deepEqual(
    input.map((item) => item.role ?? item.type),
    ["user", "assistant", "function_call", "user"],
  );
});

test("stored conversation: a call that was cut off is not repeated", () => {
  const response = {
    id: "resp_hre_x",
    output: [
      { type: "message", status: "incomplete", role: "assistant", content: [] },
      { type: "function_call", status: "incomplete", call_id: "c", name: "f", arguments: '{"a' },
    ],
  };
  const { input } = continueConversation({ input: "Go on." }, { input: [], response });
  assert.deepEqual(
    objectsOf({ input }, "input").map(({ type }) => type),
    ["message", "message"],
  );
});

test("stored conversation: one that is not there, and one that nobody looked for, is refused", () => {
  for (const previous of ["resp_x", { id: "resp_x" }, 7])
    assert.throws(
      () => continuedFrom({ previous_response_id: previous }),
      (error) => error instanceof GatewayError && error.code === "previous_response_not_found",
    );
  assert.throws(
    () => continueConversation({ previous_response_id: "resp_x" }, null),
    (error) => error instanceof GatewayError && /"resp_x" not found/.test(error.message),
  );
  for (const none of [undefined, null]) assert.equal(continuedFrom({ previous_response_id: none }), null);
});

test("stored conversation: the response of a stream is in what its encoder ends with", () => {
  const encoder = new OpenAiResponsesStreamEncoder(call());
  encoder.encode({ type: "start", id: "a", model: "m", createdAtSeconds: 1 });
  encoder.encode({ type: "text-delta", choice: 0, text: "\ndata: {}\n\n" });
  encoder.encode({ type: "finish", choice: 0, reason: "stop" });
  const response = responseOfEnding(encoder.end());
  assert.equal(response?.status, "completed");
  const failed = encodeStream([{ type: "finish", choice: 0, reason: "error" }]);
  for (const ending of [failed, "", "data: {}\n\n", "event: x\ndata: {"])
    assert.equal(responseOfEnding(ending), null);
});

test("stored conversation: its input is listed page by page, the newest first", () => {
  const input = [
    { role: "user", content: "a" },
    { role: "assistant", content: "b" },
    { type: "function_call", id: "fc_1", call_id: "c" },
  ];
  const stored = { input, response: { id: "resp_hre_x" } };
  assert.deepEqual(listInputItems(stored, { order: "asc" }), {
    object: "list",
    data: [
      { role: "user", content: [{ type: "input_text", text: "a" }], type: "message", id: "item_hre_x_0" },
      {
        role: "assistant",
        content: [{ type: "output_text", text: "b" }],
        type: "message",
        id: "item_hre_x_1",
      },
      { type: "function_call", id: "fc_1", call_id: "c" },
    ],
    first_id: "item_hre_x_0",
    last_id: "fc_1",
    has_more: false,
  });
  const ids = (page: Readonly<Record<string, unknown>>) => objectsOf(page, "data").map(({ id }) => id);
  const first = listInputItems(stored, { limit: 2 });
  assert.deepEqual([ids(first), first.has_more], [["fc_1", "item_hre_x_1"], true]);
  const second = listInputItems(stored, { limit: 2, after: "item_hre_x_1" });
  assert.deepEqual([ids(second), second.has_more], [["item_hre_x_0"], false]);
  assert.deepEqual(ids(listInputItems(stored, { limit: 0 })), ["fc_1"]);
  assert.deepEqual(listInputItems({ input: [], response: {} }, {}), {
    object: "list",
    data: [],
    first_id: null,
    last_id: null,
    has_more: false,
  });
});

test("stored conversation: put together of JSON that is there, it can be read again", () => {
  const input = Buffer.from(JSON.stringify(STORED.input));
  const response = Buffer.from(JSON.stringify(STORED.response));
  assert.deepEqual(readConversation(writeConversation(input, response)), STORED);
  assert.throws(() => readConversation(Buffer.from('{"input":[]}')), /cannot be read/);
});
