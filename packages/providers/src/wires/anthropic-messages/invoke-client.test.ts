import assert from "node:assert/strict";
import { test } from "node:test";
import { anthropicClient } from "./client.ts";
import { ANTHROPIC_API, BEDROCK_INVOKE } from "./dialect.ts";
import { anthropicInvokeClient } from "./invoke-client.ts";
import { anthropicProvider } from "./provider.ts";

const BODY = {
  anthropic_version: "bedrock-2023-05-31",
  anthropic_beta: ["context-1m-2025-08-07", "no\r\nheader"],
  max_tokens: 9,
  messages: [{ role: "user", content: "Hi" }],
};
const PATH = { model: "mill", stream: true };
const TARGET = { model: "claude-sonnet-4-5", stream: true };

test("InvokeModel's client: the path names the model and says whether to stream", () => {
  const read = anthropicInvokeClient.decodeRequest(BODY, PATH);
  const { anthropic_version: _, ...messages } = BODY;
  assert.deepEqual(read, anthropicClient.decodeRequest({ ...messages, ...PATH }, PATH));
  assert.equal(read.wire, "anthropic-messages");
});

test("InvokeModel's client: betas stay in the body for Bedrock and become a header for Anthropic", () => {
  const request = anthropicInvokeClient.decodeRequest(BODY, PATH);
  const bedrock = anthropicProvider(BEDROCK_INVOKE).encodeRequest(request, TARGET);
  assert.deepEqual([bedrock.body.anthropic_beta, bedrock.headers], [BODY.anthropic_beta, []]);
  const { body, headers, lost } = anthropicProvider(ANTHROPIC_API).encodeRequest(request, TARGET);
  assert.deepEqual(headers, ["anthropic-beta", "context-1m-2025-08-07"]);
  assert.equal("anthropic_beta" in body, false);
  assert.equal("anthropic_version" in body, false);
  assert.deepEqual(lost, []);
});
