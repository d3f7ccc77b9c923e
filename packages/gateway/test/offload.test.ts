/** Large bodies are read on worker threads, and arrive at the provider as they were sent. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Mock, startMock } from "@headrace/mock-upstream/server";
import { type PrometheusSample, parsePrometheus } from "../src/testing/prometheus-text.ts";
import { type StartedGateway, startGateway } from "./support/started-gateway.ts";

const KEY = "sk-client-key";
const OFFLOAD_ABOVE_BYTES = 4_096;
/** As many tasks may wait for a thread. */
const MAX_WORKER_QUEUE = 1_024;

interface Tasks {
  readonly completed: number;
  readonly refused: number;
  readonly waiting: number;
}

async function tasksOf({ adminUrl }: StartedGateway): Promise<Tasks> {
  const samples = parsePrometheus(await (await fetch(`${adminUrl}/metrics`)).text());
  const value = (fits: (sample: PrometheusSample) => boolean): number => samples.find(fits)?.value ?? 0;
  const ended = (outcome: string): number =>
    value(({ name, labels }) => name === "headrace_worker_tasks_total" && labels.outcome === outcome);
  return {
    completed: ended("completed"),
    refused: ended("refused"),
    waiting: value(({ name }) => name === "headrace_worker_queue"),
  };
}

async function start(mock: Mock, workers: object): Promise<StartedGateway> {
  const target = (model: string): object => ({ targets: [{ provider: "p", model }] });
  return startGateway({
    config: {
      listen: { host: "127.0.0.1" },
      workers: { threads: 1, ...workers },
      logs: { access: false },
      providers: { p: { adapter: "openai-compatible", baseUrl: mock.url } },
      models: { same: target("same"), renamed: target('another "name" – ünïcode'), house: target("gpt-4") },
      keys: [{ name: "client", key: KEY }],
    },
  });
}

function post({ url }: StartedGateway, path: string, body: string): Promise<Response> {
  return fetch(`${url}${path}`, { method: "POST", headers: { authorization: `Bearer ${KEY}` }, body });
}

/** Everything that re-serialising would change: spacing, number spellings, escapes, order, unknown and repeated fields. */
function bodyOf(model: string, content: string, more = ""): string {
  return `{ "zeta" : 1.0e+2,"model":${JSON.stringify(model)}, "seed":12345678901234567890, "x":"\\u00e9\\/",
  "x":"é/", "messages" :[ {"role":"user","content":"${content}"} ]${more}, "alpha":[1.50,-0] }`;
}

describe("a large body", { timeout: 60_000 }, () => {
  let mock: Mock;
  let gateway: StartedGateway;

  before(async () => {
    mock = await startMock();
    gateway = await start(mock, { offloadAboveBytes: OFFLOAD_ABOVE_BYTES });
  });

  after(async () => {
    await gateway.stop();
    await mock.close();
  });

  /** What the provider got for a body, and how many tasks ran for it. */
  const send = async (body: string): Promise<{ received: string; tasks: number }> => {
    mock.clear();
    const before = await tasksOf(gateway);
    const response = await post(gateway, "/v1/chat/completions", body);
    assert.equal(response.status, 200, await response.text());
    const after = await tasksOf(gateway);
    assert.equal(mock.received.length, 1);
    return {
      received: mock.received[0]?.bodyBytes.toString() ?? "",
      tasks: after.completed - before.completed,
    };
  };

  const filler = (bytes: number): string => "ünï 🙂 ".repeat(Math.ceil(bytes / 12));

  for (const [name, bytes, tasks] of [
    ["a small body, inline", 100, 0],
    ["a body above the bound, on a worker", 6_000, 1],
    ["a body that comes in many pieces, on a worker", 3_000_000, 1],
  ] as const) {
    it(`${name}, arrives byte for byte`, async () => {
      const body = bodyOf("same", filler(bytes));
      const sent = await send(body);
      assert.ok(sent.received === body, "the provider got other bytes");
      assert.equal(sent.tasks, tasks);
    });

    it(`${name}, arrives with nothing but the model replaced`, async () => {
      const body = bodyOf("renamed", filler(bytes));
      const sent = await send(body);
      const expected = body.replace('"renamed"', JSON.stringify('another "name" – ünïcode'));
      assert.ok(sent.received === expected, "the provider got other bytes");
      assert.equal(sent.tasks, tasks);
    });

    it(`${name}, arrives with usage asked for in a stream`, async () => {
      const body = bodyOf("same", filler(bytes), ', "stream" : true');
      const sent = await send(body);
      const asked = ',"stream_options":{"include_usage":true}';
      assert.ok(sent.received === body.replace('"model":"same"', `"model":"same"${asked}`));
      assert.equal(sent.tasks, tasks);
    });
  }

  it("is bounded exactly: the bound itself is inline, one byte more is not", async () => {
    const padded = (bytes: number): string => {
      const bare = bodyOf("same", "");
      return bodyOf("same", "x".repeat(bytes - Buffer.byteLength(bare)));
    };
    assert.equal((await send(padded(OFFLOAD_ABOVE_BYTES))).tasks, 0);
    assert.equal((await send(padded(OFFLOAD_ABOVE_BYTES + 1))).tasks, 1);
  });

  it("is refused by a worker in the same words as inline", async () => {
    const refusals: string[] = [];
    for (const bytes of [10, 10_000]) {
      const response = await post(gateway, "/v1/chat/completions", `{"model":7,"x":"${"x".repeat(bytes)}"}`);
      assert.equal(response.status, 400);
      const { error } = (await response.json()) as { error: Record<string, unknown> };
      refusals.push(JSON.stringify({ ...error, request_id: "" }));
    }
    assert.equal(refusals[0], refusals[1]);
  });
});

describe("workers with more to do than they can hold", { timeout: 60_000 }, () => {
  it("refuse with 503 and Retry-After, and do all that they took", async (t) => {
    const mock = await startMock({ record: 0 });
    const gateway = await start(mock, { offloadAboveBytes: 0 });
    t.after(async () => {
      await gateway.stop();
      await mock.close();
    });
    // One after the other, these take the only thread for longer than the crowd behind them takes to come. They are so
    // many that some still wait when they are looked for, however slowly they come.
    const body = JSON.stringify({ model: "house", prompt: "word ".repeat(800_000) });
    const long = Array.from({ length: LONG_TASKS }, () => post(gateway, "/tokenize", body));
    while ((await tasksOf(gateway)).waiting < LONG_TASKS / 2);
    const answers = await Promise.all(
      Array.from({ length: MAX_WORKER_QUEUE + 100 }, async () => {
        const response = await post(gateway, "/v1/chat/completions", bodyOf("same", "x"));
        return { status: response.status, headers: response.headers, text: await response.text() };
      }),
    );
    for (const response of await Promise.all(long)) {
      assert.equal(response.status, 200);
      await response.arrayBuffer();
    }
    const refused = answers.filter(({ status }) => status === 503);
    assert.ok(refused.length > 0);
    assert.ok(answers.every(({ status }) => status === 503 || status === 200));
    for (const { headers, text } of refused) {
      assert.equal(JSON.parse(text).error.code, "overloaded");
      assert.match(headers.get("retry-after") ?? "", /^[1-9]\d*$/);
    }
    assert.equal((await tasksOf(gateway)).refused, refused.length);
    const later = await post(gateway, "/v1/chat/completions", bodyOf("same", "x"));
    assert.equal(later.status, 200);
    await later.arrayBuffer();
  });
});

const LONG_TASKS = 8;
