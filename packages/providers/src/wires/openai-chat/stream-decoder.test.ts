import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import type { JsonObject } from "@headrace/core/json-object";
import { assertOrderly, type Decoded, decodeData } from "../../testing/chat-streams.ts";
import { openAiChatProvider } from "./provider.ts";

const codec = openAiChatProvider();
const read = (...events: readonly unknown[]): Decoded => decodeData(codec, ...events);

const chunk = (delta: unknown, more: JsonObject = {}, index = 0): JsonObject => ({
  id: "c1",
  object: "chat.completion.chunk",
  created: 7,
  model: "weir",
  choices: [{ index, delta, finish_reason: null, ...more }],
});
const end = (reason = "stop", index = 0): JsonObject => chunk({}, { finish_reason: reason }, index);
const call = (piece: JsonObject): JsonObject => chunk({ tool_calls: [piece] });

const START: ChatStreamEvent = { type: "start", id: "c1", model: "weir", createdAtSeconds: 7 };
const text = (words: string): ChatStreamEvent => ({ type: "text-delta", choice: 0, text: words });
const thinking = (words: string): ChatStreamEvent => ({ type: "thinking-delta", choice: 0, text: words });
const started = (index: number, id: string, name: string): ChatStreamEvent => ({
  type: "tool-call-start",
  choice: 0,
  index,
  id,
  name,
});
const input = (index: number, argumentsJson: string): ChatStreamEvent => ({
  type: "tool-call-delta",
  choice: 0,
  index,
  argumentsJson,
});
const finish = (reason: "stop" | "tool-calls" | "other"): ChatStreamEvent => ({
  type: "finish",
  choice: 0,
  reason,
});

interface Case {
  readonly name: string;
  readonly stream: readonly unknown[];
  /** Behind the start. */
  readonly events: readonly ChatStreamEvent[];
}

