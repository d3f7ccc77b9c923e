import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Mock, startMock } from "./server.ts";
import type { WireJson } from "./testing/raw-client.ts";

let mock: Mock;
before(async () => {
  mock = await startMock();
});
after(() => mock.close());

type Post = (body: object) => Promise<{ readonly status: number; readonly body: WireJson }>;

function poster(path: string, headers: Record<string, string> = {}): Post {
  return async (body) => {
    const url = new URL(path, mock.url);
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
    return { status: response.status, body: await response.json() };
  };
}

/** Sends each body and expects a 400 whose message fits. */
async function refuses(
  post: Post,
  cases: readonly (readonly [body: object, message: RegExp])[],
): Promise<void> {
  for (const [body, message] of cases) {
    const answer = await post(body);
    const said = answer.body.error?.message ?? answer.body.message ?? answer.body.error;
    assert.equal(answer.status, 400, `${message}: ${JSON.stringify(answer.body)}`);
    assert.match(said, message);
  }
}

const USER = { role: "user", content: "hi" };
const VERSION = { "anthropic-version": "2023-06-01" };

test("Anthropic's endpoint refuses what Anthropic refuses, in its words", async () => {
  const post = poster("/v1/messages", VERSION);
  const ask = (messages: unknown, more: object = {}): object => ({
    model: "m",
    max_tokens: 5_000,
    messages,
    ...more,
  });
  const use = { type: "tool_use", id: "toolu_1", name: "t", input: {} };
  const result = { type: "tool_result", tool_use_id: "toolu_1", content: "ok" };
  const assistant = (...content: object[]): object => ({ role: "assistant", content });
  const marked = { type: "text", text: "a", cache_control: { type: "ephemeral" } };
  await refuses(post, [
    [{ model: "m", messages: [USER] }, /^max_tokens: Field required$/],
    [ask([]), /at least one message is required/],
    [ask([{ role: "assistant", content: "hi" }]), /first message must use the "user" role/],
    [ask([{ role: "system", content: "be" }, USER]), /Unexpected role "system"/],
    [ask([{ role: "user", content: "" }]), /must have non-empty content/],
    [ask([{ role: "user", content: [{ type: "text", text: "" }] }]), /text content blocks must be non-empty/],
    [ask([USER, assistant({ ...use, input: "{}" })]), /tool_use.input: Input should be a valid dictionary/],
    [ask([USER, assistant({ ...use, id: "a b" })]), /String should match pattern/],
    [
      ask([USER, assistant(use), USER]),
      /ids were found without `tool_result` blocks immediately after: toolu_1/,
    ],
    [ask([{ role: "user", content: [result] }]), /messages.0.content.0: unexpected `tool_use_id`/],
    [ask([USER], { stream_options: {} }), /^stream_options: Extra inputs are not permitted$/],
    [ask([USER], { temperature: 1.5 }), /temperature: range: 0..1/],
    [ask([USER], { tools: [{ name: "a b", input_schema: { type: "object" } }] }), /tools.0.custom.name/],
    [ask([USER], { tools: [{ name: "a" }] }), /tools.0.custom.input_schema: Field required/],
    [ask([USER], { tools: [{ name: "a", input_schema: {} }] }), /input_schema.type/],
    [ask([USER], { thinking: { type: "enabled", budget_tokens: 10 } }), /greater than or equal to 1024/],
    [ask([USER], { thinking: { type: "enabled", budget_tokens: 9_000 } }), /must be greater than `thinking/],
    [ask([{ role: "user", content: Array(5).fill(marked) }]), /A maximum of 4 blocks with cache_control/],
  ]);
  const unversioned = await poster("/v1/messages")(ask([USER]));
  assert.match(unversioned.body.error.message, /anthropic-version: header is required/);
  assert.deepEqual([unversioned.body.type, unversioned.body.error.type], ["error", "invalid_request_error"]);
  const split = [{ ...use, id: "toolu_2" }, use];
  const apart = [result, { ...result, tool_use_id: "toolu_2" }].map((block) => ({
    role: "user",
    content: [block],
  }));
  assert.equal((await post(ask([USER, assistant(...split), ...apart]))).status, 200);
});

test("Claude on Vertex takes its version in the body and no model", async () => {
  const path = "/v1/projects/p/locations/l/publishers/anthropic/models/claude-x:rawPredict";
  const body = { anthropic_version: "vertex-2023-10-16", max_tokens: 100, messages: [USER] };
  const answer = await poster(path)(body);
  assert.deepEqual([answer.status, answer.body.model, answer.body.type], [200, "claude-x", "message"]);
  await refuses(poster(path), [
    [{ ...body, model: "m" }, /model: Extra inputs are not permitted/],
    [{ ...body, anthropic_version: undefined }, /anthropic_version: Field required/],
  ]);
  const counted = await poster(path.replace("claude-x", "count-tokens"))({
    model: "claude-x",
    messages: [USER],
  });
  assert.deepEqual(counted.body, { input_tokens: 9 });
});

test("Gemini's endpoint refuses what Gemini refuses, in its words", async () => {
  const user = { role: "user", parts: [{ text: "hi" }] };
  const call = { role: "model", parts: [{ functionCall: { name: "t", args: {} } }] };
  const respond = (functionResponse: object): object => ({ role: "user", parts: [{ functionResponse }] });
  const declare = (declaration: object): object => ({
    contents: [user],
    tools: [{ functionDeclarations: [declaration] }],
  });
  const deep = { type: "object", properties: { a: { type: "object", additionalProperties: false } } };
  await refuses(poster("/v1beta/models/m:generateContent"), [
    [{ contents: [] }, /contents is not specified/],
    [{ contents: [{ role: "assistant", parts: [{ text: "a" }] }] }, /valid role: user, model/],
    [{ contents: [{ role: "user", parts: [] }] }, /contents\[0\].parts: contents.parts must not be empty/],
    [{ contents: [{ role: "user", parts: [{}] }] }, /required oneof field 'data'/],
    [{ contents: [user, call, respond({ response: {} })] }, /function_response.name: Name cannot be empty/],
    [{ contents: [user, call, respond({ name: "t", response: "21" })] }, /google.protobuf.Struct/],
    [{ contents: [user, call, user] }, /number of function response parts is equal/],
    [{ contents: [user, respond({ name: "t", response: {} })] }, /immediately after a function call turn/],
    [declare({ name: "0" }), /Invalid function name/],
    [declare({ name: "t", parameters: deep }), /Unknown name "additionalProperties"/],
  ]);
  const taken = declare({ name: "t", parametersJsonSchema: deep });
  assert.equal((await poster("/v1beta/models/m:generateContent")(taken)).status, 200);
  const lost = await poster("/v1beta/models/m:generate")({});
  assert.equal(lost.status, 404);
});

test("Converse refuses what Bedrock refuses, in its words", async () => {
  const user = { role: "user", content: [{ text: "hi" }] };
  const use = (more: object = {}): object => ({
    role: "assistant",
    content: [{ toolUse: { toolUseId: "t1", name: "t", input: {}, ...more } }],
  });
  const result = { role: "user", content: [{ toolResult: { toolUseId: "t1", content: [{ text: "ok" }] } }] };
  const tool = { toolSpec: { name: "t", inputSchema: { json: { type: "object" } } } };
  const ask = (...messages: object[]): object => ({ messages, toolConfig: { tools: [tool] } });
  await refuses(poster("/model/m/converse"), [
    [ask(use()), /must start with a user message/],
    [ask(user, user), /must alternate between user and assistant roles/],
    [ask({ role: "user", content: [{ text: " " }] }), /messages.0.content.0 is blank/],
    [ask({ role: "user", content: [] }), /content field in the Message object at messages.0 is empty/],
    [ask(user, use({ input: "{}" }), result), /Provide a json object for the field/],
    [ask(user, use({ toolUseId: "a b" }), result), /toolUse.toolUseId' failed to satisfy constraint/],
    [ask(user, use(), user), /Expected toolResult blocks at messages.2.content for the following Ids: t1/],
    [ask(result), /exceeds the number of toolUse blocks of previous turn/],
    [{ messages: [user, use(), result] }, /toolConfig field must be defined/],
    [{ messages: [user], toolConfig: { tools: [{ toolSpec: { name: "a b" } }] } }, /toolSpec.name' failed/],
  ]);
  const answer = await fetch(new URL("/model/m/converse", mock.url), { method: "POST", body: "{}" });
  assert.match(answer.headers.get("x-amzn-errortype") ?? "", /^ValidationException(:|$)/);
});

test("OpenAI's endpoint refuses results without calls and calls without results", async () => {
  const call = { id: "call_1", type: "function", function: { name: "t", arguments: "{}" } };
  const said = { role: "assistant", tool_calls: [call, { ...call, id: "call_2" }] };
  const result = (id: string): object => ({ role: "tool", tool_call_id: id, content: "ok" });
  const post = poster("/v1/chat/completions");
  const ask = (...messages: object[]): object => ({ model: "m", messages: [USER, ...messages] });
  const wrong = { ...call, function: { name: "t", arguments: {} } };
  await refuses(post, [
    [ask(result("call_1")), /'tool' must be a response to a preceeding message with 'tool_calls'/],
    [ask(said, result("call_1")), /did not have response messages: call_2/],
    [ask(said, USER), /did not have response messages: call_1, call_2/],
    [ask({ role: "assistant", tool_calls: [wrong] }), /function.arguments': expected a string/],
    [ask({ role: "model" }), /Invalid value: 'model'. Supported values are/],
  ]);
  assert.equal((await post(ask(said, result("call_2"), result("call_1"), USER))).status, 200);
});

test("Cohere's, Ollama's, Mistral's and DeepSeek's endpoints have rules of their own", async () => {
  const call = { id: "call_1", type: "function", function: { name: "t", arguments: "{}" } };
  const history = [USER, { role: "assistant", tool_calls: [call] }, { role: "tool", tool_call_id: "call_1" }];
  await refuses(poster("/v2/chat"), [
    [{ messages: [USER] }, /model is required/],
    [{ model: "m", messages: [] }, /messages must not be empty/],
    [{ model: "m", messages: [USER, { role: "tool", tool_call_id: "x" }] }, /no tool call has the id 'x'/],
  ]);
  await refuses(poster("/api/chat"), [
    [{ messages: [USER] }, /^model is required$/],
    [{ model: "m", messages: [{ role: "user", content: [] }] }, /cannot unmarshal array .* of type string/],
    [{ model: "m", messages: history }, /cannot unmarshal string .* api.ToolCallFunctionArguments/],
  ]);
  const mistral = { model: "m", messages: history, x_mock: { flavour: "mistral" } };
  await refuses(poster("/v1/chat/completions"), [
    [mistral, /Tool call id was call_1 but must be a-z, A-Z, 0-9, with a length of 9/],
    [
      { ...mistral, messages: [USER, { role: "assistant", content: "a" }] },
      /Expected last role User or Tool/,
    ],
  ]);
  const echo = { flavour: "deepseek", requireReasoningEcho: true };
  await refuses(poster("/v1/chat/completions"), [
    [{ model: "m", messages: history, x_mock: echo }, /Missing `reasoning_content` field .* index 1/],
  ]);
});

test("a request without the key is refused where and as its wire does it", async () => {
  const locked = await startMock({ requireKey: "k1" });
  const statusOf = async (path: string, headers: Record<string, string>): Promise<[number, WireJson]> => {
    const response = await fetch(new URL(path, locked.url), { method: "POST", headers, body: "{}" });
    return [response.status, await response.json()];
  };
  const cases: readonly (readonly [
    path: string,
    right: Record<string, string>,
    wrong: Record<string, string>,
    status: number,
  ])[] = [
    ["/v1/messages", { "x-api-key": "k1" }, { "x-api-key": "k2" }, 401],
    ["/v1beta/models/m:countTokens", { "x-goog-api-key": "k1" }, { "x-goog-api-key": "k2" }, 400],
    ["/openai/deployments/d/embeddings", { "api-key": "k1" }, { "api-key": "k2" }, 401],
    ["/model/m/converse", { authorization: "Bearer k1" }, { authorization: "Bearer k2" }, 403],
    ["/v2/chat", { authorization: "Bearer k1" }, {}, 401],
    ["/api/chat", { authorization: "Bearer k1" }, {}, 401],
  ];
  for (const [path, right, wrong, status] of cases) {
    const [refused] = await statusOf(path, wrong);
    assert.equal(refused, status, path);
    const [, body] = await statusOf(path, right);
    assert.doesNotMatch(JSON.stringify(body), /api key|api-key|unauthorized|security token/i, path);
  }
  const [, gemini] = await statusOf("/v1beta/models/m:countTokens?key=k2", {});
  assert.equal(gemini.error.details[0].reason, "API_KEY_INVALID");
  const [byQuery] = await statusOf("/v1beta/models/m:countTokens?key=k1", {});
  assert.equal(byQuery, 400, "the key is right, the contents are missing");
  await locked.close();
});
