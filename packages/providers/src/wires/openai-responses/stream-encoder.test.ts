import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import { objectsOf, textOf } from "../../json/read.ts";
import { decodeStream } from "../../testing/chat-streams.ts";
import { openAiResponsesProvider } from "./provider.ts";
import { OpenAiResponsesStreamEncoder } from "./stream-encoder.ts";
import { assertWellFormed, call, encodeStream, eventsOf, finalResponse, streamFixture } from "./testing.ts";

type Content = Exclude<ChatStreamEvent, { type: "error" | "start" }>;

const text = (words: string): Content => ({ type: "text-delta", choice: 0, text: words });
const think = (words: string): Content => ({ type: "thinking-delta", choice: 0, text: words });
const start = (index: number, name = "read_gauge"): Content => ({
  type: "tool-call-start",
  choice: 0,
  index,
  id: `call_${index}`,
  name,
});
const piece = (index: number, argumentsJson: string): Content => ({
  type: "tool-call-delta",
  choice: 0,
  index,
  argumentsJson,
});
const finish = (reason: Extract<Content, { type: "finish" }>["reason"] = "stop"): Content => ({
  type: "finish",
  choice: 0,
  reason,
});

function outputOf(stream: string): readonly Readonly<Record<string, unknown>>[] {
  return objectsOf(finalResponse(stream), "output");
}

test("Responses stream written: text, to the byte", () => {
  const id = textOf(finalResponse(encodeStream([text("a"), finish()])), "id");
  const stream = encodeStream(
    [text("Hel"), text("lo\n"), finish()],
    call({ store: false, tools: [], temperature: 0.5 }),
  );
  const item = `msg_${id?.slice(5)}_0`;
  const lines = stream.split("\n\n");
  assert.equal(
    lines[4],
    'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","sequence_number":4,' +
      `"item_id":"${item}","output_index":0,"content_index":0,"delta":"Hel","logprobs":[]}`,
  );
  assert.deepEqual(
    eventsOf(stream).map(({ type }) => type),
    [
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ],
  );
  assertWellFormed(stream);
  const response = finalResponse(stream);
  assert.match(String(response.id), /^resp_hre_[A-Za-z0-9]{24}$/);
  assert.equal(response.temperature, 0.5);
  assert.equal(response.store, false);
  assert.equal(response.model, "weir-1");
  assert.equal(response.created_at, 7);
  assert.equal(response.usage, null);
  assert.deepEqual(response.output, [
    {
      id: item,
      type: "message",
      status: "completed",
      role: "assistant",
      content: [{ type: "output_text", annotations: [], logprobs: [], text: "Hello\n" }],
    },
  ]);
});

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
  test(`Responses stream written: ${name}: what another reads in it is what went in`, () => {
    const naming = { name: "edit_log", clientName: "edit_log", namespace: null, freeform: true };
    const { events } = decodeStream(openAiResponsesProvider, [streamFixture(name)]);
    const content = events.filter((event) => event.type !== "error" && event.type !== "start");
    const stream = encodeStream(content, call({ store: false }, [naming]));
    assertWellFormed(stream);
    const again = decodeStream(openAiResponsesProvider, [Buffer.from(stream)]);
    assert.deepEqual(joined(again.events), joined(events));
    assert.equal(again.whole, true);
  });
}

/** What events say, however many pieces it came in; without the ids, which are the gateway's own. */
function joined(events: readonly ChatStreamEvent[]): readonly string[] {
  const said = new Map<string, string>();
  for (const event of events) {
    if (event.type === "start") continue;
    const { key, words } = pieceOf(event);
    said.set(key, (said.get(key) ?? "") + words);
  }
  return [...said].map(([key, words]) => `${key}: ${words}`);
}

function pieceOf(event: Exclude<ChatStreamEvent, { type: "start" }>): { key: string; words: string } {
  switch (event.type) {
    case "text-delta":
    case "refusal-delta":
      return { key: event.type, words: event.text };
    case "thinking-delta":
      return { key: event.type, words: event.text + JSON.stringify(event.signature ?? "") };
    case "tool-call-delta":
      return { key: `call ${event.index}`, words: event.argumentsJson };
    default:
      return { key: JSON.stringify(event), words: "" };
  }
}

test("Responses stream written: thinking, then a call, then text", () => {
  const stream = encodeStream([
    think("Hm"),
    think("m."),
    { type: "thinking-delta", choice: 0, text: "", signature: { signer: "anthropic", value: "c2ln" } },
    start(0),
    piece(0, '{"a"'),
    piece(0, ":1}"),
    text("Done."),
    finish("tool-calls"),
  ]);
  assertWellFormed(stream);
  const [reasoning, called, message] = outputOf(stream);
  assert.deepEqual(reasoning?.summary, [{ type: "summary_text", text: "Hmm." }]);
  assert.match(String(reasoning?.encrypted_content), /^__thought__[\w-]+$/);
  assert.equal(called?.call_id, "call_0");
  assert.equal(called?.arguments, '{"a":1}');
  assert.equal(message?.type, "message");
  assert.deepEqual(
    eventsOf(stream)
      .filter(({ type }) => type === "response.output_item.done")
      .map(({ output_index }) => output_index),
    [0, 1, 2],
  );
});

test("Responses stream written: who does not give reasoning back gets the proof in the call's id", () => {
  const stream = encodeStream(
    [
      think("Hm."),
      { type: "thinking-delta", choice: 0, text: "", signature: { signer: "anthropic", value: "c2ln" } },
      start(0),
      finish("tool-calls"),
    ],
    call({}),
  );
  const [reasoning, called] = outputOf(stream);
  assert.equal(reasoning?.encrypted_content, undefined);
  assert.match(String(called?.call_id), /^call_0__thought__[\w-]+$/);
  assert.equal(called?.arguments, "{}");
});

