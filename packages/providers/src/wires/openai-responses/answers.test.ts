import assert from "node:assert/strict";
import { test } from "node:test";
import { packToolCallId } from "@headrace/core/canonical/carried-state";
import type { AssistantPart, ChatAnswer, FinishReason } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import { foundInAnswer } from "../../conformance/findings.ts";
import { readExpected } from "../../conformance/fixture-files.ts";
import { objectsOf } from "../../json/read.ts";
import { decodeOpenAiResponsesAnswer } from "./answer-decoder.ts";
import { encodeOpenAiResponsesAnswer } from "./answer-encoder.ts";
import { answerFixture, call } from "./testing.ts";

for (const name of [
  "text",
  "tools",
  "parallel-tools",
  "thinking",
  "custom-tool",
  "refusal",
  "incomplete",
  "search",
]) {
  test(`Responses answer: ${name}: read, written and read again it says the same`, () => {
    const answer = decodeOpenAiResponsesAnswer(answerFixture(name));
    assert.deepEqual(foundInAnswer(answer), readExpected("openai-responses", name));
    const naming = { name: "edit_log", clientName: "edit_log", namespace: null, freeform: true };
    const written = encodeOpenAiResponsesAnswer(answer, call({ store: false }, [naming]));
    const again = decodeOpenAiResponsesAnswer(JSON.parse(JSON.stringify(written)));
    assert.deepEqual({ ...again, id: "" }, { ...answer, id: "" });
  });
}

function answer(parts: readonly AssistantPart[], finish: FinishReason = "stop"): ChatAnswer {
  return {
    wire: "anthropic-messages",
    id: "msg_1",
    model: "",
    createdAtSeconds: null,
    choices: [{ index: 0, parts, finish, extra: NO_EXTRA }],
    usage: null,
    extra: { stop_details: "x" },
  };
}

function outputOf(written: JsonObject): readonly JsonObject[] {
  return objectsOf(written, "output");
}

const SIGNED: AssistantPart = {
  type: "thinking",
  text: "Hm.",
  signature: { signer: "anthropic", value: "c2ln" },
  extra: NO_EXTRA,
};
const CALLED: AssistantPart = {
  type: "tool-call",
  id: "call_1",
  name: "f",
  argumentsJson: "",
  extra: NO_EXTRA,
};

test("Responses answer written: whole, with what the client asked for", () => {
  const written = encodeOpenAiResponsesAnswer(
    answer([{ type: "text", text: "Yes.", extra: { own: 1 } }]),
    call({
      store: false,
      temperature: 0.2,
      instructions: "Be brief.",
      tools: [{ type: "function", name: "f" }],
    }),
  );
  const { id, output, ...others } = written;
  assert.match(String(id), /^resp_hre_/);
  assert.deepEqual(others, {
    object: "response",
    created_at: 1_700_000_000,
    status: "completed",
    error: null,
    incomplete_details: null,
    model: "asked-for",
    usage: null,
    background: false,
    instructions: "Be brief.",
    max_output_tokens: null,
    max_tool_calls: null,
    parallel_tool_calls: true,
    previous_response_id: null,
    prompt_cache_key: null,
    reasoning: { effort: null, summary: null },
    safety_identifier: null,
    service_tier: "default",
    store: false,
    temperature: 0.2,
    text: { format: { type: "text" } },
    tool_choice: "auto",
    tools: [{ type: "function", name: "f" }],
    top_logprobs: 0,
    top_p: null,
    truncation: "disabled",
    user: null,
    metadata: {},
  });
  assert.deepEqual(output, [
    {
      id: `msg_${String(id).slice(5)}_0`,
      type: "message",
      status: "completed",
      role: "assistant",
      content: [{ type: "output_text", annotations: [], logprobs: [], text: "Yes." }],
    },
  ]);
});

test("Responses answer written: thinking's proof stands in its item, or in the call's id", () => {
  const encrypted = outputOf(encodeOpenAiResponsesAnswer(answer([SIGNED, CALLED]), call({ store: false })));
  assert.equal(
    encrypted[0]?.encrypted_content,
    packToolCallId("", { thinking: [{ text: "Hm.", signature: { signer: "anthropic", value: "c2ln" } }] }),
  );
  assert.deepEqual([encrypted[1]?.call_id, encrypted[1]?.arguments], ["call_1", "{}"]);
  const carried = outputOf(encodeOpenAiResponsesAnswer(answer([SIGNED, CALLED]), call({})));
  assert.equal(carried[0]?.encrypted_content, undefined);
  assert.equal(
    carried[1]?.call_id,
    packToolCallId("call_1", {
      thinking: [{ text: "Hm.", signature: { signer: "anthropic", value: "c2ln" } }],
    }),
  );
  const own = outputOf(
    encodeOpenAiResponsesAnswer(
      answer([
        { type: "thinking", text: "", signature: { signer: "openai", value: "gAAA" }, extra: NO_EXTRA },
      ]),
      call({ store: false }),
    ),
  );
  assert.deepEqual([own[0]?.summary, own[0]?.encrypted_content], [[], "gAAA"]);
});

