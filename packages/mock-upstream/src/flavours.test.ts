import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Mock, startMock } from "./server.ts";
import { rawPost, sseOf, type WireJson } from "./testing/raw-client.ts";

let mock: Mock;
before(async () => {
  mock = await startMock();
});
after(() => mock.close());

const CHAT = { model: "m", messages: [{ role: "user", content: "hi" }] };
const TOOLS = ["weather", "time"].map((name) => ({
  type: "function",
  function: { name, parameters: { type: "object", properties: { city: { type: "string" } } } },
}));
const NO_ARGUMENTS = [{ type: "function", function: { name: "now", parameters: { type: "object" } } }];

async function plain(flavour: string, body: object = {}, behaviour: object = {}): Promise<WireJson> {
  const sent = { ...CHAT, ...body, x_mock: { flavour, ...behaviour } };
  const response = await fetch(`${mock.url}/chat/completions`, {
    method: "POST",
    body: JSON.stringify(sent),
  });
  return response.json();
}

async function chunks(flavour: string, body: object = {}, behaviour: object = {}): Promise<WireJson[]> {
  const sent = { ...CHAT, stream: true, ...body, x_mock: { flavour, ...behaviour } };
  const { data } = sseOf((await rawPost({ port: mock.port, body: sent })).body);
  assert.equal(data.at(-1), "[DONE]");
  return data.slice(0, -1).map((event) => JSON.parse(event));
}

function callsOf(all: readonly WireJson[]): WireJson[] {
  return all.flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? []);
}

test("mistral: calls without index and type, finish and usage in one chunk; thinking as parts", async () => {
  const all = await chunks("mistral", { tools: TOOLS }, { toolCalls: 2 });
  assert.equal(all.length, 2);
  const last = all[1];
  assert.deepEqual(last.choices[0].delta, {
    content: null,
    tool_calls: [
      { id: "mock00000", function: { name: "weather", arguments: '{"city":"mock"}' } },
      { id: "mock00001", function: { name: "time", arguments: '{"city":"mock"}' } },
    ],
  });
  assert.deepEqual([last.choices[0].finish_reason, last.usage.prompt_tokens], ["tool_calls", 9]);
  const behaviour = { reasoningTokens: 1, content: "yes", cachedTokens: 4, finishWord: "model_length" };
  const thought = await chunks("mistral", {}, behaviour);
  assert.deepEqual(thought[1].choices[0].delta.content, [
    { type: "thinking", thinking: [{ type: "text", text: "the" }] },
  ]);
  assert.deepEqual(
    [thought.at(-1).choices[0].finish_reason, thought.at(-1).usage.num_cached_tokens],
    ["model_length", 4],
  );
  const { message } = (await plain("mistral", {}, behaviour)).choices[0];
  assert.deepEqual(
    message.content.map((part: WireJson) => part.type),
    ["thinking", "text"],
  );
  const refused = await plain("mistral", {}, { status: 429 });
  assert.deepEqual([refused.object, refused.type], ["error", "requests"]);
});

test("groq: usage twice in the finish chunk, a call in one chunk, reasoning by that name", async () => {
  const all = await chunks("groq", { tools: TOOLS }, { reasoningTokens: 1 });
  assert.equal(typeof all[0].x_groq.id, "string");
  assert.deepEqual(all[1].choices[0].delta, { reasoning: "the" });
  assert.deepEqual(callsOf(all), [
    {
      index: 0,
      id: "mock00000",
      type: "function",
      function: { name: "weather", arguments: '{"city":"mock"}' },
    },
  ]);
  const last = all.at(-1);
  assert.deepEqual(last.x_groq.usage, last.usage);
  assert.equal(last.choices[0].finish_reason, "tool_calls");
  assert.equal((await plain("groq", {}, { reasoningTokens: 1 })).choices[0].message.reasoning, "the");
});

test("deepseek: null content beside reasoning_content, cache hits and misses in the finish chunk", async () => {
  const all = await chunks("deepseek", {}, { reasoningTokens: 1, promptTokens: 30, cachedTokens: 10 });
  assert.deepEqual(all[1].choices[0].delta, { content: null, reasoning_content: "the" });
  assert.equal(all[1].usage, null);
  const { usage, choices } = all.at(-1);
  assert.equal(choices[0].finish_reason, "stop");
  assert.deepEqual(
    [usage.prompt_tokens, usage.prompt_cache_hit_tokens, usage.prompt_cache_miss_tokens],
    [30, 10, 20],
  );
});

