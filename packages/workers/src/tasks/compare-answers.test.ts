import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Endpoint } from "@headrace/core/endpoints";
import { compareAnswers } from "./compare-answers.ts";

function sse(...data: (object | string)[]): string {
  return data.map((each) => `data: ${typeof each === "string" ? each : JSON.stringify(each)}\n\n`).join("");
}

function named(...events: { readonly type: string }[]): string {
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
}

const chunk = (delta: object, finish: string | null = null): object => {
  return {
    id: "c",
    object: "chat.completion.chunk",
    created: 1,
    model: "m",
    choices: [{ index: 0, delta, finish_reason: finish }],
  };
};
const completion = (message: object, finish = "stop"): string =>
  JSON.stringify({
    id: "c",
    object: "chat.completion",
    created: 1,
    model: "m",
    choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason: finish }],
  });
const text = (words: string, finish: string | null): object => {
  return {
    id: "c",
    object: "text_completion",
    created: 1,
    model: "m",
    choices: [{ index: 0, text: words, finish_reason: finish }],
  };
};

/** Answers that say "one two", by what they are read as. */
const SAYING: readonly (readonly [endpoint: Endpoint, stream: boolean, body: string])[] = [
  ["chat", false, completion({ content: "one two" })],
  [
    "chat",
    true,
    sse(
      chunk({ role: "assistant", content: "" }),
      chunk({ content: "one " }),
      chunk({ content: "two" }),
      chunk({}, "stop"),
      "[DONE]",
    ),
  ],
  ["completions", false, JSON.stringify(text("one two", "stop"))],
  ["completions", true, sse(text("one ", null), text("two", null), text("", "stop"), "[DONE]")],
  [
    "messages",
    false,
    JSON.stringify({
      id: "m",
      type: "message",
      role: "assistant",
      model: "m",
      content: [{ type: "text", text: "one two" }],
      stop_reason: "end_turn",
      stop_sequence: null,
      usage: { input_tokens: 1, output_tokens: 2 },
    }),
  ],
  [
    "invoke-model",
    true,
    named(
      {
        type: "message_start",
        message: {
          id: "m",
          type: "message",
          role: "assistant",
          model: "m",
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: { input_tokens: 1, output_tokens: 1 },
        },
      } as { type: string },
      { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } } as {
        type: string;
      },
      { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "one two" } } as {
        type: string;
      },
      { type: "content_block_stop", index: 0 } as { type: string },
      {
        type: "message_delta",
        delta: { stop_reason: "end_turn", stop_sequence: null },
        usage: { output_tokens: 2 },
      } as { type: string },
      { type: "message_stop" },
    ),
  ],
  [
    "generate-content",
    false,
    JSON.stringify({
      candidates: [
        { index: 0, content: { role: "model", parts: [{ text: "one two" }] }, finishReason: "STOP" },
      ],
    }),
  ],
  [
    "converse",
    false,
    JSON.stringify({
      output: { message: { role: "assistant", content: [{ text: "one two" }] } },
      stopReason: "end_turn",
      usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
    }),
  ],
  [
    "cohere-chat",
    false,
    JSON.stringify({
      id: "c",
      finish_reason: "COMPLETE",
      message: { role: "assistant", content: [{ type: "text", text: "one two" }] },
    }),
  ],
];

function compare(endpoint: Endpoint, stream: boolean, [primary, shadow]: readonly [string, string]) {
  return compareAnswers({ endpoint, stream, primary: Buffer.from(primary), shadow: Buffer.from(shadow) })
    .comparison;
}

describe("compareAnswers", () => {
  for (const [endpoint, stream, body] of SAYING)
    it(`reads answers of ${endpoint}, ${stream ? "streamed" : "plain"}`, () => {
      const same = compare(endpoint, stream, [body, body]);
      assert.deepEqual(same?.primary, {
        textChars: 7,
        toolCalls: 0,
        finish: ["stop"],
        vectors: 0,
        dimensions: 0,
      });
      assert.deepEqual([same.identical, same.similarity, same.sameFinish], [true, 1, true]);
      const other = compare(endpoint, stream, [body, body.replace("two", "six")]);
      assert.deepEqual([other?.identical, other?.sameFinish], [false, true]);
      // Of ^one, one two, two$ one is left.
      assert.equal(other?.similarity?.toFixed(6), (1 / 3).toFixed(6));
    });

  it("puts the pieces of calls of tools together", () => {
    const call = { index: 0, id: "call_1", type: "function", function: { name: "find", arguments: '{"a":' } };
    const streamed = sse(
      chunk({ role: "assistant", tool_calls: [call] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: "1}" } }] }),
      chunk({}, "tool_calls"),
      "[DONE]",
    );
    const found = compare("chat", true, [streamed, streamed.replace('{\\"a\\":', '{ \\"a\\" : ')]);
    assert.deepEqual([found?.primary.toolCalls, found?.sameToolCalls], [1, true]);
    assert.equal(compare("chat", true, [streamed, streamed.replace("1}", "2}")])?.sameToolCalls, false);
  });

  it("reads vectors", () => {
    const result = (vector: number[]): string =>
      JSON.stringify({
        object: "list",
        model: "m",
        data: [{ object: "embedding", index: 0, embedding: vector }],
        usage: { prompt_tokens: 1, total_tokens: 1 },
      });
    const found = compare("embeddings", false, [result([1, 0]), result([0, 1])]);
    assert.deepEqual([found?.similarity, found?.primary.dimensions], [0, 2]);
  });

  const whole = completion({ content: "one two" });
  const started = sse(chunk({ role: "assistant", content: "one" }));
  for (const [what, stream, bad] of [
    ["no JSON", false, "one two"],
    ["a list", false, "[]"],
    ["another object", false, "{}"],
    ["nothing", false, ""],
    ["a stream without an end", true, started],
    ["a stream that fails", true, `${started}${sse({ error: { message: "no", type: "server_error" } })}`],
    ["an event that is no JSON", true, `${started}data: {\n\n`],
  ] as const)
    it(`has nothing to say of ${what}`, () => {
      const good = stream ? sse(chunk({ content: "one" }, "stop"), "[DONE]") : whole;
      assert.equal(compare("chat", stream, [good, bad]), null);
      assert.equal(compare("chat", stream, [bad, good]), null);
    });

  it("has nothing to say of what is neither chat nor embedding", () => {
    assert.equal(compare("images", false, ["{}", "{}"]), null);
  });
});