const CASES: readonly Case[] = [
  {
    name: "an empty first chunk is no start (Azure)",
    stream: [
      { id: "", model: "", created: 0, choices: [], prompt_filter_results: [{ prompt_index: 0 }] },
      chunk({ role: "assistant", content: "" }),
      chunk({ content: "a" }),
      end(),
    ],
    events: [text("a"), finish("stop")],
  },
  {
    name: "a call whole in one chunk with the finish, without index and type (Mistral)",
    stream: [
      chunk(
        { content: null, tool_calls: [{ id: "gWeIrAbC1", function: { name: "f", arguments: "{}" } }] },
        { finish_reason: "tool_calls" },
      ),
    ],
    events: [started(0, "gWeIrAbC1", "f"), input(0, "{}"), finish("tool-calls")],
  },
  {
    name: "calls whose indices are repeated or left out are told apart by their ids",
    stream: [
      call({ index: 0, id: "a", function: { name: "f", arguments: '{"x":1}' } }),
      call({ index: 0, id: "b", function: { name: "g", arguments: '{"y"' } }),
      call({ index: 0, function: { arguments: ":2}" } }),
      call({ id: "c", function: { name: "h", arguments: "" } }),
      call({ function: { arguments: "{}" } }),
      call({ id: "a", function: { arguments: " " } }),
      end("tool_calls"),
    ],
    events: [
      started(0, "a", "f"),
      input(0, '{"x":1}'),
      started(1, "b", "g"),
      input(1, '{"y"'),
      input(1, ":2}"),
      started(2, "c", "h"),
      input(2, "{}"),
      input(0, " "),
      finish("tool-calls"),
    ],
  },
  {
    name: "indices that are skipped become dense, and interleaved pieces find their calls",
    stream: [
      call({ index: 1, id: "a", function: { name: "f", arguments: "" } }),
      call({ index: 4, id: "b", function: { name: "f", arguments: "" } }),
      call({ index: 1, function: { arguments: '{"x"' } }),
      call({ index: 4, id: "", function: { name: "", arguments: "{}" } }),
      call({ index: 1, id: "made-up", function: { name: null, arguments: ":1}" } }),
      end("tool_calls"),
    ],
    events: [
      started(0, "a", "f"),
      started(1, "b", "f"),
      input(0, '{"x"'),
      input(1, "{}"),
      input(0, ":1}"),
      finish("tool-calls"),
    ],
  },
  {
    name: "calls without ids, or with the same, get ids of their own",
    stream: [
      call({ index: 0, function: { name: "f", arguments: "null" } }),
      call({ index: 1, id: "x", function: { name: "f", arguments: { deep: true } } }),
      call({ index: 2, id: "x", function: { name: "g" } }),
      end("stop"),
    ],
    events: [
      started(0, "call_c1_0_0", "f"),
      started(1, "x", "f"),
      input(1, '{"deep":true}'),
      started(2, "call_c1_0_2", "g"),
      finish("tool-calls"),
    ],
  },
  {
    name: "the legacy function call",
    stream: [
      chunk({ function_call: { name: "f", arguments: "" } }),
      chunk({ function_call: { arguments: "{}" } }),
      end("function_call"),
    ],
    events: [started(0, "call_c1_0_0", "f"), input(0, "{}"), finish("tool-calls")],
  },
  {
    name: "an end by calls without any is a stop, and one that nobody knows is another",
    stream: [chunk({ content: "a" }), end("tool_calls")],
    events: [text("a"), finish("stop")],
  },
  {
    name: "reasoning by its three names, told once where two say the same",
    stream: [
      chunk({ reasoning_content: "a", reasoning: "a" }),
      chunk({ reasoning: "b", content: "" }),
      chunk({
        reasoning: "c",
        reasoning_details: [{ type: "reasoning.text", text: "c", format: "anthropic-claude-v1" }],
      }),
      chunk({
        reasoning_details: [{ type: "reasoning.text", signature: "s", format: "anthropic-claude-v1" }],
      }),
      chunk({
        reasoning_details: [{ type: "reasoning.encrypted", data: "d", format: "openai-responses-v1" }],
      }),
      end(),
    ],
    events: [
      thinking("a"),
      thinking("b"),
      thinking("c"),
      { type: "thinking-delta", choice: 0, text: "", signature: { signer: "anthropic", value: "s" } },
      { type: "thinking-delta", choice: 0, text: "", redacted: { signer: "openai", value: "d" } },
      finish("stop"),
    ],
  },
  {
    name: "the proof of a call that stands apart from it (OpenRouter, Gemini)",
    stream: [
      chunk({
        reasoning_details: [{ type: "reasoning.encrypted", data: "d", id: "a", format: "google-gemini-v1" }],
        tool_calls: [{ index: 0, id: "a", function: { name: "f", arguments: "{}" } }],
      }),
      end("tool_calls"),
    ],
    events: [
      {
        type: "tool-call-start",
        choice: 0,
        index: 0,
        id: "a",
        name: "f",
        signature: { signer: "gemini", value: "d" },
      },
      input(0, "{}"),
      finish("tool-calls"),
    ],
  },
  {
    name: "content that is a list (Mistral, Databricks)",
    stream: [
      chunk({ content: [{ type: "thinking", thinking: [{ type: "text", text: "a" }] }] }),
      chunk({
        content: [{ type: "reasoning", summary: [{ type: "summary_text", text: "b", signature: "s" }] }],
      }),
      chunk({ content: [{ type: "text", text: "c" }, { type: "hologram" }, 7] }),
      end(),
    ],
    events: [
      thinking("a"),
      { type: "thinking-delta", choice: 0, text: "b", signature: { signer: "anthropic", value: "s" } },
      text("c"),
      finish("stop"),
    ],
  },
  {
    name: "logprobs, a refusal, an image, an annotation and the words of sound",
    stream: [
      chunk(
        { content: "a" },
        {
          logprobs: {
            content: [{ token: "a", logprob: -0.5, top_logprobs: [{ token: "b", logprob: -1 }] }],
          },
        },
      ),
      chunk({ refusal: "no" }),
      chunk({ images: [{ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }] }),
      chunk({
        annotations: [
          { type: "url_citation", url_citation: { url: "https://w.example", start_index: 0, end_index: 1 } },
        ],
      }),
      chunk({ audio: { transcript: "spoken", data: "AAAA" } }),
      end(),
    ],
    events: [
      {
        type: "text-delta",
        choice: 0,
        text: "a",
        logprobs: [{ token: "a", logprob: -0.5, top: [{ token: "b", logprob: -1 }] }],
      },
      { type: "refusal-delta", choice: 0, text: "no" },
      { type: "image", choice: 0, source: { kind: "base64", mediaType: "image/png", data: "AAAA" } },
      { type: "citation", choice: 0, citation: { url: "https://w.example", startIndex: 0, endIndex: 1 } },
      text("spoken"),
      finish("stop"),
    ],
  },
  {
    name: "sources that each chunk repeats are cited once (Perplexity)",
    stream: [
      { ...chunk({ content: "a" }), citations: ["https://a.example"] },
      { ...end(), search_results: [{ title: "A", url: "https://a.example" }, { title: "B" }] },
    ],
    events: [
      text("a"),
      { type: "citation", choice: 0, citation: { url: "https://a.example", title: "A" } },
      finish("stop"),
    ],
  },
  {
    name: "a whole message in place of deltas, and one behind the end (MiniMax)",
    stream: [
      { ...chunk(undefined, { message: { role: "assistant", content: "a" } }) },
      end(),
      chunk(undefined, { message: { content: "a" }, finish_reason: "stop" }),
    ],
    events: [text("a"), finish("stop")],
  },
  {
    name: "what says nothing behind the end is passed over",
    stream: [chunk({ content: "a" }), end(), chunk({ role: "assistant", content: "" }), end()],
    events: [text("a"), finish("stop")],
  },
];

