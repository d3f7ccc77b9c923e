/** The official OpenAI client against the started command: everything that goes well. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import OpenAI from "openai";
import type { ChatCompletionChunk, ChatCompletionTool } from "openai/resources/chat/completions";
import { assertSuccessHeaders } from "./support/headers.ts";
import { KEY, type MockGateway, startMockGateway, UPSTREAM_MODEL } from "./support/mock-gateway.ts";

const USER = [{ role: "user", content: "Tell me of the mill." }] as const;
const CONTENT = "Das Wasser treibt das Rad. 水車 🙂";
const CHUNKS = 6;

let up: MockGateway;
let client: OpenAI;

before(async () => {
  up = await startMockGateway({ mock: { behaviour: { content: CONTENT, chunks: CHUNKS } } });
  client = new OpenAI({ apiKey: KEY, baseURL: up.baseUrl, maxRetries: 0 });
});
beforeEach(() => up.mock.clear());
after(() => up.close());

function tool(name: string): ChatCompletionTool {
  const properties = { city: { type: "string" }, days: { type: "integer" } };
  return { type: "function", function: { name, parameters: { type: "object", properties } } };
}

async function chunksOf(stream: AsyncIterable<ChatCompletionChunk>): Promise<ChatCompletionChunk[]> {
  const chunks: ChatCompletionChunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

function textOf(chunks: readonly ChatCompletionChunk[]): string {
  return chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("");
}

/** The body of the only request that the provider received. */
function sentBody(): string {
  assert.equal(up.mock.received.length, 1);
  return up.mock.received[0]?.bodyBytes.toString() ?? "";
}

test("a chat answer", async () => {
  const { data, response, request_id } = await client.chat.completions
    .create({ model: "chat", messages: [...USER] })
    .withResponse();
  assert.equal(data.choices[0]?.message.content, CONTENT);
  assert.equal(data.choices[0]?.finish_reason, "stop");
  assert.deepEqual(data.usage?.total_tokens, 9 + CHUNKS);
  assertSuccessHeaders(response.headers, { attempts: 1 });
  const log = await up.logOf(request_id);
  assert.deepEqual(
    { status: log.status, errorCode: log.errorCode, stream: log.stream, key: log.keyName },
    { status: 200, errorCode: undefined, stream: false, key: "client" },
  );
  assert.deepEqual([log.inputTokens, log.outputTokens], [9, CHUNKS]);
});

test("a streamed chat answer, read with for await", async () => {
  const { data, response, request_id } = await client.chat.completions
    .create({ model: "chat", messages: [...USER], stream: true })
    .withResponse();
  const chunks = await chunksOf(data);
  assert.equal(textOf(chunks), CONTENT);
  assert.equal(chunks.at(-1)?.choices[0]?.finish_reason, "stop");
  assertSuccessHeaders(response.headers, { attempts: 1 });
  assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
  assert.equal(response.headers.get("cache-control"), "no-cache");
  const log = await up.logOf(request_id);
  assert.deepEqual([log.status, log.stream, log.outputTokens], [200, true, CHUNKS]);
});

test("a streamed chat answer, gathered by the .stream() helper", async () => {
  const deltas: string[] = [];
  const stream = client.chat.completions.stream({ model: "chat", messages: [...USER] });
  stream.on("content", (delta) => deltas.push(delta));
  const final = await stream.finalChatCompletion();
  assert.equal(final.choices[0]?.message.content, CONTENT);
  assert.equal(deltas.join(""), CONTENT);
});

test("usage that was asked for arrives in a last chunk without choices", async () => {
  const stream = await client.chat.completions.create({
    model: "chat",
    messages: [...USER],
    stream: true,
    stream_options: { include_usage: true },
  });
  const chunks = await chunksOf(stream);
  assert.deepEqual(chunks.at(-1)?.choices, []);
  assert.equal(chunks.at(-1)?.usage?.completion_tokens, CHUNKS);
  assert.equal(chunks.filter(({ usage }) => usage).length, 1);
});

test("usage that was not asked for does not arrive, and no chunk comes without choices", async () => {
  const stream = await client.chat.completions.create({ model: "chat", messages: [...USER], stream: true });
  const chunks = await chunksOf(stream);
  assert.equal(chunks.length, CHUNKS + 2);
  assert.ok(chunks.every(({ choices, usage }) => choices.length === 1 && !usage));
  assert.match(sentBody(), /"stream_options":\{"include_usage":true\}/, "the gateway itself asked for it");
});

test("parallel tool calls", async () => {
  up.mock.setFaults({ toolCalls: 3 });
  const tools = [tool("weather"), tool("tide")];
  const answer = await client.chat.completions.create({ model: "chat", messages: [...USER], tools });
  const calls = answer.choices[0]?.message.tool_calls ?? [];
  assert.equal(answer.choices[0]?.finish_reason, "tool_calls");
  assert.deepEqual(
    calls.map((call) => (call.type === "function" ? call.function : call.type)),
    ["weather", "tide", "weather"].map((name) => ({ name, arguments: '{"city":"mock","days":1}' })),
  );
  assert.equal(new Set(calls.map(({ id }) => id)).size, 3);
});

