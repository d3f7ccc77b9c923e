import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Mock, startMock } from "./server.ts";
import { rawPost, sseOf, type WireJson } from "./testing/raw-client.ts";

let mock: Mock;
before(async () => {
  mock = await startMock();
});
after(() => mock.close());

async function post(path: string, body: unknown): Promise<{ status: number; body: WireJson }> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(mock.url + path, { method: "POST", body: text });
  return { status: response.status, body: JSON.parse(await response.text()) };
}

async function stream(path: string, body: object): Promise<WireJson[]> {
  const answer = await rawPost({ port: mock.port, path: `/v1${path}`, body: { ...body, stream: true } });
  const { data } = sseOf(answer.body);
  assert.equal(data.at(-1), "[DONE]");
  return data.slice(0, -1).map((event) => JSON.parse(event));
}

const CHAT = { model: "gpt-4o", messages: [{ role: "user", content: "hi" }] };

test("a completion is answered plain and streamed with the same text", async () => {
  const plain = await post("/completions", { model: "m", prompt: "say" });
  assert.equal(plain.body.object, "text_completion");
  assert.equal(plain.body.choices[0].finish_reason, "stop");
  const events = await stream("/completions", {
    model: "m",
    prompt: "say",
    stream_options: { include_usage: true },
  });
  const text = events.map((event) => event.choices[0]?.text ?? "").join("");
  assert.equal(text, plain.body.choices[0].text);
  assert.deepEqual(events.at(-1).choices, []);
  assert.deepEqual(events.at(-1).usage, plain.body.usage);
});

test("embeddings come as unit vectors, one for each input, and do not depend on the run", async () => {
  const { body } = await post("/embeddings", { model: "e", input: ["a", "b"], dimensions: 8 });
  assert.deepEqual(
    body.data.map((item: WireJson) => item.index),
    [0, 1],
  );
  for (const { embedding } of body.data) {
    const squares = embedding.reduce((sum: number, value: number) => sum + value * value, 0);
    assert.ok(Math.abs(squares - 1) < 1e-5);
  }
  assert.notDeepEqual(body.data[0].embedding, body.data[1].embedding);
  const again = await post("/embeddings", { model: "e", input: "b", dimensions: 8 });
  assert.deepEqual(again.body.data[0].embedding, body.data[1].embedding);
  const usual = await post("/embeddings", { model: "text-embedding-3-small", input: [1, 2, 3] });
  assert.equal(usual.body.data[0].embedding.length, 1_536);
});

test("base64 embeddings are the same floats, little-endian", async () => {
  const asked = { model: "e", input: "a", dimensions: 4 };
  const floats = (await post("/embeddings", asked)).body.data[0].embedding;
  const packed = (await post("/embeddings", { ...asked, encoding_format: "base64" })).body.data[0].embedding;
  const bytes = Buffer.from(packed, "base64");
  assert.deepEqual(
    [0, 4, 8, 12].map((at) => bytes.readFloatLE(at)),
    floats,
  );
});

test("models are listed and found by id, slashes included", async () => {
  const list: WireJson = await (await fetch(`${mock.url}/models`)).json();
  assert.equal(list.object, "list");
  const found: WireJson = await (await fetch(`${mock.url}/models/gpt-4o`)).json();
  assert.deepEqual(
    found,
    list.data.find((model: WireJson) => model.id === "gpt-4o"),
  );
  const missing = await fetch(`${mock.url}/models/${encodeURIComponent("org/none")}`);
  assert.equal(missing.status, 404);
  const error: WireJson = await missing.json();
  assert.equal(error.error.message, "The model 'org/none' does not exist");
});

test("a bad request gets OpenAI's words", async () => {
  const cases: readonly (readonly [path: string, body: unknown, status: number, message: RegExp])[] = [
    ["/chat/completions", "{", 400, /could not parse the JSON body/],
    ["/chat/completions", "[]", 400, /could not parse the JSON body/],
    ["/chat/completions", { messages: [] }, 400, /must provide a model/],
    ["/chat/completions", { model: "m" }, 400, /Missing required parameter: 'messages'/],
    ["/completions", { model: "m" }, 400, /'prompt'/],
    ["/embeddings", { model: "m" }, 400, /'input'/],
    ["/embeddings", { model: "m", input: "a", dimensions: 0 }, 400, /dimensions/],
    ["/audio/song", {}, 404, /Invalid URL \(POST \/v1\/audio\/song\)/],
    ["/chat/completions", { ...CHAT, x_mock: { chunk: 1 } }, 400, /chunk is not a behaviour/],
    [
      "/chat/completions",
      { ...CHAT, x_mock: { fault: "close-delimited", split: "bytes" } },
      400,
      /framing close/,
    ],
  ];
  for (const [path, body, status, message] of cases) {
    const answer = await post(path, body);
    assert.equal(answer.status, status, path);
    assert.match(answer.body.error.message, message);
    assert.equal(answer.body.error.type, "invalid_request_error");
  }
});

test("a mock that requires a key refuses others with 401", async () => {
  const locked = await startMock({ requireKey: "sk-right" });
  const statusWith = async (headers: Record<string, string>): Promise<[number, string | null]> => {
    const response = await fetch(`${locked.url}/models`, { headers });
    const body: WireJson = await response.json();
    return [response.status, body.error?.code ?? null];
  };
  assert.deepEqual(await statusWith({}), [401, null]);
  assert.deepEqual(await statusWith({ authorization: "Bearer sk-wrong" }), [401, "invalid_api_key"]);
  assert.deepEqual(await statusWith({ authorization: "Bearer sk-right" }), [200, null]);
  await locked.close();
});

