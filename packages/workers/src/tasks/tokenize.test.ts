import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { countTokens } from "./count-tokens.ts";
import { type TokenizeInput, tokenize } from "./tokenize.ts";

type Answer = {
  count: number;
  max_model_len: number;
  tokens: number[];
  token_strs: string[] | null;
  exact: boolean;
};

function ask(request: unknown, more: Partial<TokenizeInput> = {}): Answer {
  const body = Buffer.from(typeof request === "string" ? request : JSON.stringify(request));
  return JSON.parse(Buffer.from(tokenize({ body, maxDepth: 20, ...more }).body).toString("utf8"));
}

function refused(code: string, param: string | null = null): (error: unknown) => boolean {
  return (error) => error instanceof GatewayError && error.code === code && error.param === param;
}

const MESSAGES = [{ role: "user", content: "hello world" }];

describe("tokenize", () => {
  it("answers a prompt in vLLM's shape", () => {
    assert.deepEqual(ask({ model: "gpt-4", prompt: "hello world", add_special_tokens: true }), {
      count: 2,
      max_model_len: 8192,
      tokens: [15339, 1917],
      token_strs: null,
      exact: true,
    });
  });

  it("names the model that was asked for", () => {
    const body = Buffer.from('{"model":"m\\u00e9","prompt":""}');
    assert.equal(tokenize({ body, maxDepth: 5 }).model, "mé");
  });

  it("gives the tokens' texts when asked", () => {
    const { token_strs: texts } = ask({ model: "gpt-4", prompt: "hello world 🙂", return_token_strs: true });
    assert.deepEqual(texts?.slice(0, 2), ["hello", " world"]);
  });

  it("renders a chat with its framing, and counts what countTokens counts", () => {
    const {
      count,
      tokens,
      token_strs: texts,
    } = ask({ model: "gpt-4", messages: MESSAGES, return_token_strs: true });
    assert.equal(
      texts?.join(""),
      "<|im_start|>user<|im_sep|>hello world<|im_end|><|im_start|>assistant<|im_sep|>",
    );
    assert.equal(tokens.length, count);
    assert.equal(count, countTokens({ model: "gpt-4", kind: "chat", messages: MESSAGES }).count);
    assert.equal(ask({ model: "gpt-4", messages: MESSAGES, add_generation_prompt: false }).count, count - 3);
  });

  it("counts tools although their tokens have no published ids", () => {
    const tools = [{ type: "function", function: { name: "now", description: "Tells the time." } }];
    const withTools = ask({ model: "gpt-4o", messages: MESSAGES, tools });
    const without = ask({ model: "gpt-4o", messages: MESSAGES });
    assert.deepEqual(withTools.tokens, without.tokens);
    assert.equal(
      withTools.count,
      countTokens({ model: "gpt-4o", kind: "chat", messages: MESSAGES, tools }).count,
    );
    assert.ok(withTools.count > without.count);
  });

  it("uses the provider's name for the model where the gateway has another", () => {
    const providerModels = { fast: "gpt-4" };
    assert.deepEqual(ask({ model: "fast", prompt: "hello world" }, { providerModels }).tokens, [15339, 1917]);
    assert.equal(ask({ model: "constructor", prompt: "x" }, { providerModels }).exact, false);
  });

  it("says that it guesses for a model it does not know", () => {
    const { exact, max_model_len: contextTokens } = ask({ model: "qwen3", prompt: "hello world" });
    assert.equal(exact, false);
    assert.equal(contextTokens, 131_072);
  });
});

describe("tokenize refuses", () => {
  for (const [name, request, code, param] of [
    ["text that is not JSON", "{", "invalid_json", null],
    ["JSON that is no object", "[]", "body_not_object", null],
    ["deep nesting", "[".repeat(10_000), "body_too_deep", null],
    ["a missing model", { prompt: "x" }, "missing_field", "model"],
    ["neither prompt nor messages", { model: "m" }, "missing_field", "prompt"],
    ["a prompt that is no text", { model: "m", prompt: 1 }, "invalid_field", "prompt"],
    [
      "an option that is no boolean",
      { model: "m", prompt: "", return_token_strs: 1 },
      "invalid_field",
      "return_token_strs",
    ],
    ["tools that are no list", { model: "m", messages: MESSAGES, tools: {} }, "invalid_field", "tools"],
    [
      "an open-ended message",
      { model: "m", messages: MESSAGES, continue_final_message: true },
      "invalid_field",
      "continue_final_message",
    ],
  ] as const) {
    it(name, () => assert.throws(() => ask(request), refused(code, param)));
  }

  it("bytes that are not UTF-8", () => {
    assert.throws(() => tokenize({ body: Buffer.from([0xff]), maxDepth: 5 }), refused("invalid_encoding"));
  });
});