test("parallel tool calls whose streamed deltas take turns", async () => {
  up.mock.setFaults({ toolCalls: 2, interleaveToolCalls: true });
  const tools = [tool("weather"), tool("tide")];
  const indices: number[] = [];
  const stream = client.chat.completions.stream({ model: "chat", messages: [...USER], tools });
  stream.on("chunk", ({ choices }) => {
    for (const { index } of choices[0]?.delta.tool_calls ?? []) indices.push(index);
  });
  const final = await stream.finalChatCompletion();
  assert.deepEqual(indices.slice(0, 4), [0, 1, 0, 1]);
  assert.deepEqual(
    final.choices[0]?.message.tool_calls?.map((call) => (call.type === "function" ? call.function : call)),
    ["weather", "tide"].map((name) => ({ name, arguments: '{"city":"mock","days":1}' })),
  );
});

test("the answer to a tool's result", async () => {
  const answer = await client.chat.completions.create({
    model: "chat",
    tools: [tool("weather")],
    messages: [
      ...USER,
      {
        role: "assistant",
        content: null,
        tool_calls: [{ id: "call_1", type: "function", function: { name: "weather", arguments: "{}" } }],
      },
      { role: "tool", tool_call_id: "call_1", content: "rain" },
    ],
  });
  assert.equal(answer.choices[0]?.message.content, CONTENT);
});

test("embeddings are the same as base64, which the client asks for by itself, and as numbers", async () => {
  const input = ["water", "wheel"];
  const packed = await client.embeddings.create({ model: "embedder", input, dimensions: 8 });
  assert.match(sentBody(), /"encoding_format":"base64"/);
  const plain = await client.embeddings.create({
    model: "embedder",
    input,
    dimensions: 8,
    encoding_format: "float",
  });
  assert.deepEqual(
    packed.data.map(({ embedding }) => embedding.length),
    [8, 8],
  );
  assert.deepEqual(
    packed.data.map(({ embedding }) => Array.from(embedding)),
    plain.data.map(({ embedding }) => embedding),
  );
  assert.deepEqual(plain.usage, { prompt_tokens: 18, total_tokens: 18 });
});

test("legacy completions, whole and streamed", async () => {
  const whole = await client.completions.create({ model: "chat", prompt: "Once" });
  assert.equal(whole.choices[0]?.text, CONTENT);
  const pieces: string[] = [];
  const stream = await client.completions.create({ model: "chat", prompt: "Once", stream: true });
  for await (const { choices } of stream) {
    assert.equal(choices.length, 1);
    pieces.push(choices[0]?.text ?? "");
  }
  assert.equal(pieces.join(""), CONTENT);
});

test("models are listed and found by name and alias", async () => {
  const names: string[] = [];
  for await (const { id } of client.models.list()) names.push(id);
  assert.deepEqual(names.toSorted(), ["chat", "chat-retried", "embedder", "fast"]);
  assert.equal((await client.models.retrieve("fast")).id, "fast");
  assert.equal(up.mock.received.length, 0);
});

test("an alias reaches the model's provider", async () => {
  const answer = await client.chat.completions.create({ model: "fast", messages: [...USER] });
  assert.equal(answer.model, UPSTREAM_MODEL);
  assert.equal(JSON.parse(sentBody()).model, UPSTREAM_MODEL);
});

test("the provider gets the client's bytes, unknown fields and odd spellings too, with its own model name", async () => {
  const body =
    '{ "temperature":1.0e0,\t"model" : "chat","x_vendor":{"b":[1,2.50,{}],"a":null},"\\u006de":"\\u00fc\\/",' +
    '\r\n"seed":12345678901234567890,"messages":[{"role":"user","content":"größe \\ud83d\\ude42","cache_control":{"type":"ephemeral"}}],"ärger":"水"}  ';
  const answer = await client.post<{ object: string }>("/chat/completions", {
    body,
    headers: { "content-type": "application/json" },
  });
  assert.equal(answer.object, "chat.completion");
  assert.equal(sentBody(), body.replace('"chat"', `"${UPSTREAM_MODEL}"`));
});

test("a stream's request differs in the model and in asking for usage only", async () => {
  const body = '{"stream":true,"x_id":1.10,"model":"chat","messages":[{"role":"user","content":"a"}]}';
  const answer = await client
    .post("/chat/completions", { body, headers: { "content-type": "application/json" } })
    .asResponse();
  await answer.text();
  assert.equal(
    sentBody(),
    body.replace('"chat"', `"${UPSTREAM_MODEL}","stream_options":{"include_usage":true}`),
  );
});