for (const { name, stream, events } of CASES) {
  test(`OpenAI stream: ${name}`, () => {
    const decoded = read(...stream);
    assert.equal(decoded.whole, true);
    assert.deepEqual(decoded.events, [START, ...events]);
    assertOrderly(decoded);
  });
}

const USAGE = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };

for (const [name, stream] of Object.entries({
  "in a chunk without choices": [end(), { ...chunk({}), choices: [], usage: USAGE }],
  "in the finish chunk, and for Groq twice": [{ ...end(), usage: USAGE, x_groq: { usage: USAGE } }],
  "only in x_groq": [{ ...end(), x_groq: { usage: USAGE } }],
  "in the choice (Moonshot)": [chunk({}, { finish_reason: "stop", usage: USAGE })],
  "null until the end": [
    { ...chunk({ content: "" }), usage: null },
    { ...end(), usage: USAGE },
  ],
  "without the list of choices": [end(), { object: "chat.completion.chunk", usage: USAGE }],
})) {
  test(`OpenAI stream: usage ${name}`, () => {
    const { events } = read(...stream);
    const found = events.filter((event) => event.type === "usage");
    assert.equal(found.length, 1);
    assert.equal(found[0]?.usage.uncachedInput, 3);
    assert.equal(found[0]?.usage.visibleOutput, 2);
  });
}

test("OpenAI stream: several choices end one by one, and all have to", () => {
  const both = [chunk({ content: "a" }), chunk({ content: "b" }, {}, 1), end("stop", 1)];
  assert.equal(read(...both).whole, false);
  const { events, whole } = read(...both, end("length"));
  assert.equal(whole, true);
  assert.deepEqual(
    events.filter((event) => event.type === "finish").map(({ choice, reason }) => [choice, reason]),
    [
      [1, "stop"],
      [0, "length"],
    ],
  );
});

