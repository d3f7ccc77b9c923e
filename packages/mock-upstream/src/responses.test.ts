import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Mock, startMock } from "./server.ts";
import { eventsOf } from "./testing/decode-events.ts";
import { rawPost, type WireJson } from "./testing/raw-client.ts";

let mock: Mock;
before(async () => {
  mock = await startMock();
});
after(() => mock.close());

async function post(body: object): Promise<WireJson> {
  const response = await fetch(`${mock.url}/responses`, { method: "POST", body: JSON.stringify(body) });
  return { status: response.status, ...(await answerOf(response)) };
}

async function answerOf(response: Response): Promise<{ readonly body: WireJson }> {
  return { body: await response.json() };
}

async function events(body: object): Promise<WireJson[]> {
  const answer = await rawPost({ port: mock.port, path: "/v1/responses", body: { ...body, stream: true } });
  return eventsOf("text/event-stream", answer.body).map(({ name, data }) => {
    const event = JSON.parse(data);
    assert.equal(event.type, name);
    return event;
  });
}

const TOOL = {
  type: "function",
  name: "weather",
  parameters: { type: "object", properties: { city: { type: "string" } } },
};
const ASKED = { model: "m", input: "weather?", tools: [TOOL] };

test("the events of a response are numbered and end with what a plain one is", async () => {
  const body = {
    ...ASKED,
    reasoning: { summary: "auto" },
    x_mock: { reasoningTokens: 2, textBeforeTools: 2 },
  };
  const all = await events(body);
  assert.deepEqual(
    all.map((event) => event.sequence_number),
    all.map((_, index) => index),
  );
  const types = all.map((event) => event.type.replace("response.", ""));
  assert.deepEqual(
    types.filter((type, index) => type !== types[index - 1]),
    [
      "created",
      "in_progress",
      "output_item.added",
      "reasoning_summary_part.added",
      "reasoning_summary_text.delta",
      "reasoning_summary_text.done",
      "reasoning_summary_part.done",
      "output_item.done",
      "output_item.added",
      "content_part.added",
      "output_text.delta",
      "output_text.done",
      "content_part.done",
      "output_item.done",
      "output_item.added",
      "function_call_arguments.delta",
      "function_call_arguments.done",
      "output_item.done",
      "completed",
    ],
  );
  const plain = (await post(body)).body;
  const { id, output, ...rest } = all.at(-1).response;
  assert.deepEqual(
    { ...rest, types: output.map((item: WireJson) => item.type) },
    { ...without(plain), types: ["reasoning", "message", "function_call"] },
  );
  assert.notEqual(id, plain.id, "another request has another id");
});

function without({ id: _, output: __, ...rest }: WireJson): object {
  return rest;
}

test("a response is kept until it is deleted, unless it is not to be stored", async () => {
  const { id } = (await post(ASKED)).body;
  const get = (): Promise<Response> => fetch(`${mock.url}/responses/${id}`);
  assert.equal((await answerOf(await get())).body.output[0].name, "weather");
  const removed = await fetch(`${mock.url}/responses/${id}`, { method: "DELETE" });
  assert.deepEqual((await answerOf(removed)).body, { id, object: "response", deleted: true });
  const gone = await get();
  assert.deepEqual(
    [gone.status, (await answerOf(gone)).body.error.message],
    [404, `Response with id '${id}' not found.`],
  );
  const hidden = (await post({ ...ASKED, store: false })).body;
  assert.equal((await fetch(`${mock.url}/responses/${hidden.id}`)).status, 404);
});

test("a tool loop goes on by previous_response_id or by the items themselves", async () => {
  const first = (await post(ASKED)).body;
  const [call] = first.output;
  const output = { type: "function_call_output", call_id: call.call_id, output: "rain" };
  const byId = await post({ ...ASKED, previous_response_id: first.id, input: [output] });
  assert.equal(byId.body.output[0].type, "message");
  assert.equal(byId.body.previous_response_id, first.id);
  const byItems = await post({ ...ASKED, input: [{ role: "user", content: "weather?" }, call, output] });
  assert.equal(byItems.body.output[0].type, "message");
  const unknown = await post({ ...ASKED, previous_response_id: "resp_x" });
  assert.deepEqual([unknown.status, unknown.body.error.code], [400, "previous_response_not_found"]);
});

