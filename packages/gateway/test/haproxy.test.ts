import assert from "node:assert/strict";
import { type IncomingMessage, request } from "node:http";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type Mock, startMock } from "@headrace/mock-upstream/server";
import { isAccepting, provideHaproxy, type RunningHaproxy, startHaproxy } from "./support/haproxy.ts";
import { type StartedGateway, startGateway } from "./support/started-gateway.ts";

const KEY = "hr-behind-haproxy";
const POLL_MS = 20;
/** A stream long enough to stop its gateway in the middle: 40 events at 40 a second. */
const SLOW_STREAM = { chunks: 40, tokensPerSecond: 40 };

const missing = provideHaproxy();

/** One gateway with a provider of its own, so that what the provider received tells who served a call. */
interface Side {
  readonly gateway: StartedGateway;
  readonly mock: Mock;
}

describe("two gateways behind HAProxy", { skip: missing ?? false }, () => {
  let sides: readonly [Side, Side];
  let haproxy: RunningHaproxy;

  before(async () => {
    sides = await Promise.all([startSide(), startSide()]);
    haproxy = await startHaproxy([sides[0].gateway.port, sides[1].gateway.port]);
  });
  after(async () => {
    await haproxy?.close();
    for (const side of sides ?? []) {
      await side.gateway.stop();
      await side.mock.close();
    }
  });

  it("share the calls", async () => {
    for (let call = 0; call < 6; call += 1) {
      const answer = await post(haproxy.url, { stream: false });
      assert.equal(answer.statusCode, 200);
      const body: unknown = JSON.parse(await textOf(answer));
      assert.ok(typeof body === "object" && body !== null && "choices" in body);
    }
    const shares = sides.map(({ mock }) => mock.received.length);
    assert.equal((shares[0] ?? 0) + (shares[1] ?? 0), 6);
    assert.ok(Math.min(...shares) >= 2, `shared ${shares.join(" and ")}`);
  });

  it("stream event by event", async () => {
    const answer = await post(haproxy.url, { stream: true, x_mock: { chunks: 10, tokensPerSecond: 100 } });
    assert.match(answer.headers["content-type"] ?? "", /^text\/event-stream/);
    let reads = 0;
    let text = "";
    for await (const chunk of answer.setEncoding("utf8")) {
      reads += 1;
      text += chunk;
    }
    assert.ok(text.endsWith("data: [DONE]\n\n"));
    // Buffered anywhere, the events would come in one or two pieces.
    assert.ok(reads >= 8, `${reads} reads`);
  });

  it("keep a stream whole while its gateway stops, and new calls go to the other", async () => {
    for (const { mock } of sides) mock.clear();
    const stream = await post(haproxy.url, { stream: true, x_mock: SLOW_STREAM });
    const [leaving, staying] = sides[0].mock.received.length === 1 ? sides : [sides[1], sides[0]];
    assert.deepEqual(
      [leaving, staying].map(({ mock }) => mock.received.length),
      [1, 0],
    );
    const events = eventsOf(stream);
    assert.match((await events.next()).value ?? "", /^data: \{/);

    leaving.gateway.signal("SIGTERM");
    while (await isAccepting(leaving.gateway.port)) await delay(POLL_MS);
    for (let call = 0; call < 6; call += 1) {
      const answer = await post(haproxy.url, { stream: false });
      await textOf(answer);
      assert.equal(answer.statusCode, 200);
    }
    assert.equal(staying.mock.received.length, 6);
    assert.equal(leaving.mock.received.length, 1);

    let contents = 0;
    let last = "";
    for await (const event of events) {
      if (event.includes('"content":"')) contents += 1;
      last = event;
    }
    assert.equal(last, "data: [DONE]");
    assert.ok(contents >= SLOW_STREAM.chunks - 1, `${contents} events with text`);
    assert.deepEqual(await leaving.gateway.exited, { code: 0, signal: null });
  });
});

async function startSide(): Promise<Side> {
  const mock = await startMock();
  const gateway = await startGateway({
    config: {
      listen: { host: "127.0.0.1" },
      providers: { mock: { adapter: "openai-compatible", baseUrl: mock.url } },
      models: { "gpt-4o-mini": { targets: [{ provider: "mock", model: "gpt-4o-mini" }] } },
      keys: [{ name: "test", key: KEY }],
    },
  });
  mock.clear();
  return { gateway, mock };
}

/** A call on a connection of its own, as a new client makes it. */
function post(url: string, fields: object): Promise<IncomingMessage> {
  const body = JSON.stringify({
    model: "gpt-4o-mini",
    messages: [{ role: "user", content: "Hello!" }],
    ...fields,
  });
  const headers = { authorization: `Bearer ${KEY}`, "content-type": "application/json" };
  return new Promise((resolve, reject) => {
    const call = request(`${url}/v1/chat/completions`, { method: "POST", headers, agent: false }, resolve);
    call.once("error", reject);
    call.end(body);
  });
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of answer.setEncoding("utf8")) text += chunk;
  return text;
}

async function* eventsOf(answer: IncomingMessage): AsyncGenerator<string, void> {
  let rest = "";
  for await (const chunk of answer.setEncoding("utf8")) {
    const pieces = (rest + chunk).split("\n\n");
    rest = pieces.pop() ?? "";
    yield* pieces;
  }
}