test("Responses answer written: every kind of part, each item with an id of its own", () => {
  const written = encodeOpenAiResponsesAnswer(
    answer([
      {
        type: "text",
        text: "Look: ",
        citations: [{ url: "https://a.example", title: "A" }],
        extra: NO_EXTRA,
      },
      { type: "image", source: { kind: "url", url: "https://a.example/i.png" }, extra: NO_EXTRA },
      { type: "image", source: { kind: "base64", mediaType: "image/png", data: "aaaa" }, extra: NO_EXTRA },
      { type: "refusal", text: "No more." },
      { type: "opaque", wire: "anthropic-messages", raw: { type: "server_tool_use" } },
      { type: "text", text: "Yes.", signature: { signer: "gemini", value: "Z2Vt" }, extra: NO_EXTRA },
    ]),
    call({ store: false }),
  );
  const items = outputOf(written);
  assert.deepEqual(
    items.map(({ type }) => type),
    ["message", "image_generation_call", "message", "reasoning"],
  );
  assert.equal(new Set(items.map(({ id }) => id)).size, 4);
  assert.deepEqual(
    items.flatMap((item) => objectsOf(item, "content").map((part) => part.type)),
    ["output_text", "output_text", "refusal", "output_text"],
  );
  assert.deepEqual(objectsOf(objectsOf(items[0] ?? {}, "content")[0] ?? {}, "annotations"), [
    { type: "url_citation", url: "https://a.example", title: "A", start_index: 0, end_index: 6 },
  ]);
});

test("Responses answer written: what was cut off says so", () => {
  const half: AssistantPart = { ...CALLED, argumentsJson: '{"a' };
  const written = encodeOpenAiResponsesAnswer(answer([half], "length"), call());
  assert.equal(written.status, "incomplete");
  assert.deepEqual(written.incomplete_details, { reason: "max_output_tokens" });
  assert.equal(outputOf(written)[0]?.status, "incomplete");
  const filtered = encodeOpenAiResponsesAnswer(answer([], "content-filter"), call());
  assert.deepEqual(filtered.incomplete_details, { reason: "content_filter" });
  const failed = encodeOpenAiResponsesAnswer(answer([], "error"), call());
  assert.equal(failed.status, "failed");
});

test("Responses answer read: logprobs", () => {
  const logprobs = [
    { token: "é", logprob: -0.5, bytes: [195, 169], top_logprobs: [{ token: "e", logprob: -1 }] },
  ];
  const body = {
    ...answerFixture("text"),
    output: [{ type: "message", content: [{ type: "output_text", text: "é", annotations: [], logprobs }] }],
  };
  const read = decodeOpenAiResponsesAnswer(body);
  assert.deepEqual(read.choices[0]?.logprobs, [
    { token: "é", logprob: -0.5, top: [{ token: "e", logprob: -1 }] },
  ]);
  const written = outputOf(encodeOpenAiResponsesAnswer(read, call()));
  assert.deepEqual(objectsOf(objectsOf(written[0] ?? {}, "content")[0] ?? {}, "logprobs"), [
    {
      token: "é",
      logprob: -0.5,
      bytes: [195, 169],
      top_logprobs: [{ token: "e", logprob: -1, bytes: [101] }],
    },
  ]);
});

test("Responses answer read: what is no finished response is refused", () => {
  const cases: readonly (readonly [JsonObject, string, number])[] = [
    [{}, "upstream_invalid_response", 502],
    [{ status: "in_progress", output: [] }, "upstream_invalid_response", 502],
    [{ status: "completed", output: {} }, "upstream_invalid_response", 502],
    [
      { status: "failed", error: { code: "rate_limit_exceeded", message: "Slow." }, output: [] },
      "upstream_error",
      429,
    ],
  ];
  for (const [body, code, status] of cases)
    assert.throws(
      () => decodeOpenAiResponsesAnswer(body),
      (error) => error instanceof GatewayError && error.code === code && error.status === status,
    );
});