test("azure: a first chunk of filter results without choices; deployments speak so by themselves", async () => {
  for (const path of ["/v1/chat/completions", "/openai/deployments/d1/chat/completions?api-version=1"]) {
    const x_mock = path.startsWith("/v1") ? { flavour: "azure" } : {};
    const { data } = sseOf(
      (await rawPost({ port: mock.port, path, body: { ...CHAT, stream: true, x_mock } })).body,
    );
    const [first, second] = data.map((event) => (event === "[DONE]" ? undefined : JSON.parse(event)));
    assert.deepEqual([first.choices, first.id, first.created], [[], "", 0]);
    assert.equal(first.prompt_filter_results.length, 1);
    assert.equal(second.choices[0].content_filter_results.hate.filtered, false);
    assert.equal(second.model, path.startsWith("/v1") ? "m" : "d1");
  }
  const refused = await plain("azure", {}, { status: 429, errorMessage: "slow" });
  assert.deepEqual(refused, { error: { code: "429", message: "slow" } });
});

test("vllm: usage on every chunk when it is asked so, and no arguments as an empty text", async () => {
  const options = { include_usage: true, continuous_usage_stats: true };
  const all = await chunks("vllm", { stream_options: options }, { chunks: 3 });
  assert.deepEqual(
    all.map((chunk) => chunk.usage.completion_tokens),
    [1, 1, 2, 3, 3, 3],
  );
  assert.deepEqual(all.at(-1).choices, []);
  assert.ok((await chunks("vllm")).every((chunk) => chunk.usage === undefined));
  const [call, ...pieces] = callsOf(await chunks("vllm", { tools: NO_ARGUMENTS }));
  assert.deepEqual([call.function.arguments, pieces], ["", []]);
});

test("xai: completion tokens without the reasoning, and no finish_reason before the last chunk", async () => {
  const all = await chunks("xai", {}, { reasoningTokens: 5, chunks: 2 });
  assert.equal(Object.hasOwn(all[1].choices[0], "finish_reason"), false);
  const { usage, choices } = all.at(-1);
  assert.deepEqual(choices, []);
  assert.deepEqual([usage.prompt_tokens, usage.completion_tokens, usage.total_tokens], [9, 2, 16]);
  const [call] = callsOf(await chunks("xai", { tools: TOOLS }));
  assert.deepEqual([call.index, call.function.arguments], [0, '{"city":"mock"}']);
});

test("perplexity: usage so far on every chunk, citations, another object at the end", async () => {
  const all = await chunks("perplexity", {}, { chunks: 2 });
  assert.deepEqual(
    all.map((chunk) => chunk.usage.completion_tokens),
    [1, 1, 2, 2],
  );
  assert.ok(all.every((chunk) => chunk.citations.length === 2));
  assert.deepEqual(all[2].choices[0].delta, { role: "assistant", content: " channel" });
  assert.equal(all.at(-1).object, "chat.completion.done");
});

test("text comes before tools when it is asked for, and tools are called for so many rounds", async () => {
  const said = await plain("openai", { tools: TOOLS }, { textBeforeTools: 2 });
  const { content, tool_calls: calls } = said.choices[0].message;
  assert.deepEqual([content, calls.length], ["the channel", 1]);
  const messages: object[] = [...CHAT.messages];
  const ids = new Set<string>();
  for (let round = 0; round < 4; round += 1) {
    const answer = await plain("openai", { messages, tools: TOOLS }, { toolRounds: 3 });
    const { message, finish_reason: finish } = answer.choices[0];
    assert.equal(finish, round < 3 ? "tool_calls" : "stop");
    for (const call of message.tool_calls ?? []) {
      ids.add(call.id);
      messages.push(message, { role: "tool", tool_call_id: call.id, content: "ok" });
    }
  }
  assert.equal(ids.size, 3, "every round has ids of its own");
});
