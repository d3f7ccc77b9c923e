import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { type CountRequestInput, countRequest } from "./count-request.ts";

function counted(endpoint: CountRequestInput["endpoint"], body: object): unknown {
  const path = { model: "m", stream: false };
  const answer = countRequest({ endpoint, body: Buffer.from(JSON.stringify(body)), path, model: "gpt-4o" });
  return JSON.parse(Buffer.from(answer.body).toString());
}

test("count tokens on Anthropic's wire: text, system, tools and calls, each counted once", () => {
  const hello = { role: "user", content: "Hello world" };
  assert.deepEqual(counted("messages-count-tokens", { model: "m", messages: [hello] }), { input_tokens: 6 });
  const withSystem = { model: "m", system: "Hello world", messages: [hello] };
  assert.deepEqual(counted("messages-count-tokens", withSystem), { input_tokens: 12 });
  const image = {
    type: "image",
    source: { type: "base64", media_type: "image/png", data: "AAAA".repeat(9_999) },
  };
  const withImage = { model: "m", messages: [{ role: "user", content: [image] }] };
  assert.deepEqual(counted("messages-count-tokens", withImage), { input_tokens: 769 });
});

test("count tokens on Google's wire: contents alone and a whole request", () => {
  const contents = [{ role: "user", parts: [{ text: "Hello world" }] }];
  assert.deepEqual(counted("gemini-count-tokens", { contents }), { totalTokens: 6 });
  const generateContentRequest = { model: "models/m", contents };
  assert.deepEqual(counted("gemini-count-tokens", { generateContentRequest }), { totalTokens: 6 });
});

test("count tokens: a request of the wrong types is refused with its path", () => {
  assert.throws(
    () =>
      counted("messages-count-tokens", {
        model: "m",
        messages: [{ role: "user", content: [{ type: "text" }] }],
      }),
    (error) => error instanceof GatewayError && error.param === "messages[0].content[0].text",
  );
});
