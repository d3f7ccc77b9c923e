import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { type Mock, startMock } from "./server.ts";
import type { WireJson } from "./testing/raw-client.ts";

let mock: Mock;
before(async () => {
  mock = await startMock();
});
after(() => mock.close());

/** A client that collects the events it gets and waits for the one it wants. */
class Client {
  readonly events: WireJson[] = [];
  readonly closed: Promise<CloseEvent>;
  readonly #socket: WebSocket;

  constructor(url: string, protocols: string[] = ["realtime"]) {
    this.#socket = new WebSocket(url, protocols);
    this.#socket.addEventListener("message", ({ data }) => this.events.push(JSON.parse(String(data))));
    this.closed = once(this.#socket, "close").then(([event]) => event);
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  send(event: object | string): void {
    this.#socket.send(typeof event === "string" ? event : JSON.stringify(event));
  }

  close(): void {
    this.#socket.close();
  }

  /** The first event of a type, once it has come. */
  async until(type: string): Promise<WireJson> {
    for (;;) {
      const found = this.events.find((event) => event.type === type);
      if (found !== undefined) return found;
      await once(this.#socket, "message");
    }
  }
}

function connect(query: string = "?model=gpt-realtime"): Client {
  return new Client(`ws://127.0.0.1:${mock.port}/v1/realtime${query}`);
}

const ITEM = { type: "message", role: "user", content: [{ type: "input_text", text: "one two" }] };

test("a session is created and answers with text, piece by piece", async () => {
  const client = connect();
  const { session } = await client.until("session.created");
  assert.deepEqual([session.model, client.protocol], ["gpt-realtime", "realtime"]);
  client.send({ type: "session.update", session: { instructions: "be brief" } });
  assert.equal((await client.until("session.updated")).session.instructions, "be brief");
  client.send({ type: "conversation.item.create", item: ITEM });
  await client.until("conversation.item.done");
  client.send({ type: "response.create", x_mock: { echo: true, chunks: 2 } });
  const { response } = await client.until("response.done");
  const deltas = client.events.filter(({ type }) => type === "response.output_text.delta");
  assert.equal(deltas.map(({ delta }) => delta).join(""), "one two");
  assert.deepEqual(
    [deltas.length, response.status, response.output[0].content[0].text, response.usage.output_tokens],
    [2, "completed", "one two", 2],
  );
  client.close();
  const record = await mock.waitFor(
    ({ path, finished }) => path.startsWith("/v1/realtime") && finished,
    2_000,
  );
  assert.ok(record.bodyBytes.toString().includes('"session.update"'));
});

test("tools of a session are called, and a response can be cancelled", async () => {
  const client = connect();
  await client.until("session.created");
  const tool = {
    type: "function",
    name: "weather",
    parameters: { type: "object", properties: { a: { type: "integer" } } },
  };
  client.send({ type: "response.create", response: { tools: [tool] } });
  const { response } = await client.until("response.done");
  assert.deepEqual([response.output[0].type, response.output[0].arguments], ["function_call", '{"a":1}']);
  client.events.length = 0;
  client.send({ type: "response.create", x_mock: { tokensPerSecond: 1 } });
  await client.until("response.output_text.delta");
  client.send({ type: "response.cancel" });
  assert.equal((await client.until("response.done")).response.status, "cancelled");
  client.close();
});

test("what is no event of the API is answered with an error event", async () => {
  const client = connect();
  await client.until("session.created");
  client.send("{");
  assert.equal((await client.until("error")).error.code, "invalid_json");
  client.events.length = 0;
  client.send({ type: "response.sing", event_id: "e1" });
  const { error } = await client.until("error");
  assert.deepEqual([error.message, error.event_id], ["Invalid value: 'response.sing'.", "e1"]);
  client.close();
});

test("a response is cut, ended, stalled or broken as on the other wires", async () => {
  for (const [x_mock, code] of [
    [{ cutAfterEvents: 3 }, 1006],
    [{ endAfterEvents: 3 }, 1000],
  ] as const) {
    const client = connect();
    await client.until("session.created");
    client.send({ type: "response.create", x_mock });
    assert.equal((await client.closed).code, code);
    assert.equal(client.events.length, 4);
  }
  const client = connect();
  await client.until("session.created");
  client.send({ type: "response.create", x_mock: { errorAfterEvents: 1, errorMessage: "no capacity" } });
  assert.equal((await client.until("error")).error.message, "no capacity");
  client.close();
});

test("a connection is refused like any request", async (context) => {
  const locked = await startMock({ requireKey: "sk-right" });
  context.after(() => locked.close());
  const url = `ws://127.0.0.1:${locked.port}/v1/realtime`;
  const refused = new Client(url);
  assert.equal((await refused.closed).code, 1006);
  const right = new Client(url, ["realtime", "openai-insecure-api-key.sk-right"]);
  await right.until("session.created");
  right.close();
  await right.closed;
  const plain = await fetch(url.replace("ws:", "http:"), { headers: { authorization: "Bearer sk-right" } });
  assert.equal(plain.status, 404, "without an upgrade there is nothing here");
});