test("n, max_tokens and response_format have their effect", async () => {
  const several = await post("/chat/completions", { ...CHAT, n: 3 });
  assert.deepEqual(
    several.body.choices.map((choice: WireJson) => choice.index),
    [0, 1, 2],
  );
  const limited = await post("/chat/completions", { ...CHAT, max_completion_tokens: 2 });
  assert.equal(limited.body.choices[0].message.content, "the channel");
  assert.deepEqual(
    [limited.body.choices[0].finish_reason, limited.body.usage.completion_tokens],
    ["length", 2],
  );
  const schema = {
    type: "object",
    properties: { city: { type: "string" }, days: { type: "array", items: { type: "integer" } } },
  };
  const format = { type: "json_schema", json_schema: { name: "plan", schema } };
  const json = await post("/chat/completions", { ...CHAT, response_format: format });
  assert.deepEqual(JSON.parse(json.body.choices[0].message.content), { city: "mock", days: [1] });
});

const TOOLS = ["weather", "time"].map((name) => ({
  type: "function",
  function: {
    name,
    parameters: { type: "object", properties: { city: { type: "string" }, unit: { enum: ["c", "f"] } } },
  },
}));
const ARGUMENTS = '{"city":"mock","unit":"c"}';

/** Puts the deltas of a stream together as a client does. */
function assemble(events: readonly WireJson[]): { name: string; arguments: string }[] {
  const calls: { name: string; arguments: string }[] = [];
  for (const delta of events.flatMap((event) => event.choices[0]?.delta.tool_calls ?? [])) {
    const call = calls[delta.index];
    if (call === undefined) calls[delta.index] = { name: delta.function.name, arguments: "" };
    else call.arguments += delta.function.arguments;
  }
  return calls;
}

test("offered tools are called, plain and streamed, alone and in parallel", async () => {
  const asked = { ...CHAT, tools: TOOLS };
  const plain = (await post("/chat/completions", asked)).body.choices[0];
  assert.equal(plain.finish_reason, "tool_calls");
  assert.equal(plain.message.content, null);
  assert.deepEqual(
    plain.message.tool_calls.map((call: WireJson) => call.function),
    [{ name: "weather", arguments: ARGUMENTS }],
  );
  const both = [
    { name: "weather", arguments: ARGUMENTS },
    { name: "time", arguments: ARGUMENTS },
  ];
  for (const interleaveToolCalls of [false, true]) {
    const events = await stream("/chat/completions", {
      ...asked,
      x_mock: { toolCalls: 2, interleaveToolCalls },
    });
    assert.deepEqual(assemble(events), both);
    assert.equal(events.at(-1).choices[0].finish_reason, "tool_calls");
    const order = events
      .flatMap((event) => event.choices[0].delta.tool_calls ?? [])
      .map((delta) => delta.index);
    assert.equal(order.join("").includes("010"), interleaveToolCalls);
  }
  const one = await post("/chat/completions", {
    ...asked,
    parallel_tool_calls: false,
    x_mock: { toolCalls: 2 },
  });
  assert.equal(one.body.choices[0].message.tool_calls.length, 1);
});

test("tool_choice and a tool's result decide whether and which tool is called", async () => {
  const named = { type: "function", function: { name: "time" } };
  const forced = await post("/chat/completions", { ...CHAT, tools: TOOLS, tool_choice: named });
  assert.equal(forced.body.choices[0].message.tool_calls[0].function.name, "time");
  const none = await post("/chat/completions", { ...CHAT, tools: TOOLS, tool_choice: "none" });
  assert.equal(none.body.choices[0].finish_reason, "stop");
  const call = { id: "call_1", type: "function", function: { name: "time", arguments: "{}" } };
  const result = { role: "tool", tool_call_id: "call_1", content: "21" };
  const after = await post("/chat/completions", {
    ...CHAT,
    tools: TOOLS,
    messages: [...CHAT.messages, { role: "assistant", tool_calls: [call] }, result],
  });
  assert.equal(after.body.choices[0].finish_reason, "stop");
});

test("usage of a stream follows include_usage and the usage behaviour", async () => {
  const places = async (body: object): Promise<unknown[]> => {
    const events = await stream("/chat/completions", { ...CHAT, ...body });
    return [
      events[0].usage,
      events.findLast((event) => event.choices.length > 0).usage?.total_tokens,
      events.at(-1).choices.length === 0 ? events.at(-1).usage.total_tokens : "no extra event",
    ];
  };
  const include = { stream_options: { include_usage: true } };
  assert.deepEqual(await places({}), [undefined, undefined, "no extra event"]);
  assert.deepEqual(await places(include), [null, undefined, 25]);
  assert.deepEqual(await places({ x_mock: { usage: "on" } }), [undefined, undefined, 25]);
  assert.deepEqual(await places({ ...include, x_mock: { usage: "off" } }), [
    undefined,
    undefined,
    "no extra event",
  ]);
  assert.deepEqual(await places({ x_mock: { usage: "finish-chunk" } }), [undefined, 25, "no extra event"]);
  assert.deepEqual(await places({ x_mock: { usage: "twice" } }), [undefined, 25, 25]);
});
