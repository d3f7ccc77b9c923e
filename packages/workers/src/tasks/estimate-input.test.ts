import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type CountTokensInput, countTokens } from "./count-tokens.ts";
import { estimateInputTokens } from "./estimate-input.ts";
import { planRequest } from "./plan.ts";

// The same cases in every run; another seed tries others.
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20_260_101) });

const WEATHER = {
  type: "function",
  function: {
    name: "get_weather",
    description: "Get the current weather in a given location",
    parameters: {
      type: "object",
      properties: { location: { type: "string", description: "The city and state, e.g. San Francisco, CA" } },
      required: ["location"],
    },
  },
};
const user = (content: unknown): object => ({ role: "user", content });
const BASE64 = Buffer.alloc(300_000, "picture").toString("base64");

type Chat = Omit<Extract<CountTokensInput, { kind: "chat" }>, "kind" | "model">;

describe("estimateInputTokens", () => {
  const comparable: readonly (readonly [name: string, chat: Chat])[] = [
    ["one word", { messages: [user("Hello")] }],
    [
      "a conversation",
      {
        messages: [
          { role: "system", content: "You are a helpful assistant." },
          user("What is the capital of France?"),
          { role: "assistant", content: "Paris." },
          user([{ type: "text", text: "And how many people live there?" }]),
        ],
      },
    ],
    ["tools", { messages: [user("What is the weather in Boston?")], tools: [WEATHER] }],
    ["English", { messages: [user("The water ran down the headrace to the wheel. ".repeat(20))] }],
    ["Russian", { messages: [user("Мельник открыл шлюз, и вода побежала по жёлобу. ".repeat(20))] }],
    ["Japanese", { messages: [user("水車は水路の水で回る。粉ひきは働いていた。".repeat(20))] }],
    ["code", { messages: [user("for (const item of value) bytes += walk(item);\n".repeat(20))] }],
  ];
  for (const [name, chat] of comparable) {
    it(`is near the exact count for ${name}`, () => {
      const { count } = countTokens({ model: "gpt-4o", kind: "chat", ...chat });
      const estimate = estimateInputTokens({ model: "gpt-4o", ...chat });
      const ratio = estimate / count;
      assert.ok(ratio > 0.75 && ratio < 1.3, `${estimate} estimated, ${count} counted`);
    });
  }

  const perWire: readonly (readonly [name: string, body: Record<string, unknown>, tokens: number])[] = [
    ["a prompt", { prompt: "x".repeat(41) }, 11],
    ["several prompts", { prompt: ["x".repeat(40), "x".repeat(40)] }, 20],
    ["a prompt of token ids", { prompt: [1, 2, 3, 4, 5] }, 5],
    ["several inputs of token ids", { input: [[1, 2, 3], [4]] }, 4],
    ["instructions and input items", { instructions: "x".repeat(40), input: [user("x".repeat(40))] }, 20],
    ["a system prompt in parts", { system: [{ type: "text", text: "x".repeat(40) }], messages: [] }, 13],
    ["Gemini's contents", { contents: [{ role: "user", parts: [{ text: "x".repeat(40) }] }] }, 17],
    [
      "a query and documents",
      { query: "x".repeat(8), documents: ["x".repeat(8), { text: "x".repeat(8) }] },
      6,
    ],
    [
      "arguments of an earlier call",
      { messages: [{ tool_calls: [{ function: { arguments: "x".repeat(40) } }] }] },
      17,
    ],
    [
      "nothing that a model reads",
      { model: "m", user: "x".repeat(400), metadata: { note: "x".repeat(400) } },
      0,
    ],
  ];
  for (const [name, body, tokens] of perWire) {
    it(`counts ${name}`, () => assert.equal(estimateInputTokens(body), tokens));
  }

  const media: readonly object[] = [
    { type: "image_url", image_url: { url: `data:image/png;base64,${BASE64}` } },
    { type: "input_audio", input_audio: { data: BASE64, format: "wav" } },
    { type: "file", file: { file_data: BASE64 } },
    { type: "input_image", image_url: `data:image/png;base64,${BASE64}` },
    { type: "image", source: { type: "base64", media_type: "image/png", data: BASE64 } },
    { type: "document", source: { type: "base64", media_type: "application/pdf", data: BASE64 } },
    { inlineData: { mimeType: "image/png", data: BASE64 } },
    { image: { format: "png", source: { bytes: BASE64 } } },
  ];
  for (const part of media) {
    it(`takes base64 for one image: ${Object.keys(part).join()} ${JSON.stringify(part).slice(0, 30)}`, () => {
      const estimate = estimateInputTokens({ messages: [user([{ type: "text", text: "Look:" }, part])] });
      assert.ok(estimate > 700 && estimate < 800, String(estimate));
    });
  }

  it("is a whole number for any JSON, and never falls when a message is added", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.jsonValue(), (messages, added) => {
        const before = estimateInputTokens({ messages });
        const after = estimateInputTokens({ messages: [...messages, added] });
        assert.ok(Number.isSafeInteger(before) && Number.isSafeInteger(after));
        if (typeof messages[0] !== "number") assert.ok(after >= before);
      }),
    );
  });

  it("is part of a plan", () => {
    const body = Buffer.from(JSON.stringify({ model: "m", messages: [user("Hello")] }));
    const { estimatedInputTokens } = planRequest({
      endpoint: "chat",
      body,
      path: { model: null, stream: false },
      maxDepth: 100,
    });
    assert.equal(estimatedInputTokens, 9);
  });
});