test("OpenAI stream: [DONE] without a finish is a cut, and nothing counts behind it", () => {
  const events: ChatStreamEvent[] = [];
  const decoder = codec.createStreamDecoder((event) => events.push(event));
  for (const data of [JSON.stringify(chunk({ content: "a" })), "[DONE]", JSON.stringify(end())])
    decoder.push({ event: "", data });
  assert.equal(decoder.end(), false);
  assert.deepEqual(events, [START, text("a")]);
});

const ERRORS: readonly (readonly [string, unknown, string | RegExp, number | null])[] = [
  ["an object", { error: { message: "Out of memory.", code: 500 } }, "Out of memory.", 500],
  ["a text", { error: "Cancelled", error_type: "generation" }, "Cancelled", null],
  ["an empty text", { error: "" }, /no message/, null],
  ["an object without words", { error: {} }, /no message/, null],
  ["Mistral's and vLLM's", { object: "error", message: "Overloaded.", code: 503 }, "Overloaded.", 503],
  ["MiniMax's", { choices: null, base_resp: { status_code: 1002, status_msg: "Slow." } }, "Slow.", null],
  [
    "OpenRouter's beside a choice",
    { ...end("error"), error: { code: 502, message: "Disconnected." } },
    "Disconnected.",
    502,
  ],
  [
    "one in a choice",
    chunk({}, { finish_reason: "error", error: { code: 429, message: "Slow." } }),
    "Slow.",
    429,
  ],
  ["something else", { type: "response.created" }, /no part of a chat/, null],
  ["an empty object", {}, /no part of a chat/, null],
  ["a list", [], /no JSON object/, null],
  ["a choice that is no object", { choices: [7] }, /no object/, null],
  ["a choice too many", chunk({}, {}, 1e9), /more choices/, null],
  ["calls that are no list", chunk({ tool_calls: {} }), /no list/, null],
  ["a piece of no call", call({ index: 3, function: { arguments: "{" } }), /without its name/, null],
];

for (const [name, event, message, status] of ERRORS) {
  test(`OpenAI stream: an error, ${name}, is the last word`, () => {
    const decoded = read(chunk({ content: "a" }), event, chunk({ content: "b" }), end());
    const last = decoded.events.at(-1);
    assert.equal(last?.type, "error");
    if (typeof message === "string") assert.equal(last.message, message);
    else assert.match(last.message, message);
    assert.equal(last.status, status);
    assertOrderly(decoded);
  });
}

test("OpenAI stream: a text behind the end is an error", () => {
  const decoded = read(chunk({ content: "a" }), end(), chunk({ content: "b" }));
  assert.equal(decoded.events.at(-1)?.type, "error");
  assert.equal(decoded.whole, false);
});

test("OpenAI stream: there is an end to the calls of tools", () => {
  const many = Array.from({ length: 1025 }, (_, index) =>
    call({ index, id: `c${index}`, function: { name: "f" } }),
  );
  assert.equal(read(...many).events.at(-1)?.type, "error");
});

test("OpenAI stream: words that come again with their proof are thought once", () => {
  const proof = { type: "reasoning.text", text: "Hm. So.", signature: "s", format: "anthropic-claude-v1" };
  const { events } = read(
    chunk({ reasoning_content: "Hm." }),
    chunk({ reasoning_content: " So." }),
    chunk({ reasoning_details: [{ ...proof, index: 0 }] }),
    chunk({ reasoning_details: [{ ...proof, text: "Else.", index: 1 }] }),
    end(),
  );
  const signature = { signer: "anthropic", value: "s" } as const;
  assert.deepEqual(events, [
    START,
    thinking("Hm."),
    thinking(" So."),
    { type: "thinking-delta", choice: 0, text: "", signature },
    { type: "thinking-delta", choice: 0, text: "Else.", signature },
    finish("stop"),
  ]);
});
