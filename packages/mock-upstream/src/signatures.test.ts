import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Mock, startMock } from "./server.ts";
import type { WireJson } from "./testing/raw-client.ts";

let mock: Mock;
before(async () => {
  mock = await startMock({ behaviour: { requireSignatures: true, requireReasoningEcho: true } });
});
after(() => mock.close());

async function post(
  path: string,
  body: object,
): Promise<{ readonly status: number; readonly body: WireJson }> {
  const headers = { "anthropic-version": "2023-06-01" };
  const response = await fetch(new URL(path, mock.url), {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

const SCHEMA = { type: "object", properties: { city: { type: "string" }, days: { type: "integer" } } };

test("Anthropic's thinking has to come back as it was signed", async () => {
  const user = { role: "user", content: "weather?" };
  const asked = { model: "m", max_tokens: 100, tools: [{ name: "weather", input_schema: SCHEMA }] };
  const first = await post("/v1/messages", { ...asked, messages: [user] });
  const [thinking, use] = first.body.content;
  assert.deepEqual([thinking.type, use.type], ["thinking", "tool_use"]);
  const result = { role: "user", content: [{ type: "tool_result", tool_use_id: use.id, content: "rain" }] };
  const second = (content: object[]): Promise<{ readonly status: number; readonly body: WireJson }> =>
    post("/v1/messages", { ...asked, messages: [user, { role: "assistant", content }, result] });
  const taken = await second([thinking, use]);
  assert.deepEqual([taken.status, taken.body.stop_reason], [200, "end_turn"]);
  assert.match((await second([use])).body.error.message, /Expected `thinking` or `redacted_thinking`/);
  for (const forged of [
    { ...thinking, signature: "AAAA" },
    { ...thinking, thinking: `${thinking.thinking}!` },
    { ...thinking, signature: `${thinking.signature}=` },
  ]) {
    const refused = await second([forged, use]);
    assert.equal(refused.status, 400);
    assert.match(refused.body.error.message, /messages.1.content.0: Invalid `signature` in `thinking` block/);
  }
});

test("Gemini's first call of a step has to come back with its signature", async () => {
  const path = "/v1beta/models/m:generateContent";
  const user = { role: "user", parts: [{ text: "weather?" }] };
  const tools = [{ functionDeclarations: ["weather", "time"].map((name) => ({ name, parameters: SCHEMA })) }];
  const first = await post(path, { contents: [user], tools, x_mock: { toolCalls: 2 } });
  const [call, other] = first.body.candidates[0].content.parts;
  assert.equal(typeof call.thoughtSignature, "string");
  assert.equal(other.thoughtSignature, undefined);
  const respond = (name: string): object => ({ functionResponse: { name, response: { output: "rain" } } });
  const second = (...parts: object[]): Promise<{ readonly status: number; readonly body: WireJson }> => {
    const results = { role: "user", parts: [respond("weather"), respond("time")] };
    return post(path, { contents: [user, { role: "model", parts }, results], tools });
  };
  const answered = await second(call, other);
  assert.equal(answered.status, 200);
  const reordered = { ...call.functionCall, args: { days: 1, city: "mock" } };
  assert.equal((await second({ ...call, functionCall: reordered }, other)).status, 200);
  const missing = await second({ functionCall: call.functionCall }, other);
  assert.match(
    missing.body.error.message,
    /Function call is missing a thought_signature .*`default_api:weather`/,
  );
  assert.equal((await second({ ...call, thoughtSignature: "AAAA" }, other)).status, 400);
  const moved = { ...other, thoughtSignature: call.thoughtSignature };
  assert.equal((await second(call, moved)).status, 400);

  const text = answered.body.candidates[0].content;
  assert.equal(typeof text.parts[0].thoughtSignature, "string");
  const later = (parts: object[]): Promise<{ readonly status: number; readonly body: WireJson }> =>
    post(path, { contents: [user, { role: "model", parts }, user] });
  assert.equal((await later(text.parts)).status, 200);
  assert.equal((await later([{ text: "and so on" }])).status, 200);
  assert.equal((await later([{ text: "and so on", thoughtSignature: "AAAA" }])).status, 400);
});

test("Bedrock's reasoning has to come back as it was signed", async () => {
  const user = { role: "user", content: [{ text: "weather?" }] };
  const tool = { toolSpec: { name: "weather", inputSchema: { json: SCHEMA } } };
  const asked = { toolConfig: { tools: [tool] } };
  const first = await post("/model/m/converse", { ...asked, messages: [user] });
  const [reasoning, use] = first.body.output.message.content;
  const { signature, text } = reasoning.reasoningContent.reasoningText;
  const toolResult = { toolUseId: use.toolUse.toolUseId, content: [{ text: "rain" }] };
  const second = (content: object[]): Promise<{ readonly status: number; readonly body: WireJson }> => {
    const messages = [user, { role: "assistant", content }, { role: "user", content: [{ toolResult }] }];
    return post("/model/m/converse", { ...asked, messages });
  };
  assert.equal((await second([reasoning, use])).status, 200);
  assert.match((await second([use])).body.message, /Expected `thinking`/);
  const changed = { reasoningContent: { reasoningText: { signature, text: `${text}!` } } };
  assert.match((await second([changed, use])).body.message, /Invalid `signature`/);
});

test("redacted thinking has to come back as it was issued, from Anthropic and from Bedrock", async () => {
  const x_mock = { redactedThinking: true };
  const user = { role: "user", content: "weather?" };
  const asked = { model: "m", max_tokens: 100, tools: [{ name: "weather", input_schema: SCHEMA }], x_mock };
  const [redacted, use] = (await post("/v1/messages", { ...asked, messages: [user] })).body.content;
  assert.equal(redacted.type, "redacted_thinking");
  const result = { role: "user", content: [{ type: "tool_result", tool_use_id: use.id, content: "rain" }] };
  for (const [block, status] of [
    [redacted, 200],
    [{ ...redacted, data: "AAAA" }, 400],
  ] as const) {
    const messages = [user, { role: "assistant", content: [block, use] }, result];
    assert.equal((await post("/v1/messages", { ...asked, messages })).status, status);
  }
  const text = { role: "user", content: [{ text: "weather?" }] };
  const first = await post("/model/m/converse", { messages: [text], x_mock });
  const content = first.body.output.message.content;
  assert.equal(typeof content[0].reasoningContent.redactedContent, "string");
  const forged = [{ reasoningContent: { redactedContent: "AAAA" } }, content[1]];
  for (const [said, status] of [
    [content, 200],
    [forged, 400],
  ] as const) {
    const messages = [text, { role: "assistant", content: said }, text];
    assert.equal((await post("/model/m/converse", { messages })).status, status);
  }
});

test("DeepSeek's reasoning has to come back in a tool loop", async () => {
  const x_mock = { flavour: "deepseek" };
  const user = { role: "user", content: "weather?" };
  const tools = [{ type: "function", function: { name: "weather", parameters: SCHEMA } }];
  const first = await post("/v1/chat/completions", { model: "m", messages: [user], tools, x_mock });
  const { message } = first.body.choices[0];
  assert.equal(typeof message.reasoning_content, "string");
  const result = { role: "tool", tool_call_id: message.tool_calls[0].id, content: "rain" };
  const second = (assistant: object): Promise<{ readonly status: number; readonly body: WireJson }> =>
    post("/v1/chat/completions", { model: "m", messages: [user, assistant, result], tools, x_mock });
  assert.equal((await second(message)).status, 200);
  const { reasoning_content: _, ...without } = message;
  assert.match((await second(without)).body.error.message, /Missing `reasoning_content`/);
  assert.match(
    (await second({ ...message, reasoning_content: "hm" })).body.error.message,
    /must be passed back/,
  );
});