test("Responses stream written: pieces of parallel calls may alternate, and each call is whole", () => {
  const stream = encodeStream([
    start(0),
    start(1, "list"),
    piece(1, "{}"),
    piece(0, '{"a":'),
    start(2),
    piece(2, '{"c":3}'),
    piece(0, "1}"),
    finish("tool-calls"),
  ]);
  assertWellFormed(stream);
  assert.deepEqual(
    outputOf(stream).map((item) => [item.call_id, item.name, item.arguments, item.status]),
    [
      ["call_0", "read_gauge", '{"a":1}', "completed"],
      ["call_1", "list", "{}", "completed"],
      ["call_2", "read_gauge", '{"c":3}', "completed"],
    ],
  );
});

test("Responses stream written: a freeform tool gets its text as it comes, a namespaced one its own name", () => {
  const naming = [
    { name: "edit", clientName: "edit", namespace: null, freeform: true },
    { name: "files__read", clientName: "read", namespace: "files", freeform: false },
  ];
  const stream = encodeStream(
    [
      start(0, "edit"),
      piece(0, '{ "inp'),
      piece(0, 'ut": "*** B'),
      piece(0, "egin\\"),
      piece(0, 'n"}'),
      start(1, "files__read"),
      piece(1, "{}"),
      finish("tool-calls"),
    ],
    call({ store: false }, naming),
  );
  assertWellFormed(stream);
  const [edit, read] = outputOf(stream);
  assert.deepEqual([edit?.type, edit?.name, edit?.input], ["custom_tool_call", "edit", "*** Begin\n"]);
  assert.deepEqual([read?.type, read?.name, read?.namespace], ["function_call", "read", "files"]);
  const deltas = eventsOf(stream).filter(({ type }) => type === "response.custom_tool_call_input.delta");
  assert.deepEqual(
    deltas.map(({ delta }) => delta),
    ["*** B", "egin", "\n"],
  );
});

test("Responses stream written: text and refusal are parts of one message", () => {
  const stream = encodeStream([
    text("Well, "),
    { type: "refusal-delta", choice: 0, text: "no." },
    { type: "citation", choice: 0, citation: { url: "https://a.example" } },
    finish(),
  ]);
  assertWellFormed(stream);
  assert.deepEqual(
    outputOf(stream).flatMap((item) => objectsOf(item, "content").map(({ type }) => type)),
    ["output_text", "refusal", "output_text"],
  );
});

test("Responses stream written: what was cut off is incomplete, in the response and in its item", () => {
  const stream = encodeStream([text("One,"), finish("length")]);
  assertWellFormed(stream);
  const response = finalResponse(stream);
  assert.equal(response.status, "incomplete");
  assert.deepEqual(response.incomplete_details, { reason: "max_output_tokens" });
  assert.equal(outputOf(stream)[0]?.status, "incomplete");
  const half = encodeStream([start(0), piece(0, '{"a'), finish("length")]);
  assert.equal(outputOf(half)[0]?.status, "incomplete");
  const failed = encodeStream([text("One,"), finish("error")]);
  assertWellFormed(failed);
  assert.equal(finalResponse(failed).status, "failed");
});

test("Responses stream written: usage counts after the finish too", () => {
  const usage = {
    uncachedInput: 3,
    cacheReadInput: 4,
    cacheWrite5mInput: 5,
    cacheWrite1hInput: 0,
    visibleOutput: 6,
    reasoningOutput: 7,
  };
  const stream = encodeStream([text("a"), finish(), { type: "usage", usage }]);
  assert.deepEqual(finalResponse(stream).usage, {
    input_tokens: 12,
    input_tokens_details: { cached_tokens: 4, cache_write_tokens: 5 },
    output_tokens: 13,
    output_tokens_details: { reasoning_tokens: 7 },
    total_tokens: 25,
  });
});

test("Responses stream written: images are items, or an address in the text", () => {
  const stream = encodeStream([
    { type: "image", choice: 0, source: { kind: "url", url: "https://a.example/i.png" } },
    { type: "image", choice: 0, source: { kind: "base64", mediaType: "image/png", data: "aaaa" } },
    finish(),
  ]);
  assertWellFormed(stream);
  assert.deepEqual(
    outputOf(stream).map(({ type }) => type),
    ["message", "image_generation_call"],
  );
});

test("Responses stream written: the proof of a text follows it", () => {
  const stream = encodeStream([
    text("Yes."),
    { type: "text-delta", choice: 0, text: "", signature: { signer: "gemini", value: "c2ln" } },
    finish(),
  ]);
  assertWellFormed(stream);
  const [, proof] = outputOf(stream);
  assert.equal(proof?.type, "reasoning");
  assert.match(String(proof?.encrypted_content), /^__thought__/);
});

test("Responses stream written: other choices are not this wire's", () => {
  const stream = encodeStream([text("a"), { type: "text-delta", choice: 1, text: "b" }, finish()]);
  assert.deepEqual(
    outputOf(stream).flatMap((item) => objectsOf(item, "content").map((part) => part.text)),
    ["a"],
  );
});

test("Responses stream written: a call out of order is a bug", () => {
  const encoder = new OpenAiResponsesStreamEncoder(call());
  assert.throws(() => encoder.encode(text("a")), /out of order/);
  assert.throws(() => encoder.end(), /without a finish/);
  encoder.encode({ type: "start", id: "", model: "", createdAtSeconds: null });
  assert.throws(() => encoder.encode(piece(0, "{}")), /never began/);
  encoder.encode(finish());
  encoder.end();
  assert.throws(() => encoder.end(), /without a finish/);
});