test("a limit and a filter leave a response incomplete, and a failure comes in two events", async () => {
  const limited = await post({ model: "m", input: "hi", max_output_tokens: 16, x_mock: { chunks: 20 } });
  assert.deepEqual(
    [limited.body.status, limited.body.incomplete_details],
    ["incomplete", { reason: "max_output_tokens" }],
  );
  const filtered = await events({ model: "m", input: "hi", x_mock: { finishReason: "content_filter" } });
  assert.equal(filtered.at(-1).type, "response.incomplete");
  const silent = await events({ model: "m", input: "hi", x_mock: { finishReason: "none" } });
  assert.equal(silent.at(-1).type, "response.output_item.done");
  const failed = await events({
    model: "m",
    input: "hi",
    x_mock: { errorAfterEvents: 2, errorCode: "slow" },
  });
  assert.deepEqual(
    failed.map((event) => event.type),
    ["response.created", "response.in_progress", "error", "response.failed"],
  );
  assert.deepEqual(
    [failed[2].error.code, failed[3].response.status, failed[3].response.error.code, failed[3].response.id],
    ["slow", "failed", "slow", failed[0].response.id],
  );
});

test("a tool of free text is called with text", async () => {
  const all = await events({ model: "m", input: "hi", tools: [{ type: "custom", name: "sql" }] });
  const deltas = all.filter(({ type }) => type === "response.custom_tool_call_input.delta");
  const item = all.findLast(({ type }) => type === "response.output_item.done")?.item;
  assert.equal(item.type, "custom_tool_call");
  assert.equal(deltas.map(({ delta }) => delta).join(""), item.input);
});

test("what OpenAI refuses is refused in its words", async () => {
  const user = { role: "user", content: "hi" };
  const call = { type: "function_call", call_id: "c1", name: "weather", arguments: "{}" };
  const output = { type: "function_call_output", call_id: "c1", output: "rain" };
  const said = { role: "assistant", content: [{ type: "input_text", text: "a" }] };
  const cases: readonly (readonly [body: object, message: RegExp])[] = [
    [{ input: "hi" }, /must provide a model/],
    [{ model: "m" }, /Missing required parameter: 'input'/],
    [{ model: "m", messages: [] }, /Unsupported parameter: 'messages'. .* moved to 'input'/],
    [{ model: "m", input: "hi", max_tokens: 5 }, /moved to 'max_output_tokens'/],
    [{ model: "m", input: "hi", max_output_tokens: 5 }, /Expected a value >= 16, but got 5/],
    [{ model: "m", input: "hi", tools: [{ type: "function", function: {} }] }, /'tools\[0\].name'/],
    [{ model: "m", input: [user, said] }, /Invalid value: 'input_text'/],
    [{ model: "m", input: [user, call] }, /No tool output found for function call c1/],
    [{ model: "m", input: [user, output] }, /No tool call found for function call output with call_id c1/],
    [
      { model: "m", input: [user, { ...call, id: "call_1" }, output] },
      /Expected an ID that begins with 'fc'/,
    ],
  ];
  for (const [body, message] of cases) {
    const answer = await post(body);
    assert.equal(answer.status, 400);
    assert.match(answer.body.error.message, message);
  }
});

test("reasoning has to come back encrypted as it was issued, or be kept", async () => {
  const x_mock = { requireSignatures: true };
  const asked = { ...ASKED, x_mock, store: false, include: ["reasoning.encrypted_content"] };
  const [reasoning, call] = (await post(asked)).body.output;
  assert.equal(typeof reasoning.encrypted_content, "string");
  const output = { type: "function_call_output", call_id: call.call_id, output: "rain" };
  const user = { role: "user", content: "weather?" };
  const second = (...items: object[]): Promise<WireJson> =>
    post({ ...asked, input: [user, ...items, output] });
  assert.equal((await second(reasoning, call)).status, 200);
  assert.match((await second(call)).body.error.message, /without its required 'reasoning' item/);
  const forged = await second({ ...reasoning, encrypted_content: "AAAA" }, call);
  assert.equal(forged.body.error.code, "invalid_encrypted_content");
  const { encrypted_content: _, ...bare } = reasoning;
  assert.equal((await second(bare, call)).status, 404);
  const [kept, keptCall] = (await post({ ...ASKED, x_mock })).body.output;
  const answered = { ...output, call_id: keptCall.call_id };
  assert.equal((await post({ ...ASKED, x_mock, input: [user, kept, keptCall, answered] })).status, 200);
});
