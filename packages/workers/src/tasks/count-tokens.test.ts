import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { encode as encodeCl100k } from "gpt-tokenizer/encoding/cl100k_base";
import { encode as encodeO200k } from "gpt-tokenizer/encoding/o200k_base";
import { countTokens, type TokenCount } from "./count-tokens.ts";

// The same cases in every run; another seed tries others.
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20_260_101) });

function countText(text: string, model = "gpt-4o"): TokenCount {
  return countTokens({ model, kind: "text", text });
}

function countChat(messages: unknown[], model: string, tools?: unknown[]): TokenCount {
  return countTokens({ model, kind: "chat", messages, tools: tools ?? null });
}

describe("countTokens of a text", () => {
  for (const [text, o200k, cl100k] of [
    ["", 0, 0],
    ["hello world", 2, 2],
    ["tiktoken is great!", 6, 6],
    ["antidisestablishmentarianism", 6, 6],
    ["2 + 2 = 4", 7, 7],
    ["お誕生日おめでとう", 8, 9],
  ] as const) {
    it(`gives OpenAI's own figures for ${JSON.stringify(text)}`, () => {
      assert.deepEqual(countText(text, "gpt-4o"), { count: o200k, encoding: "o200k_base", exact: true });
      assert.deepEqual(countText(text, "gpt-4"), { count: cl100k, encoding: "cl100k_base", exact: true });
    });
  }

  it("agrees with another implementation on any text", () => {
    const words = fc.constantFrom(
      "the ",
      " it's",
      "I'LL",
      "don't ",
      "function f() {\n\t",
      "été",
      "Ünï",
      "数",
      "字 ",
      "👩‍👩‍👧 ",
      "🙂",
    );
    const signs = fc.constantFrom(
      "  ",
      "\r\n",
      "\n\n ",
      "\t",
      "12345",
      "٣",
      "…",
      "!!",
      "//",
      "'s",
      "\u00a0",
      "e\u0301",
      "<|im_start|>",
    );
    const text = fc.oneof(
      fc.array(fc.oneof(words, signs), { maxLength: 40 }).map((parts) => parts.join("")),
      fc.string({ unit: "grapheme", maxLength: 60 }),
    );
    fc.assert(
      fc.property(text, (sample) => {
        assert.equal(countText(sample, "gpt-4o").count, encodeO200k(sample, ORDINARY).length);
        assert.equal(countText(sample, "gpt-4").count, encodeCl100k(sample, ORDINARY).length);
      }),
      { numRuns: 400 },
    );
  });

  it("takes special tokens as ordinary text and lone surrogates as they come", () => {
    assert.equal(countText("<|endoftext|>").count, 7);
    assert.ok(countText("<|endoftext|><|im_start|>system", "gpt-4").count > 7);
    assert.equal(countText("\ud800").count, countText("\ufffd").count);
  });

  it("says that it guesses for a model it does not know, unless told the encoding", () => {
    assert.deepEqual(countText("hello world", "qwen3"), { count: 2, encoding: "o200k_base", exact: false });
    const told = countTokens({ model: "qwen3", encoding: "cl100k_base", kind: "text", text: "hello world" });
    assert.deepEqual(told, { count: 2, encoding: "cl100k_base", exact: true });
  });
});

/** Special tokens as text, as we count them. */
const ORDINARY = { disallowedSpecial: new Set<string>() };

/** The examples of "How to count tokens with tiktoken" with the figures that OpenAI's API gave for them. */
describe("countTokens of a chat", () => {
  const jargon = [
    {
      role: "system",
      content:
        "You are a helpful, pattern-following assistant that translates corporate jargon into plain English.",
    },
    { role: "system", name: "example_user", content: "New synergies will help drive top-line growth." },
    {
      role: "system",
      name: "example_assistant",
      content: "Things working well together will increase revenue.",
    },
    {
      role: "system",
      name: "example_user",
      content:
        "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage.",
    },
    {
      role: "system",
      name: "example_assistant",
      content: "Let's talk later when we're less busy about how to do better.",
    },
    {
      role: "user",
      content: "This late pivot means we don't have time to boil the ocean for the client deliverable.",
    },
  ];

  const weatherTool = {
    type: "function",
    function: {
      name: "get_current_weather",
      description: "Get the current weather in a given location",
      parameters: {
        type: "object",
        properties: {
          location: { type: "string", description: "The city and state, e.g. San Francisco, CA" },
          unit: {
            type: "string",
            description: "The unit of temperature to return",
            enum: ["celsius", "fahrenheit"],
          },
        },
        required: ["location"],
      },
    },
  };
  const weather = [
    {
      role: "system",
      content: "You are a helpful assistant that can answer to questions about the weather.",
    },
    { role: "user", content: "What's the weather like in San Francisco?" },
  ];

  it("counts messages and names as OpenAI bills them", () => {
    assert.deepEqual(countChat(jargon, "gpt-4"), { count: 129, encoding: "cl100k_base", exact: true });
    assert.deepEqual(countChat(jargon, "gpt-4o"), { count: 124, encoding: "o200k_base", exact: true });
  });

  it("counts tools as OpenAI bills them", () => {
    assert.equal(countChat(weather, "gpt-4", [weatherTool]).count, 105);
    assert.equal(countChat(weather, "gpt-4o", [weatherTool]).count, 101);
    assert.equal(countChat(weather, "gpt-4o", [weatherTool]).exact, true);
  });

  it("counts the text of a single part like a plain text", () => {
    const parts = [{ role: "user", content: [{ type: "text", text: "hello world" }] }];
    const plain = [{ role: "user", content: "hello world" }];
    assert.deepEqual(countChat(parts, "gpt-4o"), countChat(plain, "gpt-4o"));
  });

  it("estimates images by their detail, whatever their bytes, and says so", () => {
    const text = { type: "text", text: "hello world" };
    const image = (detail: string) => [
      {
        role: "user",
        content: [text, { type: "image_url", image_url: { url: `data:${"A".repeat(10_000)}`, detail } }],
      },
    ];
    const bare = countChat([{ role: "user", content: "hello world" }], "gpt-4o").count;
    assert.deepEqual(countChat(image("low"), "gpt-4o"), {
      count: bare + 85,
      encoding: "o200k_base",
      exact: false,
    });
    assert.equal(countChat(image("auto"), "gpt-4o").count, bare + 765);
  });

  it("counts tool calls and nested tools nearly, and says so", () => {
    const call = {
      id: "call_1",
      type: "function",
      function: { name: "get_weather", arguments: '{"city":"Rome"}' },
    };
    const calls = countChat([{ role: "assistant", content: null, tool_calls: [call] }], "gpt-4o");
    const bare = countChat([{ role: "assistant", content: null }], "gpt-4o");
    assert.equal(calls.exact, false);
    assert.equal(calls.count - bare.count, countText('get_weather{"city":"Rome"}').count);
    const nested = structuredClone(weatherTool) as { function: { parameters: { properties: object } } };
    nested.function.parameters.properties = { list: { type: "array", items: { type: "string" } } };
    assert.equal(countChat(weather, "gpt-4o", [nested]).exact, false);
  });

  it("takes whatever else stands in messages and tools", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.array(fc.jsonValue()), (messages, tools) => {
        const { count } = countChat(messages, "gpt-4o", tools);
        assert.ok(Number.isInteger(count) && count >= 3 + 3 * messages.length);
      }),
      { numRuns: 200 },
    );
  });
});
